"""The report: a row for each figure, then the failures' last words, then the machine."""

import dataclasses
import os
import pathlib
import re
import socket

OK = "ok"
FAILED = "FAILED"
MEASURED = "measured"  # a figure without a limit
NOT_MEASURED = "not measured"

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


def verdict(is_good):
    return OK if is_good else FAILED


def scrub(text):
    """Neither host names nor paths: the report is published."""
    text = re.sub(rf"\b{re.escape(socket.gethostname())}\b", "HOST", text)
    return UUIDS.sub(r"\1-...", FOLDERS.sub(".../", text))


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(rows):
    lines = ["| check | measured | limit | verdict |", "| --- | --- | --- | --- |"]
    for row in rows:
        cells = [cell(each) for each in (row.check, row.measured, row.limit, row.verdict)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def failures(rows):
    parts = [f"### {row.check}\n\n```\n{row.words}\n```\n" for row in rows if row.words]
    return "\n## Last words of what failed\n\n" + "\n".join(parts) if parts else ""


def counts(rows):
    verdicts = [row.verdict for row in rows]
    kinds = (OK, FAILED, MEASURED, NOT_MEASURED)
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in kinds if kind in verdicts)


def write(path, rows, facts, is_rehearsal):
    title = "# GPU report"
    if is_rehearsal:
        title += " (rehearsed on the CPU: no figure is a GPU's)"
    machine = "\n".join(f"| {cell(name)} | {cell(value)} |" for name, value in facts)
    text = (
        f"{title}\n\nMade by `scripts/verify_gpu.sh`: {counts(rows)}.\n\n{table(rows)}\n"
        f"{failures(rows)}\n## Machine\n\n| | |\n| --- | --- |\n{machine}\n"
    )
    temporary = pathlib.Path(f"{path}.tmp")
    temporary.write_text(scrub(text))
    os.replace(temporary, path)
