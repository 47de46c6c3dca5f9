"""Which LibTorch and which Python a build takes, with stand-ins for what scripts/setup.sh installs.

    find_libtorch_test.py CMAKE
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CMAKE = sys.argv.pop(1)
PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(finds_libtorch LANGUAGES NONE)
set(CMAKE_FIND_LIBRARY_PREFIXES lib)
set(CMAKE_FIND_LIBRARY_SUFFIXES .so)
list(APPEND CMAKE_MODULE_PATH {REPOSITORY}/cmake)
find_package(LibTorch REQUIRED)
include(TestPython)
file(WRITE ${{PROJECT_BINARY_DIR}}/found
     "${{LibTorch_INCLUDE_DIR}}\\n${{LibTorch_CPU_LIBRARY}}\\n${{LibTorch_C10_LIBRARY}}\\n${{DPLAUNCH_PYTHON}}")
"""


def touch(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_set(folder, version="2.11.0", with_python=True):
    """A virtual environment in which nothing but names and the version is real."""
    torch = folder / "lib/python3.11/site-packages/torch"
    parts = zip(("MAJOR", "MINOR", "PATCH"), version.split("."))
    touch(torch / "include/torch/headeronly/version.h",
          "".join(f"#define TORCH_VERSION_{part} {number}\n" for part, number in parts))
    touch(torch / "include/torch/csrc/distributed/c10d/reducer.hpp")
    for library in ("torch_cpu", "c10"):
        touch(torch / f"lib/lib{library}.so")
    if with_python:
        touch(folder / "bin/python")
    return folder


class FindLibTorch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name).resolve()
        self.deps = self.work / "deps"
        self.cuda = self.deps / "libtorch-2.11.0-cuda"
        self.cpu = self.deps / "libtorch-2.11.0-cpu"
        touch(self.work / "source/CMakeLists.txt", PROJECT)
        touch(self.work / "gloo/gloo/rendezvous/store.h")

    def configure(self, *options, build="build", **environment):
        clean = {name: value for name, value in os.environ.items()
                 if name not in ("LIBTORCH", "DPLAUNCH_PYTHON", "CMAKE_PREFIX_PATH")}
        return subprocess.run(
            [CMAKE, "-G", "Ninja", "-S", self.work / "source", "-B", self.work / build,
             f"-DGLOO_INCLUDE_DIR={self.work}/gloo", *options],
            env={**clean, "DPLAUNCH_DEPS": str(self.deps), **environment},
            capture_output=True, text=True, check=False, timeout=60)

    def assert_takes(self, folder, *options, python=None, **others):
        done = self.configure(*options, **others)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = (self.work / others.get("build", "build") / "found").read_text().splitlines()
        torch = folder / "lib/python3.11/site-packages/torch"
        self.assertEqual([os.path.normpath(path) for path in found], [
            f"{torch}/include", f"{torch}/lib/libtorch_cpu.so", f"{torch}/lib/libc10.so",
            str(python or folder / "bin/python")])

    def test_one_set_alone_is_taken(self):
        for name in ("cpu", "cuda"):
            self.deps = self.work / f"only-{name}"
            self.assert_takes(make_set(self.deps / f"libtorch-2.11.0-{name}"), build=name)

    def test_of_both_the_whole_one_in_either_order_of_creation(self):
        for order in (("cpu", "cuda"), ("cuda", "cpu")):
            self.deps = self.work / "-".join(order)
            for name in order:
                make_set(self.deps / f"libtorch-2.11.0-{name}")
            self.assert_takes(self.deps / "libtorch-2.11.0-cuda", build="-".join(order))

    def test_a_build_folder_follows_a_whole_set_that_comes_later(self):
        self.assert_takes(make_set(self.cpu))
        self.assert_takes(make_set(self.cuda))

    def test_a_set_of_another_release_is_passed_over(self):
        make_set(self.deps / "libtorch-2.10.0-cuda", version="2.10.0")
        self.assert_takes(make_set(self.cpu))

    def test_a_named_one_comes_before_both(self):
        make_set(self.cpu)
        make_set(self.cuda)
        mine = make_set(self.work / "mine")
        self.assert_takes(mine, f"-DLIBTORCH={mine}", build="option")
        self.assert_takes(mine, build="environment", LIBTORCH=str(mine))
        torch = mine / "lib/python3.11/site-packages/torch"
        self.assert_takes(mine, build="torch-folder", LIBTORCH=str(torch))

    def test_a_named_one_comes_before_the_prefix_path(self):
        mine = make_set(self.work / "mine")
        other = make_set(self.work / "other") / "lib/python3.11/site-packages/torch"
        self.assert_takes(mine, CMAKE_PREFIX_PATH=str(other), LIBTORCH=str(mine))

    def test_a_named_one_that_is_none_is_an_error(self):
        make_set(self.cuda)
        done = self.configure(LIBTORCH=str(self.work / "nowhere"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("run scripts/setup.sh, or name one with -DLIBTORCH=FOLDER", done.stderr)

    def test_a_named_one_of_another_release_is_an_error(self):
        mine = make_set(self.work / "mine", version="2.10.0")
        done = self.configure(LIBTORCH=str(mine))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("LibTorch 2.10.0", done.stderr)

    def test_a_named_python_is_taken(self):
        make_set(self.cpu)
        make_set(self.cuda)
        python = self.work / "my/python"
        touch(python)
        self.assert_takes(self.cuda, python=python, build="environment", DPLAUNCH_PYTHON=str(python))
        self.assert_takes(self.cuda, f"-DDPLAUNCH_PYTHON={python}", python=python, build="option")
        # A build folder of before is told by the option.
        self.assert_takes(self.cuda, build="old")
        self.assert_takes(self.cuda, f"-DDPLAUNCH_PYTHON={python}", python=python, build="old")

    def test_beside_an_archive_without_a_python_the_first_in_path(self):
        make_set(self.cuda, with_python=False)
        python = self.work / "bin/python3"
        touch(python)
        python.chmod(0o755)
        path = f"{python.parent}:{os.environ['PATH']}"
        self.assert_takes(self.cuda, python=python, PATH=path)


if __name__ == "__main__":
    unittest.main()
