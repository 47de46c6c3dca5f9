"""Writes docs/reference/ from what the program says of itself; with --check it says what is not as written.

    scripts/docs/reference.py DPLAUNCH [--check]
"""

import pathlib
import re
import sys

import program_help

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/reference"


def in_table(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def table(entries):
    rows = [f"| `{entry.name}` | {in_table(entry.meaning)} |" for entry in entries]
    return ["| | |", "| --- | --- |", *rows, ""]


def block(examples):
    return ["```bash", *(re.sub(r" {4,}", "    # ", example) for example in examples), "```", ""]


def section(command, text):
    lines = [f"## `dplaunch {command}`" if command else "## `dplaunch`", ""]
    if command:
        lines += [f"{text.description[0].upper()}{text.description[1:]}.", ""]
    lines += ["```text", *text.usage, "```", ""]
    for group, entries in text.groups.items():
        if group != "Subcommands":
            lines += [] if group == "Options" else [f"**{group}**", ""]
            lines += table(entries)
    lines += [] if not command else text.remarks + [""] * bool(text.remarks)
    return lines + block(text.examples)


def options_page(helps):
    commands = [entry.name for entry in helps[""].groups["Subcommands"]]
    listed = ", ".join(f"[`{name}`](#dplaunch-{name})" for name in commands)
    lines = [
        "# Options",
        "",
        "What `dplaunch --help` and `dplaunch COMMAND --help` print, in one place. Written by `scripts/docs/reference.py`.",
        "",
        f"Commands: {listed}; without one of these it is [a training or a command](#dplaunch).",
        "",
    ]
    for command, text in helps.items():
        lines += section(command, text)
    return lines


def keys_page(keys):
    lines = [
        "# Configuration keys",
        "",
        "What `dplaunch --show-config` prints: `key: value` in the file that `-c` names, or `--set key=value`. What to set for",
        "what: [training](../training.md#configuration). Written by `scripts/docs/reference.py`.",
        "",
        "| key | default | meaning |",
        "| --- | --- | --- |",
    ]
    for key in keys:
        meaning, _, values = key.meaning.rpartition(": ")
        if re.fullmatch(r"[a-z0-9_]+(\|[a-z0-9_]+)*", values):
            text = f"{in_table(meaning)}: " + ", ".join(f"`{value}`" for value in values.split("|"))
        else:
            text = in_table(key.meaning)
        lines.append(f"| `{key.name}` | {f'`{key.value}`' if key.value else ''} | {text} |")
    return [*lines, ""]


def main():
    dplaunch, *options = sys.argv[1:]
    pages = {
        "options.md": options_page(program_help.helps(dplaunch)),
        "configuration-keys.md": keys_page(program_help.configuration_keys(dplaunch)),
    }
    wrong = []
    for name, lines in pages.items():
        text = "\n".join(lines).rstrip("\n") + "\n"
        page = FOLDER / name
        if options == ["--check"]:
            if not page.exists() or page.read_text() != text:
                wrong.append(name)
        else:
            FOLDER.mkdir(exist_ok=True)
            page.write_text(text)
    if wrong:
        sys.exit(
            f"docs/reference: {', '.join(wrong)} does not say what the program does\n"
            f"  to mend: python3 scripts/docs/reference.py {dplaunch}"
        )


if __name__ == "__main__":
    main()
