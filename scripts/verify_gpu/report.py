"""The report: a row for each figure, then the failures' last words, then the machine."""

import dataclasses
import json
import os
import pathlib
import re
import socket

OK = "ok"
FAILED = "FAILED"
MEASURED = "measured"  # a figure without a limit
NOT_MEASURED = "not measured"
NOT_RUN = "not run"

# What names a machine or a place on it: absolute paths, and GPUs' serial UUIDs.
FOLDERS = re.compile(r"(?<![\w./:])/(?:[\w.+@-]+/)+")
UUIDS = re.compile(r"\b(GPU|MIG)-[0-9a-f]{8}[0-9a-f-]*")


@dataclasses.dataclass
class Row:
    check: str
    measured: str
    limit: str
    verdict: str
    words: str = ""  # the tail of a failed check's log
    group: str = ""


def verdict(is_good):
    return OK if is_good else FAILED


def scrub(text):
    """Neither host names nor paths: the report is published."""
    text = re.sub(rf"\b{re.escape(socket.gethostname())}\b", "HOST", text)
    return UUIDS.sub(r"\1-...", FOLDERS.sub(".../", text))


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(rows):
    lines = ["| group | check | measured | limit | verdict |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        cells = (row.group, row.check, row.measured, row.limit, row.verdict)
        lines.append("| " + " | ".join(cell(each) for each in cells) + " |")
    return "\n".join(lines)


def failures(rows):
    parts = [f"### {row.check}\n\n```\n{row.words}\n```\n" for row in rows if row.words]
    return "\n## Last words of what failed\n\n" + "\n".join(parts) if parts else ""


def counts(rows):
    verdicts = [row.verdict for row in rows]
    kinds = (OK, FAILED, MEASURED, NOT_MEASURED, NOT_RUN)
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds if kind in verdicts)


def replace(path, text):
    """In one go: whoever reads it, or is left with it, has all of the old or of the new."""
    temporary = pathlib.Path(f"{path}.tmp")
    temporary.write_text(text)
    os.replace(temporary, path)


class Report:
    """Is whole after each row. The rows of earlier stages, from the file `kept`, are in it until their
    group is run again."""

    def __init__(self, path, kept, facts, is_rehearsal):
        self.path = path
        self.kept = kept
        self.facts = facts
        self.is_rehearsal = is_rehearsal
        stored = json.loads(kept.read_text()) if kept.exists() else []
        self.rows = [Row(**row) for row in stored]

    def begin_group(self, group):
        self.rows = [row for row in self.rows if row.group != group]

    def add(self, row):
        self.rows.append(row)
        self.write()

    def write(self):
        replace(self.kept, json.dumps([dataclasses.asdict(row) for row in self.rows], indent=1))
        title = "# GPU report"
        if self.is_rehearsal:
            title += " (rehearsed on the CPU: no figure is a GPU's)"
        machine = "\n".join(f"| {cell(name)} | {cell(value)} |" for name, value in self.facts)
        text = (
            f"{title}\n\nMade by `scripts/verify_gpu.sh`: {counts(self.rows)}.\n\n{table(self.rows)}\n"
            f"{failures(self.rows)}\n## Machine\n\n| | |\n| --- | --- |\n{machine}\n"
        )
        replace(self.path, scrub(text))
