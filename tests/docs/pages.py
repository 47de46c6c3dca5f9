"""The Markdown pages of the repository, as a code host shows them: their links, anchors and code blocks."""

import dataclasses
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"

# What a code block is, by its tag.
RUN = "sh"  # a test runs it
COMMANDS = "bash"  # commands that need GPUs, several hosts, or more than a test has; they are parsed
SHOWN = "console"  # what was typed (behind "$ ") and what came, as it came
OTHER = {"python", "text", "yaml"}
TAGS = {RUN, COMMANDS, SHOWN} | OTHER


@dataclasses.dataclass
class Block:
    tag: str
    indent: int
    line: int  # where it begins, from 1
    lines: list[str]

    def commands(self):
        """Its lines, those that go on behind a backslash as one."""
        return re.sub(r" *\\\n *", " ", "\n".join(self.lines)).splitlines()

    def session(self):
        """(what was typed, the lines that came) of one that is shown."""
        typed = []
        for line in self.commands():
            if line.startswith("$ "):
                typed.append((line.removeprefix("$ "), []))
            elif typed:
                typed[-1][1].append(line)
        return typed


def all_pages():
    return [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page):
    return str(page.relative_to(REPOSITORY))


def split(page):
    """The lines of the page, those of code blocks empty, and the code blocks."""
    prose, blocks, current = [], [], None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.match(r"( *)```(.*)", line)
        if fence and current is None:
            current = Block(fence[2].strip(), len(fence[1]), number, [])
        elif fence and fence[2] == "":
            blocks.append(current)
            current = None
        elif current:
            current.lines.append(line[current.indent :])
        prose.append("" if current or fence else line)
    assert current is None, f"{name_of(page)}:{current.line}: a code block without an end"
    return prose, blocks


def code_spans(page):
    """(line, text) of each `code` in the prose; one may go on in the next line."""
    text = "\n".join(split(page)[0])
    for span in re.finditer(r"(?<!`)`([^`]+)`(?!`)", text):
        yield text.count("\n", 0, span.start()) + 1, re.sub(r"\s+", " ", span[1]).replace("\\|", "|")


def without_code(text):
    return re.sub(r"(?<!`)`[^`]+`(?!`)", "", text)


def links(page):
    """(line, target) of each link and picture."""
    text = without_code("\n".join(split(page)[0]))
    for link in re.finditer(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text):
        yield text.count("\n", 0, link.start()) + 1, link[1] or link[2]


def anchors(page):
    """As GitHub and GitLab make them of headings, and scripts/docs.sh too."""
    found = []
    for line in split(page)[0]:
        if heading := re.match(r"#{1,6} +(.*)", line):
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
            slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return found
