"""Every script finds its own folder and prints its usage, whatever CDPATH the user has exported."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["scripts", "scripts/bench", "scripts/nightly"]
SCRIPTS = sorted(path for folder in FOLDERS for path in (REPOSITORY / folder).glob("*.sh"))


def run(*command, **environment):
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60)


class Cdpath(unittest.TestCase):
    def setUp(self):
        # A folder in which cd would find what the scripts name relative to theirs.
        decoy = tempfile.TemporaryDirectory()
        self.addCleanup(decoy.cleanup)
        for folder in ["scripts/lib", *FOLDERS]:
            (pathlib.Path(decoy.name) / folder).mkdir(parents=True, exist_ok=True)
        self.cdpaths = [".", decoy.name, f"{decoy.name}:."]

    def test_the_repository_is_one_folder_and_the_right_one(self):
        for cdpath in self.cdpaths:
            done = run("bash", "-c", 'source scripts/lib/steps.sh; printf "%s\\n" "$repository"',
                       CDPATH=cdpath)
            self.assertEqual((done.stdout, done.stderr), (f"{REPOSITORY}\n", ""), cdpath)

    def test_every_script_prints_its_usage_alone(self):
        self.assertGreater(len(SCRIPTS), 12)
        for script in SCRIPTS:
            name = str(script.relative_to(REPOSITORY))
            comment = script.read_text().splitlines()[1].removeprefix("# ")
            for cdpath in self.cdpaths:
                with self.subTest(script=name, cdpath=cdpath):
                    done = run("bash", name, "--help", CDPATH=cdpath)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertEqual(done.stdout.splitlines()[0], comment)
                    self.assertNotIn("#", done.stdout)

    def test_scripts_change_to_folders_of_the_repository_alone(self):
        for script in [*SCRIPTS, REPOSITORY / ".ci/run"]:
            text = script.read_text()
            self.assertEqual(re.findall(r"\bcd (?!\"\$repository|/).*", text), [], script)
            if "cd " in text:
                self.assertRegex(text, r'source "\$\(dirname "\$\{BASH_SOURCE\[0\]\}"\)/.*lib/steps\.sh"')


if __name__ == "__main__":
    unittest.main()
