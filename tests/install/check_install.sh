# Installs a build into a folder of its own and trains with it from there.
#   check_install.sh CMAKE BUILD_FOLDER
set -eu
cmake=$1
build=$2
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

fail() {
  echo "FAIL: $1" >&2
  exit 1
}

"$cmake" --install "$build" --prefix "$prefix" >"$prefix/install.log" || {
  cat "$prefix/install.log"
  fail "cmake --install"
}
mkdir "$prefix/work"
cd "$prefix/work"
# Nothing of the developer's environment may help.
unset LD_LIBRARY_PATH LIBTORCH DPLAUNCH_WORKER DPLAUNCH_DEPS 2>/dev/null || true
for program in "$prefix"/bin/*; do
  if ldd "$program" | grep 'not found'; then fail "$program does not find its libraries"; fi
done

# Where bash-completion, zsh and man look for them.
completion="$prefix/share/bash-completion/completions/dplaunch"
bash --norc -c 'source "$1" && complete -p dplaunch' - "$completion" >/dev/null ||
  fail "no completion for bash"
grep -q '^#compdef dplaunch$' "$prefix/share/zsh/site-functions/_dplaunch" ||
  fail "no completion for zsh"
grep -q "^complete -c dplaunch .* -l device " "$prefix/share/fish/vendor_completions.d/dplaunch.fish" ||
  fail "no completion for fish"
grep -q '^\.TH DPLAUNCH 1 ' "$prefix/share/man/man1/dplaunch.1" || fail "no man page"

"$prefix/bin/dplaunch" data --synthetic --root data --train-records 64 --test-records 16
"$prefix/bin/dplaunch" --device cpu:2 --root data --name installed --set model=resnet20 \
  --set width=8 --set bsize=16 --set epochs=1 --set workers=0 --set precision=fp32
grep -q "\"$prefix/bin/dplaunch-worker-cpu\"" runs/installed/launch.json ||
  fail "the worker that ran is not the installed one: $(cat runs/installed/launch.json)"
test -s runs/installed/checkpoints/latest.safetensors || fail "no checkpoint"
test -s runs/installed/summary.json || fail "no summary"
"$prefix/bin/dplaunch" doctor --device cpu:2 --root data --json >doctor.json ||
  fail "the doctor finds: $(cat doctor.json)"
grep -q '"dplaunch-worker-cpu [0-9.]*, LibTorch 2' doctor.json ||
  fail "the doctor does not know the worker: $(cat doctor.json)"
