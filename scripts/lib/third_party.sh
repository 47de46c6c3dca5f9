# Sourced by scripts that run programs of others over LibTorch's packages: the virtual environment that
# holds them.
# shellcheck shell=bash
# shellcheck disable=SC2154  # deps_folder, repository: libtorch.sh, steps.sh

# Another list is another folder; what is in one was installed whole.
third_party_folder=$deps_folder/third-party-$(sha256sum <"$(requirements third_party)" | cut -c1-16)

# LibTorch's packages are seen, and not touched.
make_third_party_folder() {
  local folder=$third_party_folder torch_python=$1
  rm -rf "$folder"
  "$(system_python)" -m venv "$folder" &&
    "$torch_python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
      >"$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/libtorch.pth" &&
    pip_install "$folder" third_party --no-deps --only-binary=:all: &&
    touch "$folder/.complete"
}

need_third_party() {
  if [[ ! -e $third_party_folder/.complete ]]; then
    step "install the programs in $third_party_folder" make_third_party_folder "$(test_python)"
  fi
}
