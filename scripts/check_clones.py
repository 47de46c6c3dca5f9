#!/usr/bin/env python3
"""Finds pairs of places with the same logic: six lines or more that are alike but for layout,
comments, constants, and names replaced one by one. Exit code 1 if there is a pair that
scripts/clone_exceptions.txt does not list with a reason, or a reason for a pair that is none.

    scripts/check_clones.py [--min-lines N] [SOURCE_FOLDER]

It reads base/, common/, launcher/, worker/, scripts/ and what the tests share. The tests themselves may
repeat each other. Lines of declarations, tables, includes and braces do not count.
"""

import argparse
import collections
import dataclasses
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from code_statements import read_statements  # noqa: E402

FOLDERS = ("base", "common", "launcher", "worker", "scripts", "tests")
SUFFIXES = (".h", ".cpp", ".c", ".py", ".sh")
EXCEPTIONS = "scripts/clone_exceptions.txt"
# Code of the same shape in which most names are others does another thing.
MIN_SAME_NAMES = 0.5
SEED = 2  # statements of the same shape in sequence, where a search for more begins


@dataclasses.dataclass(frozen=True)
class Place:
    file: str
    first: int  # index of a statement
    statements: list

    @property
    def lines(self):
        numbers = set().union(*(statement.lines for statement in self.statements))
        return min(numbers), max(numbers)

    def count_logic_lines(self):
        return len(set().union(*(statement.lines for statement in self.statements if statement.has_logic)))

    def __str__(self):
        return f"{self.file}:{self.lines[0]}-{self.lines[1]}"


def is_clone(a, b, min_lines):
    if min(a.count_logic_lines(), b.count_logic_lines()) < min_lines:
        return False
    if len({statement.shape for statement in a.statements if statement.has_logic}) == 1:
        return False  # a list of calls, one like the other
    names = [pair for s, t in zip(a.statements, b.statements) for pair in zip(s.names, t.names)]
    return sum(one == other for one, other in names) >= MIN_SAME_NAMES * len(names)


def is_renaming(statement, other, there, back):
    """Whether its names stand for the other's, one to one and as in the statements before."""
    for name, others in zip(statement.names, other.names):
        if there.setdefault(name, others) != others or back.setdefault(others, name) != name:
            return False
    return True


def runs_of(file, i, other, j, code):
    """From these two statements on: pairs of places that are renamings of each other."""
    a, b = code[file], code[other]
    end = 0
    while i + end < len(a) and j + end < len(b) and a[i + end].shape == b[j + end].shape:
        if file == other and i + end == j:
            break  # the second place has begun
        end += 1
    begin = 0
    while begin < end:
        there, back, stop = {}, {}, begin
        while stop < end and is_renaming(a[i + stop], b[j + stop], there, back):
            stop += 1
        stop = max(stop, begin + 1)
        yield (Place(file, i + begin, a[i + begin:i + stop]), Place(other, j + begin, b[j + begin:j + stop]))
        begin = stop


def find_clones(code, min_lines):
    seeds = collections.defaultdict(list)
    for file, statements in code.items():
        for i in range(len(statements) - SEED + 1):
            seeds[tuple(s.shape for s in statements[i:i + SEED])].append((file, i))
    begun, clones = set(), []
    for places in seeds.values():
        for n, (file, i) in enumerate(places):
            for other, j in places[n + 1:]:
                k = 0  # how much further up the two are alike
                while k < min(i, j) and code[file][i - k - 1].shape == code[other][j - k - 1].shape:
                    k += 1
                if (start := (file, i - k, other, j - k)) not in begun:
                    begun.add(start)
                    clones += [pair for pair in runs_of(*start, code) if is_clone(*pair, min_lines)]
    return clones


@dataclasses.dataclass
class Allowance:
    """A pair that may stay: of each place its file and a text that stands in it."""
    places: list
    is_used: bool = False

    def covers(self, pair, texts):
        for first, second in (self.places, self.places[::-1]):
            if all(place.file == file and fragment in texts(place)
                   for place, (file, fragment) in zip(pair, (first, second))):
                self.is_used = True
                return True
        return False


def read_exceptions(path):
    """Of blocks "FILE: TEXT", "FILE: TEXT", then the reason; empty lines between, # for comments."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    blocks = [block.splitlines() for block in "\n".join(lines).split("\n\n") if block.strip()]
    exceptions = []
    for block in blocks:
        block = [line.strip() for line in block if line.strip()]
        if len(block) < 3 or not all(": " in line for line in block[:2]):
            sys.exit(f"{path}: not two places and a reason: {block}")
        exceptions.append(Allowance([tuple(line.split(": ", 1)) for line in block[:2]]))
    return exceptions


def read_code(source):
    names = subprocess.run(["git", "-C", str(source), "ls-files", "-co", "--exclude-standard", *FOLDERS],
                           check=True, capture_output=True, text=True).stdout.split()
    code = {}
    for name in sorted(set(names)):
        path = pathlib.PurePath(name)
        is_test = path.parts[0] == "tests" and (path.stem.startswith("test_") or path.stem.endswith("_test"))
        if path.suffix in SUFFIXES and not is_test and (source / name).exists():
            code[name] = read_statements(source / name)
    return code


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--min-lines", type=int, default=6)
    parser.add_argument("source", nargs="?", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()

    def text_of(place):
        first, last = place.lines
        return "\n".join((options.source / place.file).read_text().splitlines()[first - 1:last])

    code = read_code(options.source)
    exceptions = read_exceptions(options.source / EXCEPTIONS)
    clones = find_clones(code, options.min_lines)
    # All, so that each exception learns of its pair.
    new = [pair for pair in clones if not any([exception.covers(pair, text_of) for exception in exceptions])]
    unused = [exception for exception in exceptions if not exception.is_used]
    for a, b in new:
        print(f"the same logic twice: {a} ~ {b}")
    for exception in unused:
        print(f"{EXCEPTIONS}: no such pair any more: {' ~ '.join(file for file, _ in exception.places)}")
    print(f"{len(code)} files, {len(clones)} pairs, {len(exceptions)} of them allowed")
    return 1 if new or unused or not code else 0


if __name__ == "__main__":
    sys.exit(main())
