"""The words of STYLE and of ARCHITECTURE.md's glossary: docstrings, comments, messages and pages without known tics."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.own_source import SOURCE, nodes, parse, texts

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")

# Each with the words to use instead.
TICS = {
    r"(?<!there )\b(?:is|are|was|were) no\b(?! (?:longer|more|reason))": "is not a …",
    r"\b(?:tells|told)\b": "say, report, send, distinguish",
    r"\bwhat (?:came|comes) of\b": "the outcome of",
    r"\bwho(?:so)?ever\b": "the caller, the process that",
    r"\b(?:nobody|somebody)\b": "nothing, no process, the caller",
    r"\bbeside\b": "next to, in addition to",
    r"\blet(?:s|ting)? go of\b": "release",
    r"\bnone of (?:ours|theirs)\b": "not pyexp's",
    r"\bc[oa]mes? to (?:its|their|an) end\b": "exits, ends",
    r"\bborne\b": "named",
    r"\bwants\b": "asks for, needs",
    r"\bmend(?:s|ed|ing)?\b": "fix, repair",
    r"\btak(?:e|es|ing) note\b": "note, record",
    r"\bgo(?:es|ing)? on\b": "continue",
    r"\bneed be\b": "if missing",
    r"\bother ones\b": "different, changed",
    r"\brefuses? to know\b": "does not know",
}

# Where a tic is the right word: the page or module, and the sentence around it.
ALLOWED: dict[str, tuple[str, ...]] = {}

# Between two pieces of prose, which no tic spans.
APART = " ¶ "

# What a function's docstring must not begin with, since a verb does it; a property's begins with a noun.
NOT_A_VERB = re.compile(r"(?:The|A|An|What|Whether|Those|Where|How|Which|Why|Gives?|Tells|Returns|Yields)\b")
A_VERB = re.compile(r"(?:Return|Yield|Give|Get)\b")


def tics(text: str, place: str = "") -> list[str]:
    """The tics in a text, each with what to write instead; line breaks do not hide one."""
    text = re.sub(r"\s+", " ", text)
    for allowed in ALLOWED.get(place, ()):
        text = text.replace(allowed, "")
    return [
        f"{found.group()!r} in {text[max(found.start() - 60, 0) : found.end() + 60]!r}: write {better}"
        for tic, better in TICS.items()
        for found in re.finditer(tic, text, re.IGNORECASE)
    ]


def prose_of(source: str) -> Iterator[str]:
    """The docstrings and string literals of a module, and its comments, consecutive lines of one as one text."""
    for node in nodes(parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
    comment, last = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if comment and token.start[0] != last + 1:
                yield " ".join(comment)
                comment = []
            comment.append(token.string.lstrip("# "))
            last = token.start[0]
    yield " ".join(comment)


def joined_comments(script: str) -> str:
    """A script, style sheet or page without the marks that begin the lines of its comments."""
    return re.sub(r"\n\s*(?://|\*)", "\n", script)


def page_scripts() -> dict[str, str]:
    """The page's own scripts, style sheets and documents."""
    return {
        path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((SOURCE / "viewer" / "static").rglob("*"))
        if path.suffix in (".js", ".html", ".css") and "vendor" not in path.parts
    }


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)


def bad_beginnings(source: str) -> list[str]:
    """The functions whose docstrings begin with a noun, and the properties whose begin with a verb."""
    found = []
    for node in nodes(parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node) or ""
            if (A_VERB if is_property(node) else NOT_A_VERB).match(docstring):
                found.append(f"line {node.lineno}: {node.name}: {docstring.splitlines()[0]}")
    return found


@pytest.mark.slow
def test_modules_use_plain_words():
    found = {name: tics(APART.join(prose_of(source)), name) for name, source in texts().items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.slow
def test_the_page_of_the_viewer_uses_plain_words():
    scripts = page_scripts()
    assert len(scripts) > 50
    found = {name: tics(joined_comments(script), name) for name, script in scripts.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_line_breaks_in_the_comments_of_a_script_hide_nothing():
    assert tics(joined_comments("// a click that lets\n  // go of it")) != []
    assert tics(joined_comments("/**\n * There is one that is\n * no line. */")) != []


@pytest.mark.parametrize("name", PAGES)
def test_pages_use_plain_words(name: str):
    assert tics((ROOT / name).read_text(encoding="utf-8"), name) == []


@pytest.mark.slow
def test_docstrings_of_functions_begin_with_a_verb_and_those_of_properties_with_a_noun():
    found = {name: bad_beginnings(source) for name, source in texts().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_what_is_allowed_exists():
    for name, sentences in ALLOWED.items():
        path = ROOT / name if name in PAGES else SOURCE / name
        text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
        assert [sentence for sentence in sentences if sentence not in text] == []


@pytest.mark.parametrize(
    "planted",
    [
        '"""A tensor that is no grid."""',
        "# the values\n# are no\n# numbers",
        'def f():\n    """Note what the\n    child told us."""',
        "print(f'{1} tells its width')",
        "x = 1  # what came of the run",
        "# for whoever waits",
        "# Nobody reads it.",
        "raise ValueError('keys beside the tag')",
        "# lets go of the lock",
        '"""The file is none of ours."""',
        "# when it comes to its end",
        "say('the name is borne by two')",
        "# one run wants more",
        "say('mend it, then go')",
    ],
)
def test_a_planted_tic_is_found(planted: str):
    assert len(tics(APART.join(prose_of(planted)))) == 1


@pytest.mark.parametrize(
    "plain",
    [
        "# there is no lock, and it is no longer needed",
        '"""The values besides the first, for no one in particular."""',
        "position = file.tell()",
        "# two runs want a GPU; the commander recommends none",
    ],
)
def test_plain_words_are_not_refused(plain: str):
    assert tics(APART.join(prose_of(plain))) == []


@pytest.mark.parametrize(
    ("source", "is_bad"),
    [
        ('def f():\n    """The digest."""', True),
        ('async def f():\n    """Whether it runs."""', True),
        ('class C:\n    def f(self):\n        """What it holds."""', True),
        ('class C:\n    @property\n    def f(self):\n        """Return the size."""', True),
        ('class C:\n    @cached_property\n    def f(self):\n        """Whether it is open."""', False),
        ('def f():\n    """Return the digest."""', False),
        ('class C:\n    """The digest."""', False),
        ("def f():\n    pass", False),
    ],
)
def test_the_beginning_of_a_docstring_is_checked(source: str, is_bad: bool):
    assert bool(bad_beginnings(source)) is is_bad
