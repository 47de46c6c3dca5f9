"""What a bare machine with a GPU gets (scripts/package_gpu_check.sh): the list, the sizes, the lines to paste;
and the checks in stages there (scripts/verify_gpu.sh), rehearsed on the CPU away from the build tree."""

import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tarfile

import pytest

import jobs
from conftest import REPOSITORY, binary, read_until, running

SITE = pathlib.Path(sysconfig.get_path("purelib"))
PROGRAMS = ("dplaunch", "dplaunch-worker-cpu", "dplaunch-worker-cuda")
CARRIED = r"lib(boost_filesystem|fmt|hwloc|udev|cap|yaml-cpp)\.so\.[\d.]+"
PIECE_BYTES = 200_000
MOST_BYTES = 60 << 20


def clean_environment(**more):
    """As on a machine that knows nothing of this one."""
    path = f"{pathlib.Path(sys.executable).parent}:/usr/bin:/bin"
    return {"PATH": path, "HOME": os.environ["HOME"], **more}


def run(command, folder, environment, code=0):
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def package(tmp_path, *words, code=0):
    command = ["bash", REPOSITORY / "scripts/package_gpu_check.sh", *map(str, words)]
    environment = clean_environment(BIN=str(binary("dplaunch").parent), DPLAUNCH_LOGS=str(tmp_path))
    return run(command, tmp_path, environment, code)


@pytest.fixture(scope="module")
def packed(data_root, tmp_path_factory):
    """(folder of the pieces, place on the machine, lines to paste)"""
    folder = tmp_path_factory.mktemp("packed")
    out, place = folder / "pieces", folder / "machine"
    package(folder, "--torch", SITE, "--root", data_root, "--out", out, "--place", place,
            "--piece-bytes", PIECE_BYTES, "--rehearse")
    lines = (out / "STAGES").read_text().splitlines()
    return out, place, [line for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def machine(packed):
    """The unpacked bundle."""
    _, place, lines = packed
    unpacking = [line for line in lines if "verify_gpu.sh" not in line]
    assert len(unpacking) > 3, lines
    for line in unpacking:
        run(["bash", "-c", line], "/", clean_environment())
    return place / "dplaunch"


def test_the_bundle_holds_what_is_needed_and_nothing_of_the_system(packed):
    out, _, _ = packed
    names = [path.name for path in sorted(out.iterdir())]
    pieces = [name for name in names if name.startswith("data.tar.xz.")]
    assert names == ["STAGES", *pieces, "programs.tar.gz"]
    assert len(pieces) > 1
    sizes = [(out / name).stat().st_size for name in pieces]
    assert all(size == PIECE_BYTES for size in sizes[:-1]) and sizes[-1] <= PIECE_BYTES
    assert (out / "programs.tar.gz").stat().st_size < MOST_BYTES // 4

    with tarfile.open(out / "programs.tar.gz") as archive:
        members = {member.name.removeprefix("dplaunch/"): member for member in archive}
    folders = {name: {each.split("/")[1] for each in members if each.startswith(name + "/")}
               for name in ("bin", "lib")}
    assert folders["bin"] == set(PROGRAMS)
    wrong = [name for name in folders["lib"] if not re.fullmatch(CARRIED, name)]
    assert folders["lib"] and not wrong
    assert members["libtorch"].linkname == str(SITE)
    for name in ("COMMIT", "scripts/verify_gpu.sh", "scripts/bench/ddp_batches.py",
                 "configs/config_fast.yml", "tests/reference/trainer.py"):
        assert members[name].isfile(), name
    # Neither caches nor what git does not know.
    tracked = run(["git", "ls-files"], REPOSITORY, os.environ).splitlines()
    files = {name for name, member in members.items() if member.isfile()} - {"COMMIT"}
    others = {name for name in files if not name.startswith(("bin/", "lib/"))} - set(tracked)
    assert not {name for name in others if "__pycache__" in name}, others


def test_a_piece_that_cannot_be_carried_is_refused(tmp_path, data_root):
    words = ("--torch", SITE, "--root", data_root, "--piece-bytes", MOST_BYTES + 1)
    package(tmp_path, *words, "--out", tmp_path / "pieces", code=2)
    assert not (tmp_path / "pieces").exists()


def test_the_lines_keep_to_the_time_that_a_machine_is_lent(tmp_path):
    package(tmp_path, "--torch", "/some/site-packages", "--out", tmp_path / "pieces")
    lines = (tmp_path / "pieces" / "STAGES").read_text().splitlines()
    stages = [line for line in lines if "verify_gpu.sh" in line]
    deadlines = [int(re.search(r"--deadline (\d+)", line)[1]) for line in stages]
    assert max(deadlines) <= 9 * 60 and sum(deadlines) <= 20 * 60
    asked = [name for line in stages for name in re.search(r"--only (.*?) --", line)[1].split()]
    shown = run(["bash", REPOSITORY / "scripts/verify_gpu.sh", "--help"], tmp_path, clean_environment())
    for name in asked:
        assert name in shown
    assert len(asked) == len(set(asked)) == 10


def test_programs_find_what_came_along_and_the_named_libtorch(machine):
    for program in PROGRAMS:
        listing = run(["ldd", machine / "bin" / program], "/", clean_environment())
        assert "not found" not in listing
        found = dict(re.findall(r"^\s*(\S+) => (\S+)", listing, re.MULTILINE))
        carried = {name: path for name, path in found.items() if re.fullmatch(CARRIED, name)}
        assert "libfmt" in " ".join(carried)
        for name, path in carried.items():
            assert path.startswith(f"{machine}/"), (program, name, path)
        for name in ("libtorch_cpu.so", "libtorch_cuda.so", "libcudart.so.13"):
            if name in found:
                assert f"{machine}/bin/../libtorch/" in found[name], (program, found[name])


def test_nothing_is_looked_for_in_the_current_directory():
    """An empty entry of a run path would mean that."""
    for program in PROGRAMS:
        dynamic = run(["readelf", "-d", binary(program)], "/", clean_environment())
        paths = re.search(r"(?:RPATH|RUNPATH).*\[(.*)\]", dynamic)[1]
        assert all(paths.split(":")), paths


def test_stages_add_their_rows_and_a_killed_one_leaves_what_it_had(machine, tmp_path):
    report, kept = tmp_path / "report.md", tmp_path / "kept"
    command = ["bash", machine / "scripts/verify_gpu.sh", "--rehearse", "--keep", kept, "--report", report]
    environment = clean_environment()

    # The words of a group's second check come after the first one's row.
    with running([*command, "--only", "loaders", "all-reduce"], env=environment) as broken:
        read_until(broken, "parameter digests of two ranks under dplaunch")
    assert not jobs.left_over(kept, 120)
    text = report.read_text()
    assert "| loaders | batches of loader: device against host |" in text
    assert "| all-reduce | parameter digests of two ranks under dplaunch |" in text
    assert "## Machine" in text and f"| commit | {(machine / 'COMMIT').read_text().strip()} |" in text

    output = run([*command, "--only", "memory", "--deadline", "1"], "/", environment)
    assert "not run" in output
    text = report.read_text()
    assert text.count("| memory | ") == 2 and "the deadline has passed" in text
    assert "| loaders | " in text and "| all-reduce | " in text
