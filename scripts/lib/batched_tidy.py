"""Runs clang-tidy over a compilation database.

Nearly all of its time goes into headers, so the sources of a target are checked as one text, at least
those that are compiled as one. A text that does not pass is checked in halves, down to the one source
to blame or, where two sources use one name for two things, until they are apart. An unused
using-declaration may hide behind another source's. What passed is remembered by its content.
"""

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

REPOSITORY = pathlib.Path.cwd()
MOST_SOURCES = 24  # in one text, if it is put together here: with more, names would clash
# The few texts that include LibTorch take nearly half of all the time, the tests a third of the rest: only
# when asked for.
TORCH_HEADERS = "torch/csrc/api/include"
# clang cannot read a header that g++ precompiled: give it the text instead.
PRECOMPILED = re.compile(r"-include (\S*/cmake_pch\.hxx)|-Winvalid-pch")
TARGET = re.compile(r" -o (\S*/CMakeFiles/\S+?\.dir)/.*")
# Where CMake has put several sources into one text (cmake/UnityBuild.cmake).
UNITY = re.compile(r"/CMakeFiles/\S+\.dir/Unity/")
INCLUDED = re.compile(r'^#include "(.*)"$', re.MULTILINE)


@dataclasses.dataclass
class Batch:
    options: str  # the compiler and its options, without files
    folder: str  # where it runs
    sources: list[pathlib.Path]


def header_digest() -> bytes:
    """All of our headers in one: a change in any of them checks every source again."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.h"],
        check=True, capture_output=True, text=True).stdout.split("\0")
    digest = hashlib.sha256()
    for name in sorted(filter(None, names)):
        path = REPOSITORY / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def without_precompiled_headers(command: str, cache: pathlib.Path) -> str:
    def replace(match: re.Match) -> str:
        if not match.group(1):
            return ""
        copy = cache / (hashlib.sha256(match.group(1).encode()).hexdigest()[:16] + ".h")
        shutil.copyfile(match.group(1), copy)
        return f"-include {copy}"

    return PRECOMPILED.sub(replace, command)


def sources_of(file: str) -> list[pathlib.Path]:
    if not UNITY.search(file):
        return [pathlib.Path(file)]
    return [pathlib.Path(name) for name in INCLUDED.findall(pathlib.Path(file).read_text())]


def read_batches(build: pathlib.Path, cache: pathlib.Path, check_all: bool) -> list[Batch]:
    batches: list[Batch] = []
    newest: dict[tuple[str, str], Batch] = {}  # of a target and its options
    for entry in json.loads((build / "compile_commands.json").read_text()):
        target = TARGET.search(entry["command"])
        options = without_precompiled_headers(entry["command"][:target.start()], cache)
        sources = []
        for source in sources_of(entry["file"]):
            # Generated files are not ours to mend.
            if not source.is_relative_to(REPOSITORY) or source.is_relative_to(build):
                continue
            is_long = TORCH_HEADERS in entry["command"] or source.is_relative_to(REPOSITORY / "tests")
            if check_all or not is_long:
                sources.append(source)
        batch = newest.get((target.group(1), options))
        if batch and len(batch.sources) + len(sources) <= MOST_SOURCES:
            batch.sources += sources
        elif sources:
            newest[target.group(1), options] = Batch(options, entry["directory"], sources)
            batches.append(newest[target.group(1), options])
    return batches


class Checker:
    def __init__(self, cache: pathlib.Path):
        self.cache = cache
        self.clang_tidy = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
        if not self.clang_tidy:
            sys.exit("clang-tidy: not found; install it with scripts/setup.sh --tests")
        version = subprocess.run([self.clang_tidy, "--version"], check=True, capture_output=True)
        self.common = header_digest() + version.stdout + (REPOSITORY / ".clang-tidy").read_bytes()

    def check(self, batch: Batch) -> str:
        """What is to be mended in it, or nothing."""
        digest = self._digest(batch)
        passed = self.cache / f"{digest}.passed"
        if passed.exists():
            return ""
        if len(batch.sources) == 1:
            done = self._run(batch, batch.sources[0])
        else:
            text = self.cache / f"{digest}.cpp"
            text.write_text("\n".join(source.read_text() for source in batch.sources))
            done = self._run(batch, text)
            text.unlink()
        if done.returncode == 0:
            passed.touch()
            return ""
        if len(batch.sources) == 1:
            return done.stdout + done.stderr or f"{batch.sources[0]}: clang-tidy failed\n"
        middle = len(batch.sources) // 2
        halves = batch.sources[:middle], batch.sources[middle:]
        return "".join(self.check(dataclasses.replace(batch, sources=half)) for half in halves)

    def _digest(self, batch: Batch) -> str:
        digest = hashlib.sha256(self.common + batch.options.encode())
        for source in batch.sources:
            digest.update(str(source).encode() + b"\0" + source.read_bytes())
        return digest.hexdigest()

    def _run(self, batch: Batch, file: pathlib.Path) -> subprocess.CompletedProcess:
        folders = sorted({source.parent for source in batch.sources})
        quoted = " ".join(f"-iquote {folder}" for folder in folders)
        command = f"{batch.options} {quoted} -c {file}"
        database = self.cache / hashlib.sha256(command.encode()).hexdigest()
        database.mkdir(exist_ok=True)
        (database / "compile_commands.json").write_text(
            json.dumps([{"directory": batch.folder, "command": command, "file": str(file)}]))
        # clang does not know all of g++'s warning options, and says so as an error.
        done = subprocess.run(
            [self.clang_tidy, "--quiet", "-p", str(database),
             f"--config-file={REPOSITORY / '.clang-tidy'}",
             "--extra-arg-before=-Wno-unknown-warning-option", str(file)],
            capture_output=True, text=True, check=False)
        shutil.rmtree(database)
        return done


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    cache = build / "clang-tidy"
    cache.mkdir(parents=True, exist_ok=True)
    checker = Checker(cache)
    batches = read_batches(build, cache, check_all="--all" in sys.argv[2:])
    batches.sort(key=lambda batch: len(batch.sources), reverse=True)  # long ones first
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = list(filter(None, pool.map(checker.check, batches)))
    print("\n".join(findings), end="")
    print(f"clang-tidy: {sum(len(batch.sources) for batch in batches)} sources of "
          f"{len(batches)} batches, {len(findings)} batches with findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
