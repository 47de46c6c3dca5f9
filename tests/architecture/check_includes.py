"""Holds every #include against the table "What each folder may include" in docs/architecture.md.

    check_includes.py SOURCE_FOLDER

Each row of the table names a folder, the folders of ours and the foreign libraries that its files
may include, and where a library stays out of headers. An include that no row allows fails, and so
do a row's permission that nothing uses (the table says what is, not what was) and a circle of
folders.
"""

import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
LIBRARIES = {  # by how the name in <...> begins; what is not listed is the system's
    "Torch": ("ATen/", "c10/", "caffe2/", "torch/"),
    "c10d": ("torch/csrc/distributed/",),
    "CUDA": ("cuda", "nccl", "nvrtc", "c10/cuda/", "ATen/cuda/", "torch/csrc/distributed/c10d/ProcessGroupNCCL"),
    "Gloo": ("gloo/", "torch/csrc/distributed/c10d/ProcessGroupGloo"),
    "Boost": ("boost/",),
    "CLI11": ("CLI/",),
    "yaml-cpp": ("yaml-cpp/",),
    "nlohmann-json": ("nlohmann/",),
    "hwloc": ("hwloc",),
}
OURS = ("base", "common", "launcher", "worker")


def read_table(page):
    """folder -> (permissions, those of .cpp files alone)"""
    section = page.split("## What each folder may include", 1)[1].split("\n## ", 1)[0]
    rules = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not cells[0].startswith("`"):
            continue
        for folder in re.findall(r"`([^`]+)/`", cells[0]):
            allowed = {word.strip("` ").rstrip("/") for word in cells[1].split(",")}
            rules[folder] = allowed - {"", "nothing of ours"}
    return rules


def library_of(name):
    found = [(len(start), library) for library, starts in LIBRARIES.items()
             for start in starts if name.startswith(start)]
    return max(found)[1] if found else None


def room_of(path, rules):
    """The longest folder of the table that holds the file."""
    folders = [folder for folder in rules if path.startswith(folder + "/")]
    return max(folders, key=len) if folders else None


def find_circle(arrows):
    """A way from a folder back to itself, or nothing."""
    done, way = set(), []

    def visit(room):
        if room in way:
            return way[way.index(room):] + [room]
        if room in done:
            return []
        way.append(room)
        for other in sorted(arrows.get(room, ())):
            if circle := visit(other):
                return circle
        way.pop()
        done.add(room)
        return []

    return next((circle for room in sorted(arrows) if (circle := visit(room))), [])


def main():
    source = pathlib.Path(sys.argv[1])
    rules = read_table((source / "docs/architecture.md").read_text())
    names = subprocess.run(["git", "-C", str(source), "ls-files", "-co", "--exclude-standard", *OURS],
                           check=True, capture_output=True, text=True).stdout.split()
    problems, used, arrows = [], set(), {}
    for name in names:
        path = source / name
        if path.suffix not in (".h", ".cpp") or not path.exists():
            continue
        room = room_of(name, rules)
        if room is None:
            problems.append(f"{name}: its folder is not in the table")
            continue
        includes = INCLUDE.findall(path.read_text())
        uses_fmt = any(included.startswith("fmt/") for _, included in includes)
        if uses_fmt and path.suffix == ".h":
            problems.append(f"{name}: fmt in a header: LibTorch's headers bring another version of it")
        if uses_fmt and any(library_of(included) in ("Torch", "c10d") for _, included in includes):
            problems.append(f"{name}: fmt beside LibTorch's headers, which bring another version of it")
        for bracket, included in includes:
            if bracket == '"':
                wanted = room_of(included, rules)
                if wanted is None:
                    problems.append(f"{name}: #include \"{included}\": not by its path from the top")
                    continue
            else:
                wanted = library_of(included)
            if wanted is None or wanted == room:
                continue
            if wanted in rules:
                arrows.setdefault(room, set()).add(wanted)
            # "Boost in .cpp": a library that stays out of headers.
            permission = next((p for p in rules[room] if p.split(" ")[0] == wanted
                               and not (p.endswith("in .cpp") and path.suffix == ".h")), None)
            if permission is None:
                problems.append(f"{name}: #include {included}: {room}/ may not include {wanted}")
            used.add((room, permission))
    for room, allowed in rules.items():
        for permission in allowed:
            if (room, permission) not in used:
                problems.append(f"{room}/ may include {permission}, and does not: take it off the table")
    if circle := find_circle(arrows):
        problems.append("a circle of folders: " + " -> ".join(circle))
    if not used:
        problems.append("no include was found at all: the check tests nothing")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
