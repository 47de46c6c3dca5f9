#!/usr/bin/env bash
# Makes dist/dplaunch-VERSION-py3-none-manylinux_2_28_x86_64.whl: the launcher as one program in bin/, with
# everything but glibc (2.28 and newer) linked in. No Python of it runs.
#
#   scripts/package_wheel.sh [FOLDER]     the wheel goes there (default: dist)
#
# The libraries are built from the sources of this system's packages (Debian 12), with zig's clang; they
# stay in build/wheel. Needs what scripts/setup.sh installs, and dpkg-dev. On x86_64.
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/packaging.sh"
cd "$repository"
boost=boost$(sed -n 's/^#define BOOST_LIB_VERSION "1_\([0-9]*\).*"/1.\1/p' /usr/include/boost/version.hpp)
work=$repository/build/wheel
tools=$work/tools
sources=$work/sources
deps=$work/deps
platform=manylinux_2_28_x86_64
[[ $(uname -m) == x86_64 ]] || fail "this is $(uname -m)" "the wheel is for x86_64"
command -v dpkg-source >/dev/null || fail "no dpkg-source" "apt-get install dpkg-dev"
export ZIG_GLOBAL_CACHE_DIR=$work/zig-cache ZIG_LOCAL_CACHE_DIR=$work/zig-cache

install_tools() {
  mkdir -p "$tools"
  [[ -x $tools/python/bin/python ]] || python3 -m venv "$tools/python"
  "$tools/python/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r scripts/lib/requirements/wheel.txt -r scripts/lib/requirements/zig.txt
  local zig="$tools/python/bin/python -m ziglang"
  local target="-target x86_64-linux-gnu.2.28 -mcpu=x86_64 $paths_of_sources"
  write_tool zig-cc "$zig cc $target"
  write_tool zig-c++ "$zig c++ $target"
  write_tool zig-ar "$zig ar"
  write_tool zig-ranlib "$zig ranlib"
}

write_tool() {
  printf '#!/bin/sh\nexec %s "$@"\n' "$2" >"$tools/$1"
  chmod +x "$tools/$1"
}

# apt_of_sources PATTERN COMMAND...: of the releases that this machine's apt knows, those named so; apt's own
# lists stay as they are.
apt_of_sources() {
  local lists=$work/apt release=$1
  shift
  mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
  apt-get indextargets --format 'deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)' \
    'Created-By: Packages' 'Component: main' |
    grep -E "^deb-src [^ ]+ $release " |
    sort -u >"$lists/sources.list"
  apt-get -o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o "Dir::State::Lists=$lists/lists" -o "Dir::Cache=$lists/cache" \
    -o APT::Sandbox::User= "$@"
}

download() {
  apt_of_sources "$1" update && apt_of_sources "$1" source --download-only "$boost" fmtlib hwloc libsodium yaml-cpp
}

# newest_dsc PACKAGE: of several, where there was a security update.
newest_dsc() { printf '%s\n' "$sources/$1"_*.dsc | sort -V | tail -n 1; }

fetch_sources() {
  mkdir -p "$sources"
  cd "$repository/build/wheel/sources"
  local package release
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # Not every mirror has the sources of security updates.
  download "$release(-updates|-security)?" || download "$release"
  for package in fmtlib hwloc libsodium yaml-cpp; do
    rm -rf "${package:?}"
    dpkg-source --no-check --extract "$(newest_dsc "$package")" "$package"
  done
  # Of Boost, one library is more than headers.
  rm -rf boost
  mkdir boost
  tar -x -C boost --strip-components=1 -f "$boost"_*.orig.tar.* --wildcards \
    '*/libs/filesystem/src/*' '*/LICENSE_1_0.txt'
}

# in_build NAME COMMAND...: in an empty folder.
in_build() {
  local name=$1
  shift
  rm -rf "$work/build-$name"
  mkdir -p "$work/build-$name"
  cd "$repository/build/wheel/build-$name"
  "$@"
  cd "$repository"
}

toolchain=(-G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_TOOLCHAIN_FILE=$repository/cmake/PortableWheel.cmake"
  "-DDPLAUNCH_WHEEL_TOOLS=$tools" "-DDPLAUNCH_WHEEL_DEPS=$deps")

