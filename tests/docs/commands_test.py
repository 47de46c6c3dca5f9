"""Every dplaunch command line in the pages is one that dplaunch understands: its command and options, the
configuration's keys and files. And docs/reference/ says what the program says of itself.

    commands_test.py DPLAUNCH
"""

import re
import shlex
import subprocess
import sys
import unittest

import pages
from pages import REPOSITORY, name_of

sys.path.insert(0, str(REPOSITORY / "scripts/docs"))
import program_help  # noqa: E402

DPLAUNCH = sys.argv.pop(1)
# Pages that speak of other programs' options, or of a command that is not there.
OF_OTHERS = {"CONTRIBUTING.md", "changing.md", "checking-on-a-gpu.md", "from-torchrun.md", "performance.md"}
FOREIGN = {"--max-tokens"}


def is_refused(answer):
    return bool(answer) and answer[0].startswith("dplaunch: error: ")


def command_lines(block):
    if block.tag in (pages.RUN, pages.COMMANDS):
        return block.commands()
    # What is typed in part is completed.
    return [line for line, answer in block.session() if "<Tab>" not in line and not is_refused(answer)]


def dplaunch_words(line):
    """The words behind each `dplaunch` of a shell's line."""
    for match in re.finditer(r"(?:^|[\s(`'])dplaunch(?= )", line):
        lexer = shlex.shlex(line[match.end() :], posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words = []
        try:
            for word in lexer:
                if set(word) <= set("|&;<>"):
                    break
                words.append(word)
        except ValueError:  # inside quotes that were opened before it
            words = line[match.end() :].split("'")[0].split()
        yield words


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.helps = program_help.helps(DPLAUNCH)
        cls.keys = {key.name for key in program_help.configuration_keys(DPLAUNCH)}
        # What a line of torchrun's may bring along is understood, and not in the help.
        rendezvous = {option for option in cls.helps["torchrun"].options() if option.startswith("--rdzv-")}
        cls.known = {name: text.options() | {"--help"} for name, text in cls.helps.items()}
        cls.known[""] |= rendezvous

    def complaint(self, words):
        """None if dplaunch understands them, as far as the table of its options tells."""
        command = words[0] if words[0] in self.helps else ""
        if not command and re.fullmatch(r"[a-z]+", words[0]):
            return f"no command {words[0]}"
        for index, word in enumerate(words):
            if word == "--" or (command == "torchrun" and re.search(r"\.(py|sh)$", word)):
                break
            name, _, value = word.replace("_", "-").partition("=")
            if word.startswith("-") and word != "-" and name not in self.known[command]:
                return f"dplaunch {command} has no option {name}"
            value = word.partition("=")[2] or (words[index + 1] if index + 1 < len(words) else "")
            if name == "--set" and value.split("=")[0] not in {*self.keys, "KEY", "key"}:
                return f"no configuration key {value}"
            if name in ("-c", "--config") and "/" in value and not (REPOSITORY / value).is_file():
                return f"no such file: {value}"
        return None

    def test_command_lines(self):
        count = 0
        for page in pages.all_pages():
            lines = [(block.line, line) for block in pages.split(page)[1] for line in command_lines(block)]
            spans = [] if page.name in OF_OTHERS - {"from-torchrun.md"} else pages.code_spans(page)
            for number, line in [*lines, *spans]:
                for words in dplaunch_words(line):
                    count += 1
                    if words and (complaint := self.complaint(words)):
                        with self.subTest(f"{name_of(page)}:{number}"):
                            self.fail(f"{complaint}: dplaunch {' '.join(words)}")
        self.assertGreater(count, 150)

    def test_options_by_themselves(self):
        known = set().union(FOREIGN, *self.known.values())
        for page in pages.all_pages():
            if page.name in OF_OTHERS or page.parent.name == "clusters":
                continue
            for number, span in pages.code_spans(page):
                option = re.match(r"(--[a-z][\w-]*)(?:[= ]|$)", span)
                if option and option[1] not in known:
                    with self.subTest(f"{name_of(page)}:{number}"):
                        self.fail(f"no command of dplaunch has {span}")

    def test_configuration_keys(self):
        for page in pages.all_pages():
            if page.name in OF_OTHERS:
                continue
            for number, span in pages.code_spans(page):
                key = re.match(r"([a-z_]+): [\w.]+$", span)
                if key and key[1] not in {*self.keys, "key"}:
                    with self.subTest(f"{name_of(page)}:{number}"):
                        self.fail(f"no configuration key {span}")

    def test_what_is_refused_is_refused_in_these_words(self):
        sessions = [one for page in pages.all_pages() for block in pages.split(page)[1] for one in block.session()]
        refused = [one for one in sessions if one[0].startswith("dplaunch ") and is_refused(one[1])]
        self.assertGreater(len(refused), 1)
        for command, answer in refused:
            words = [DPLAUNCH, *shlex.split(command)[1:]]
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((done.returncode, done.stderr.splitlines()), (2, answer), command)

    def test_the_reference_is_what_the_program_says(self):
        script = REPOSITORY / "scripts/docs/reference.py"
        words = [sys.executable, "-B", script, DPLAUNCH, "--check"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
