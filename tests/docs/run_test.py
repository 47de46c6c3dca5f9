"""Runs the code blocks tagged `sh` of pages, each page's as one script in a folder of its own.

    run_test.py BIN_FOLDER PYTHON [PAGE...]     without a page all but first-steps.md, which trains
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import pages
from pages import DOCS, REPOSITORY, name_of

BIN, PYTHON, *NAMED = sys.argv[1:]
del sys.argv[1:]
LONG = [DOCS / "first-steps.md"]
PAGES = [REPOSITORY / page for page in NAMED] or [page for page in pages.all_pages() if page not in LONG]


def script_of(page):
    return "\n".join("\n".join(block.lines) for block in pages.split(page)[1] if block.tag == pages.RUN)


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        # What the pages take for granted: the repository's folder, dplaunch and a Python with PyTorch in PATH.
        for name in ("configs", "tests", "scripts"):
            (self.work / name).symlink_to(REPOSITORY / name)

    def run_page(self, page):
        path = f"{BIN}:{pathlib.Path(PYTHON).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script_of(page)], cwd=self.work, env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
        self.assertEqual(done.returncode, 0, f"{name_of(page)}:\n{done.stdout}")
        return done.stdout

    def test_commands_that_are_to_be_run(self):
        wanted = [page for page in PAGES if script_of(page)]
        self.assertTrue(wanted)
        for page in wanted:
            with self.subTest(name_of(page)):
                self.run_page(page)
        folder = self.work / "runs/first"
        if folder.is_dir():
            self.check_files(folder)

    def check_files(self, folder):
        """run-folder.md names each file of a training."""
        named = re.findall(r"^\|([^|]*)\|", (DOCS / "run-folder.md").read_text(), re.MULTILINE)
        patterns = [name.replace("N", "*") for cell in named for name in re.findall(r"`([^`]+)`", cell)]
        for file in folder.iterdir():
            name = f"{file.name}/" if file.is_dir() else file.name
            self.assertTrue(any(pathlib.PurePath(name).match(pattern) for pattern in patterns), f"{name}: {patterns}")

    def test_what_is_shown_of_predictions_is_what_comes(self):
        """`dplaunch simulate` only computes: the lines that the page has, in their order, with others between."""
        sessions = [session for block in pages.split(DOCS / "predictions.md")[1] for session in block.session()]
        self.assertGreater(len(sessions), 3)
        for command, shown in sessions:
            self.assertRegex(command, "^dplaunch simulate ")
            done = subprocess.run(
                ["bash", "-c", f"{BIN}/{command}"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60)
            printed = iter(done.stdout.splitlines())
            for line in shown:
                self.assertTrue(line == "..." or line in printed, f"{line}\n\nis not in\n\n{done.stdout}")


if __name__ == "__main__":
    unittest.main()