by_cmake() {
  local source=$1
  shift
  cmake "${toolchain[@]}" "-DCMAKE_INSTALL_PREFIX=$deps" -DBUILD_SHARED_LIBS=OFF "$@" "$source"
  cmake --build . --target install
}

by_configure() {
  local source=$1
  shift
  CC=$tools/zig-cc AR=$tools/zig-ar RANLIB=$tools/zig-ranlib CFLAGS="-O2 -fPIC" PKG_CONFIG=/bin/false \
    "$source/configure" --host=x86_64-linux-gnu "--prefix=$deps" --enable-static --disable-shared "$@"
  make -j "$(nproc)"
  make install
}

boost_filesystem() {
  local file
  for file in "$sources"/boost/libs/filesystem/src/*.cpp; do
    [[ $file != *windows* ]] || continue
    "$tools/zig-c++" -O2 -fPIC -std=c++20 -DBOOST_FILESYSTEM_SOURCE -DBOOST_FILESYSTEM_STATIC_LINK=1 \
      -DBOOST_FILESYSTEM_NO_CXX20_ATOMIC_REF -DBOOST_ALL_NO_LIB "-I$deps/include" \
      "-I$sources/boost/libs/filesystem/src" -c "$file"
  done
  "$tools/zig-ar" rcs "$deps/lib/libboost_filesystem.a" ./*.o
}

# Debian's source has no configure script, and autotools would want packages of their own.
libsodium() {
  local source=$sources/libsodium/src/libsodium file
  cp "$sources/libsodium/builds/msvc/version.h" "$source/include/sodium/"
  find "$source" -name '*.c' | sort | while read -r file; do
    "$tools/zig-cc" -O2 -fPIC -DCONFIGURED=1 -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_TI_MODE=1 \
      -DHAVE_LINUX_COMPATIBLE_GETRANDOM=1 "-I$source/include/sodium" "-I$source/include" \
      -c "$file" -o "$(tr / _ <<<"${file#"$source"/}").o"
  done
  "$tools/zig-ar" rcs "$deps/lib/libsodium.a" ./*.o
  cp -R "$source/include/." "$deps/include/"
}

# A config file of a library that is all headers.
headers_only() {
  mkdir -p "$deps/lib/cmake/$1"
  ln -sfn "/usr/include/$3" "$deps/include/$3"
  printf 'set(PACKAGE_VERSION "99")\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n' \
    >"$deps/lib/cmake/$1/$1ConfigVersion.cmake"
  printf 'add_library(%s INTERFACE IMPORTED)\ntarget_include_directories(%s INTERFACE "%s")\n' \
    "$2" "$2" "$deps/include" >"$deps/lib/cmake/$1/$1Config.cmake"
}

build_libraries() {
  rm -rf "$deps"
  mkdir -p "$deps/include" "$deps/lib"
  headers_only CLI11 CLI11::CLI11 CLI
  headers_only nlohmann_json nlohmann_json::nlohmann_json nlohmann
  ln -sfn /usr/include/boost "$deps/include/boost"
  in_build fmt by_cmake "$sources/fmtlib" -DFMT_TEST=OFF -DFMT_DOC=OFF
  in_build yaml-cpp by_cmake "$sources/yaml-cpp" -DYAML_CPP_BUILD_TESTS=OFF -DYAML_CPP_BUILD_TOOLS=OFF
  in_build libsodium libsodium
  # With PCI, for the NUMA node of a GPU. Its own default for /run is a folder of this machine.
  in_build hwloc by_configure "$sources/hwloc" --runstatedir=/run --disable-plugins --disable-libudev --disable-libxml2 \
    --disable-cairo --disable-opencl --disable-cuda --disable-nvml --disable-rsmi --disable-levelzero --disable-gl
  in_build boost boost_filesystem
}

build_launcher() {
  cmake "${toolchain[@]}" -S . -B "$work/launcher" -DDPLAUNCH_BUILD_WORKER=OFF -DDPLAUNCH_BUILD_TESTS=OFF \
    -DDPLAUNCH_UNITY_BUILD=ON -DCMAKE_SKIP_RPATH=ON
  cmake --build "$work/launcher" --target dplaunch -j "$(build_jobs)"
}

# "9.1.0+ds1-2"
source_version() { basename "$(newest_dsc "$1")" .dsc | sed 's/^[^_]*_//'; }

components() {
  local package
  for package in "boost $boost" "fmt fmtlib" "hwloc hwloc" "libsodium libsodium" "yaml-cpp yaml-cpp"; do
    echo "${package% *} STATIC_LINK deb ${package#* } $(source_version "${package#* }")"
  done
  from_package CLI11 STATIC_LINK libcli11-dev
  from_package nlohmann-json STATIC_LINK nlohmann-json3-dev
  # With its unwinder and the compiler's own library.
  echo "libc++ STATIC_LINK pypi ziglang $("$tools/python/bin/python" -m ziglang version)"
}

copy_licences() {
  local folder=$1 zig package
  zig=$("$tools/python/bin/python" -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__))')
  install -m 644 LICENSE "$folder/LICENSE"
  install -m 644 "$sources/boost/LICENSE_1_0.txt" "$folder/boost.txt"
  for package in fmtlib hwloc libsodium yaml-cpp; do
    install -m 644 "$sources/$package/debian/copyright" "$folder/$package.txt"
  done
  install -m 644 /usr/share/doc/libcli11-dev/copyright "$folder/cli11.txt"
  install -m 644 /usr/share/doc/nlohmann-json3-dev/copyright "$folder/nlohmann-json.txt"
  install -m 644 "$zig/lib/libcxx/LICENSE.TXT" "$folder/libcxx.txt"
  install -m 644 "$zig/LICENSE" "$folder/zig.txt"
}

pack() {
  local output=$1 tree=$work/tree
  local info=$tree/dplaunch-$version.dist-info
  rm -rf "$tree"
  mkdir -p "$tree/dplaunch-$version.data/scripts" "$info/licenses" "$info/sboms"
  install --strip -m 755 "$work/launcher/bin/dplaunch" "$tree/dplaunch-$version.data/scripts/dplaunch"
  copy_licences "$info/licenses"
  components | "$tools/python/bin/python" scripts/lib/spdx.py dplaunch "$version" >"$info/sboms/dplaunch.spdx.json"
  {
    printf 'Metadata-Version: 2.1\nName: dplaunch\nVersion: %s\n' "$version"
    printf 'Summary: Starts one process per GPU, watches over them, and trains\n'
    printf 'License: MIT\nProvides-Extra: trainer\nRequires-Dist: dplaunch-trainer==%s; extra == "trainer"\n' "$version"
    printf 'Description-Content-Type: text/markdown\n\n'
    cat README.md
  } >"$info/METADATA"
  printf 'Wheel-Version: 1.0\nGenerator: package_wheel.sh\nRoot-Is-Purelib: false\nTag: py3-none-%s\n' \
    "$platform" >"$info/WHEEL"
  mkdir -p "$output"
  "$tools/python/bin/python" -m wheel pack --dest-dir "$output" "$tree"
}

# The wheel's own claim, held against the symbols of its program.
check() {
  local verdict
  verdict=$("$tools/python/bin/python" -m auditwheel show "$1")
  echo "$verdict"
  grep -q "\"$platform\"" <<<"$verdict"
}

run_part "$@"
output=$(realpath -m -- "${1:-dist}")
# Libraries that another state of this script has built are built again.
built=$deps/complete-$(sha256sum <"$script_file" | cut -c1-16)
part "install zig and wheel's tools" install_tools
if [[ ! -e $built ]]; then
  part "fetch the libraries' sources" fetch_sources
  part "build the libraries for glibc 2.28" build_libraries
  touch "$built"
fi
part "build the launcher" build_launcher
part "pack the wheel" pack "$output"
wheel=$output/dplaunch-$version-py3-none-$platform.whl
part "check its symbols" check "$wheel"
say "$(du -k "$wheel" | cut -f 1) KiB: $wheel"
