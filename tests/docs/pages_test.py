"""What every page promises a reader, of the site and of a code host: no link leads nowhere, and nothing
of its layout is understood by one of the two alone."""

import re
import unittest

import pages
from pages import DOCS, REPOSITORY, name_of

MAX_LINES = 200
# Written by a command that the pages speak of.
MADE_LATER = {"docs/gpu-report.md"}
SOURCES = ["base", "common", "configs", "deploy", "launcher", "scripts", "tests", "worker"]


class Pages(unittest.TestCase):
    def check_all(self, check):
        for page in pages.all_pages():
            for line, complaint in check(page):
                with self.subTest(f"{name_of(page)}:{line}"):
                    self.fail(complaint)

    def test_links_lead_somewhere(self):
        def check(page):
            for line, target in pages.links(page):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                if not file.is_relative_to(REPOSITORY) or not file.exists():
                    yield line, f"no such file: {target}"
                elif anchor and anchor not in pages.anchors(file):
                    yield line, f"{name_of(file)} has no #{anchor}, only {pages.anchors(file)}"

        self.check_all(check)

    def test_names_of_pages_in_the_sources(self):
        """Hints of the program, comments, help."""
        for folder in SOURCES:
            for file in (REPOSITORY / folder).rglob("*"):
                if not file.is_file() or "corpus" in file.parts or b"\0" in (data := file.read_bytes()):
                    continue
                for path in set(re.findall(r"\bdocs/[\w/-]+\.md", data.decode(errors="replace"))) - MADE_LATER:
                    with self.subTest(name_of(file)):
                        self.assertTrue((REPOSITORY / path).is_file(), path)

    def test_the_navigation_names_every_page(self):
        named = re.findall(r"^ *- .*: ([\w/-]+\.md)$", (REPOSITORY / "mkdocs.yml").read_text(), re.MULTILINE)
        there = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")]
        # The repository's own two (scripts/docs/site_hooks.py).
        self.assertEqual(sorted(named), sorted([*there, "overview.md", "contributing.md"]))

    def test_every_page_is_linked_from_another(self):
        linked = {
            (page.parent / target.partition("#")[0]).resolve()
            for page in pages.all_pages()
            for _, target in pages.links(page)
            if not re.match(r"[a-z]+:|#", target)
        }
        for page in pages.all_pages():
            self.assertIn(page, {*linked, REPOSITORY / "README.md"}, name_of(page))

    def test_code_blocks_say_what_they_are(self):
        def check(page):
            for block in pages.split(page)[1]:
                if block.tag not in pages.TAGS:
                    yield block.line, f"'{block.tag}': a code block is one of {sorted(pages.TAGS)} (docs/changing.md)"

        self.check_all(check)

    def test_layout_that_both_understand(self):
        """Python-Markdown, of mkdocs, wants an empty line before a list, and four spaces before what is in one."""

        def check(page):
            prose, blocks = pages.split(page)
            for number, (before, line) in enumerate(zip(prose, prose[1:]), 2):
                item = r" *([*-]|\d+\.) "
                if re.match(item, line) and before.strip() and not re.match(item, before) and before[0] != " ":
                    yield number, "an empty line is wanted before a list"
                if not before and re.match(r" {1,3}\S", line):
                    yield number, "a paragraph in a list stands four spaces in"
                if re.match(r"\s*(!!!|\?\?\?|===|:::)|.*\{[:.#%]", line):
                    yield number, "only mkdocs understands this"
            for block in blocks:
                if block.indent % 4:
                    yield block.line, "a code block in a list stands four spaces in"

        self.check_all(check)

    def test_a_reader_bears_its_length(self):
        generated = DOCS / "reference"
        for page in pages.all_pages():
            if generated not in page.parents:
                self.assertLessEqual(len(page.read_text().splitlines()), MAX_LINES, name_of(page))


class ExitCodes(unittest.TestCase):
    def test_the_page_and_the_manual_have_all(self):
        header = (REPOSITORY / "base/exit_code.h").read_text()
        codes = {int(code) for code in re.findall(r"^  k\w+ = (\d+)", header, re.MULTILINE)}
        self.assertGreater(len(codes), 10)
        page = (DOCS / "exit-codes.md").read_text()
        of_page = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE) for code in row.split(",")}
        self.assertEqual(codes - of_page, set())
        manual = (REPOSITORY / "launcher/share/dplaunch.1.in").read_text()
        status = manual[manual.index('.SH "EXIT STATUS"') : manual.index(".SH ENVIRONMENT")]
        self.assertEqual(codes - {int(code) for code in re.findall(r"\b\d+\b", status)}, set())


if __name__ == "__main__":
    unittest.main()
