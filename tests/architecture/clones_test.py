"""Whether scripts/check_clones.py finds what it should in a tree made for that, and nothing else.

    clones_test.py CHECK_CLONES
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = sys.argv.pop(1)
BODY = """
#include <vector>
int {name}(const std::vector<int>& {values}) {{
  int sum = 0;
  for (const int value : {values}) {{
    if (is_odd(value)) sum += 2 * value;{comment}
    if (sum > {limit}) report("{text}", sum);
  }}
  log_end(sum, {values}.size());
  if (sum < 0) throw too_small(sum);
  return sum;
}}
"""
FIRST = BODY.format(name="add", values="values", limit=10, text="large", comment="")
# Another layout, other names, another number, another text, a comment.
SECOND = BODY.format(name="count", values="samples", limit=3, text="much", comment="  // why\n")
OTHER = SECOND
for name in ("is_odd", "value", "sum", "report", "log_end", "too_small"):
    OTHER = OTHER.replace(name, f"other_{name}")
EXCEPTION = "base/a.cpp: log_end\ncommon/b.cpp: log_end\n    each is the reference of the other\n"


class Clones(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.write("scripts/clone_exceptions.txt", "# none\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)

    def check(self):
        done = subprocess.run([sys.executable, "-B", SCRIPT, str(self.root)], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def expect_pair(self, first, second):
        code, output = self.check()
        self.assertEqual(code, 1, output)
        self.assertRegex(output, rf"the same logic twice: {first}:\d+-\d+ ~ {second}:\d+-\d+\n")

    def test_a_renamed_copy_is_found(self):
        self.write("base/a.cpp", FIRST)
        self.write("common/b.cpp", SECOND)
        self.expect_pair("base/a.cpp", "common/b.cpp")

    def test_a_copy_in_the_same_file_is_found(self):
        self.write("worker/a.h", FIRST + SECOND)
        self.expect_pair("worker/a.h", "worker/a.h")

    def test_a_copy_in_python_and_in_the_shell_is_found(self):
        python = "def f(x):\n    y = g(x)\n    if y > {n}:\n        h(y)\n    z = k(y)\n    print(z)\n    return z\n"
        shell = "f() {{\n  local {n}=$1\n  cd \"${n}\"\n  make all\n  make test\n  cp a b\n  rm -r c\n}}\n"
        self.write("scripts/a.py", python.format(n=1))
        self.write("launcher/b.py", python.format(n=2))
        self.write("scripts/a.sh", shell.format(n="x"))
        self.write("scripts/b.sh", shell.format(n="y"))
        self.expect_pair("launcher/b.py", "scripts/a.py")
        self.expect_pair("scripts/a.sh", "scripts/b.sh")

    def test_the_same_shape_with_other_names_is_no_copy(self):
        self.write("base/a.cpp", FIRST)
        self.write("base/b.cpp", OTHER)
        self.assertEqual(self.check()[0], 0)

    def test_tests_may_repeat_each_other_and_their_support_may_not(self):
        self.write("tests/a_test.cpp", FIRST)
        self.write("tests/b_test.cpp", SECOND)
        self.write("base/c.cpp", "int main() { return 0; }\n")
        self.assertEqual(self.check()[0], 0)
        self.write("tests/support.h", FIRST)
        self.write("tests/other.h", SECOND)
        self.expect_pair("tests/other.h", "tests/support.h")

    def test_an_exception_needs_a_reason_and_a_pair(self):
        self.write("base/a.cpp", FIRST)
        self.write("common/b.cpp", SECOND)
        self.write("scripts/clone_exceptions.txt", EXCEPTION)
        self.assertEqual(self.check()[0], 0)
        self.write("scripts/clone_exceptions.txt", EXCEPTION.splitlines()[0])
        self.assertIn("not two places and a reason", self.check()[1])
        self.write("scripts/clone_exceptions.txt", EXCEPTION)
        self.write("common/b.cpp", OTHER)
        code, output = self.check()
        self.assertEqual(code, 1)
        self.assertIn("no such pair any more: base/a.cpp ~ common/b.cpp", output)

    def test_an_empty_tree_is_an_error(self):
        self.assertEqual(self.check()[0], 1)


unittest.main()
