#!/usr/bin/env bash
# Builds the site of the pages in docs/ into build/site: mkdocs-material, in a folder of its own beside LibTorch.
#   scripts/docs.sh            a link to nowhere, or a page that the navigation lacks, is an error
#   scripts/docs.sh --serve    shows it at http://127.0.0.1:8000, made anew at each change
#   scripts/docs.sh --pictures [NAME...]     makes docs/pictures/ anew, from runs on two cores (some minutes)
#   BIN=FOLDER, ROOT=FOLDER     for the pictures: dplaunch and its worker (build/release/bin), CIFAR-100 (data)
#   DPLAUNCH_DEPS=FOLDER  where mkdocs-material is installed (default: ~/.cache/dplaunch)
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"
task=${1:-build}
case $task in
  build | --serve) (($# <= 1)) || usage_error "too many words: $*" ;;
  --pictures) ;;
  *) usage_error "unknown option '$task'" ;;
esac

# Another list is another folder; what is in one was installed whole.
folder=$deps_folder/docs-$(sha256sum <"$(requirements docs)" | cut -c1-16)

make_folder() {
  rm -rf "$folder"
  "$(system_python)" -m venv "$folder" && pip_install "$folder" docs && touch "$folder/.complete"
}

if [[ ! -e $folder/.complete ]]; then step "install mkdocs-material in $folder" make_folder; fi
export NO_MKDOCS_2_WARNING=1 # of mkdocs-material, about a release to come
case $task in
  --serve) exec "$folder/bin/mkdocs" serve --livereload ;;
  --pictures)
    exec "$folder/bin/python" -B scripts/docs/pictures.py "${BIN:-build/release/bin}" "${ROOT:-data}" "${@:2}"
    ;;
esac
step "build the site" "$folder/bin/mkdocs" build --strict --clean
say "the site: build/site/index.html"
