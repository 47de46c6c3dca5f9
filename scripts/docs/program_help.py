"""What dplaunch says of itself: the help of each command and the configuration's keys, read apart."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass
class Entry:
    name: str  # "-c,--config FILE"
    meaning: str

    def options(self):
        """["-c", "--config"]"""
        return self.name.split(" ")[0].split(",") if self.name.startswith("-") else []


@dataclasses.dataclass
class Help:
    description: str
    usage: list[str]
    groups: dict[str, list[Entry]]
    examples: list[str]
    remarks: list[str]

    def options(self):
        return {option for group in self.groups.values() for entry in group for option in entry.options()}


def said_by(dplaunch, *words):
    done = subprocess.run([dplaunch, *words], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def read(text):
    lines = text.splitlines()
    found = Help(lines[0], [], {}, [], [])
    group = None
    for line in lines[1:]:
        if line.startswith("Usage: ") or (found.usage and line.startswith("       dplaunch")):
            found.usage.append(line.removeprefix("Usage: ").strip())
        elif heading := re.match(r"(\S.*):$", line):
            group = found.examples if heading[1] in ("Example", "Examples") else []
            if group is not found.examples:
                found.groups[heading[1]] = group
        elif line.startswith("  ") and group is found.examples:
            group.append(line.strip())
        elif line.startswith("   ") and group:
            group[-1].meaning = f"{group[-1].meaning} {line.strip()}".strip()
        elif entry := re.match(r"  (\S.*?)(?:  +(.*))?$", line):
            group.append(Entry(entry[1], entry[2] or ""))
        elif line and not line.startswith(" "):
            found.remarks.append(line)
    return found


def helps(dplaunch):
    """By command, "" for dplaunch itself, in the order of its help."""
    main = read(said_by(dplaunch, "--help"))
    names = [entry.name for entry in main.groups["Subcommands"]]
    return {"": main, **{name: read(said_by(dplaunch, name, "--help")) for name in names}}


@dataclasses.dataclass
class Key:
    name: str
    value: str
    meaning: str


def configuration_keys(dplaunch):
    lines = said_by(dplaunch, "--show-config").splitlines()
    value_column, origin_column, meaning_column = (lines[0].index(word) for word in ("value", "from", "meaning"))
    return [
        Key(line[:value_column].strip(), line[value_column:origin_column].strip(), line[meaning_column:])
        for line in lines[1:]
    ]
