"""Runs clang-tidy over a compilation database, and remembers by content hash what passed."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

REPOSITORY = pathlib.Path.cwd()
# A source that includes LibTorch takes clang-tidy about a minute, and the tests take half of all the
# time: those only when asked for.
TORCH_HEADERS = "torch/csrc/api/include"
# clang cannot read a header that g++ precompiled: give it the text instead.
PRECOMPILED = re.compile(r"-include (\S*/cmake_pch\.hxx)|-Winvalid-pch")


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


def without_precompiled_headers(command: str, folder: pathlib.Path) -> str:
    def replace(match: re.Match) -> str:
        if not match.group(1):
            return ""
        copy = folder / (hashlib.sha256(match.group(1).encode()).hexdigest()[:16] + ".h")
        shutil.copyfile(match.group(1), copy)
        return f"-include {copy}"

    return PRECOMPILED.sub(replace, command)


def read_database(build: pathlib.Path, cache: pathlib.Path, check_all: bool) -> list[dict]:
    entries = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        # Generated files are not ours to mend.
        if not source.is_relative_to(REPOSITORY) or source.is_relative_to(build):
            continue
        is_slow = TORCH_HEADERS in entry["command"] or source.is_relative_to(REPOSITORY / "tests")
        if is_slow and not check_all:
            continue
        entry["command"] = without_precompiled_headers(entry["command"], cache)
        entries.append(entry)
    return entries


def check(clang_tidy: str, entry: dict, cache: pathlib.Path, common: bytes) -> tuple[bool, str]:
    digest = hashlib.sha256(common + entry["command"].encode())
    digest.update(pathlib.Path(entry["file"]).read_bytes())
    passed = cache / f"{digest.hexdigest()}.passed"
    if passed.exists():
        return False, ""
    # clang does not know all of g++'s warning options, and says so as an error.
    done = subprocess.run([clang_tidy, "--quiet", "-p", str(cache),
                           "--extra-arg-before=-Wno-unknown-warning-option", entry["file"]],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        passed.touch()
        return True, ""
    return True, done.stdout + done.stderr or f"{entry['file']}: clang-tidy failed\n"


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    cache = build / "clang-tidy"
    cache.mkdir(parents=True, exist_ok=True)
    clang_tidy = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if not clang_tidy:
        print("clang-tidy: not found; install it with scripts/setup.sh --tests", file=sys.stderr)
        return 127
    entries = read_database(build, cache, check_all="--all" in sys.argv[2:])
    (cache / "compile_commands.json").write_text(json.dumps(entries))
    version = subprocess.run([clang_tidy, "--version"], check=True, capture_output=True).stdout
    common = header_digest() + version + (REPOSITORY / ".clang-tidy").read_bytes()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda entry: check(clang_tidy, entry, cache, common), entries))
    failures = [output for _, output in results if output]
    print("\n".join(failures), end="")
    print(f"clang-tidy: {len(entries)} sources, {sum(new for new, _ in results)} checked now, "
          f"{len(failures)} with findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
