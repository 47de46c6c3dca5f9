"""A source file as its statements, without comments, layout and what has no logic of its own."""

import dataclasses
import io
import re
import tokenize

# These stay as they are where names are taken for alike.
KEYWORDS = frozenset("""
    and as assert async auto await bool break case catch char class const constexpr continue def default del do done
    double elif else enum esac except explicit export false False fi finally float for from function global if import
    in int is lambda local long namespace new None noexcept not nullptr operator optional or pass private public raise
    return short signed sizeof static std string string_view struct switch template then this throw true True try
    typename unsigned using vector void while with yield""".split())
CONTROL = frozenset("case elif except for if raise return throw try while with yield".split())
OPERATORS = frozenset("+= -= ++ -- << ? + / % |".split())
NO_LOGIC = ("import ", "from ", "namespace ", "using ", "public :", "private :", "extern ")

TOKEN = r"""
    (?P<skip> {comment} | {space} | \\\n)
  | (?P<text> R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)" | "(?:\\.|[^"\\])*" | {quoted})
  | (?P<number> \.?\d(?:'?[\w.])*)
  | (?P<name> [A-Za-z_]\w*)
  | (?P<other> ::|->|<<|>>|&&|\|\||[-+*/%&|^=!<>]=|\+\+|--|\[\[|\]\]|.)"""


def token_pattern(**parts):
    return re.compile(TOKEN.format(**parts), re.VERBOSE | re.DOTALL | re.MULTILINE)


C_TOKEN = token_pattern(comment=r"//[^\n]* | /\*.*?\*/ | ^[ \t]*\#[ \t]*(?:include|pragma)[^\n]*", space=r"\s+",
                        quoted=r"'(?:\\.|[^'\\\n])*'")
SHELL_TOKEN = token_pattern(comment=r"(?:^|(?<=\s))\#[^\n]*", space=r"[^\S\n]+", quoted=r"'[^']*'")


@dataclasses.dataclass
class Statement:
    words: list = dataclasses.field(default_factory=list)  # all names are "i" in it, all constants "c"
    names: list = dataclasses.field(default_factory=list)
    lines: set = dataclasses.field(default_factory=set)
    is_command: bool = False  # of a shell

    def add(self, kind, text, first_line):
        if kind == "name" and text not in KEYWORDS:
            self.names.append(text)
            text = "i"
        elif kind in ("text", "number"):
            text = "c"
        self.words.append(text)
        self.lines.update(range(first_line, first_line + text.count("\n") + 1))

    @property
    def shape(self):
        return " ".join(self.words)

    @property
    def has_logic(self):
        """Whether it decides, calls or computes; a declaration, or a value of a table, does not."""
        if self.is_command:
            return len(self.words) > 1
        if not (CONTROL | OPERATORS).isdisjoint(self.words):
            return True
        if any(word == "(" and before in ("i", ">") for before, word in zip(self.words, self.words[1:])):
            return True
        return "=" in self.words and "i" in self.words[self.words.index("="):]


def split_text(text, pattern, ends):
    statement, line = Statement(), 1
    for match in pattern.finditer(text):
        kind, token = match.lastgroup, match.group()
        if token in ends:
            yield statement
            statement = Statement()
        elif kind != "skip":
            statement.add("text" if kind == "mark" else kind, token, line)
        line += token.count("\n")
    yield statement


def split_python(text):
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT}
    kinds = {tokenize.NAME: "name", tokenize.STRING: "text", tokenize.NUMBER: "number"}
    statement = Statement()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            if statement.shape != "c":  # a docstring
                yield statement
            statement = Statement()
        elif token.type not in layout:
            statement.add(kinds.get(token.type, "other"), token.string, token.start[0])


def read_statements(path):
    """The statements of a C++, Python or shell file, in order."""
    text = path.read_text()
    if path.suffix == ".py":
        statements = split_python(text)
    elif path.suffix == ".sh":
        statements = [dataclasses.replace(s, is_command=True) for s in split_text(text, SHELL_TOKEN, "\n;")]
    else:
        statements = split_text(text, C_TOKEN, "{};")
    return [s for s in statements if s.words and not s.shape.startswith(NO_LOGIC)]
