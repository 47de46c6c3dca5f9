"""The sources that are compiled as one text (cmake/UnityBuild.cmake), those of a folder: a function in the
unnamed namespace of one has no name that another calls. The two would be overloads, and the call could mean the
wrong one without a word.

    check_unnamed.py ROOT
"""

import collections
import pathlib
import re
import sys

UNITED = re.compile(r"^dplaunch_unite_folders\((\w+)( WHOLE)?\)", re.MULTILINE)
UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
# A definition or declaration at the line's begin: a type, a name, parameters.
FUNCTION = re.compile(r"^(?!using |namespace |struct |class |enum |return |TEST|INSTANTIATE|static_assert)"
                      r"[A-Za-z_][\w:<>,*& \[\]]*?[ *&>](\w+)\(", re.MULTILINE)
FOLDERS = ("base", "common", "launcher", "worker", "tests")
COMMENT = re.compile(r"//.*")
CALL = re.compile(r"(?<![\w.:>])(?<!->)(\w+)\(")
# A class's own function, which hides those of a namespace there.
MEMBER = re.compile(r"^  .*[ *&](\w+)\([^;]*\{$|^\w.*::(\w+)\(.*\{$|^ +const auto (\w+) = \[", re.MULTILINE)


def united_sources(root: pathlib.Path):
    for lists in (path for folder in FOLDERS for path in (root / folder).rglob("CMakeLists.txt")):
        text = lists.read_text()
        for target, whole in UNITED.findall(text):
            declared = re.search(rf"^add_(?:library|executable)\({target}\b([^)]*)\)", text, re.MULTILINE)
            for name in re.findall(r"\S+\.cpp", declared[1]):
                folder = "" if whole or "/" not in name else name.split("/")[0]
                yield target, folder, lists.parent / name


def main() -> int:
    root = pathlib.Path(sys.argv[1]).resolve()
    defined, called = collections.defaultdict(set), collections.defaultdict(set)
    for *place, source in united_sources(root):
        text = source.read_text()
        for part in UNNAMED.findall(text):
            for name in FUNCTION.findall(COMMENT.sub("", part)):
                defined[*place, name].add(source)
        code = COMMENT.sub("", text)
        members = {name for names in MEMBER.findall(code) for name in names}
        for name in set(CALL.findall(code)) - members:
            called[*place, name].add(source)
    faults = 0
    for key, sources in sorted(defined.items(), key=lambda item: str(item)):
        for source in sorted(sources):
            others = called[key] - {source}
            if others:
                faults += 1
                print(f"{source.relative_to(root)}: {key[2]}() is called in "
                      f"{', '.join(sorted(other.name for other in others))}, too")
    print(f"{len(defined)} functions, {faults} to be renamed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
