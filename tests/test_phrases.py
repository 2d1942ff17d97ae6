"""Every sentence people read is there, is used, and gets the values it asks for."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from bot.phrases import say
from bot.review.actions import ACTS, Change, Reason
from bot.review.model import State

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "bot" / "phrases" / "en"
PHRASES = {
    f"{table}.{key}": phrase
    for file in sorted(FOLDER.iterdir())
    for table, kept in tomllib.loads(file.read_text("utf-8")).items()
    for key, phrase in kept.items()
}
KEYS = [
    f"{table}.{key}"
    for file in FOLDER.iterdir()
    for table, kept in tomllib.loads(file.read_text("utf-8")).items()
    for key in kept
]
TABLES = {key.rpartition(".")[0] for key in PHRASES}
VERBS = [act.verb for act in ACTS]
# What a key that is put together at run time can be, where the law says so; elsewhere, whatever in the file fits.
FAMILIES = {
    "state.*": [f"state.{state.value}" for state in State],
    "button.*": [f"button.{verb}" for verb in VERBS],
    "done.*": [f"done.{verb}" for verb in VERBS],
    "reason.*": [f"reason.{reason.value}" for reason in Reason],
    # Some have sentences of their own, with more values in them.
    "history.*": [f"history.{verb}" for verb in VERBS if verb not in ("reject", "snooze", "correct")],
    "history.*_*": [f"history.{who}_{change.value}" for who in ("customer", "staff") for change in Change],
}


@dataclass(frozen=True)
class Use:
    """A place that says a phrase. `key` is a pattern: what is filled in at run time is a `*`."""

    where: str
    key: str
    values: frozenset[str] | None  # None where they cannot be read from the call

    def members(self) -> list[str]:
        if self.key in FAMILIES:
            return FAMILIES[self.key]
        pattern = re.compile(r"[^.]*".join(re.escape(part) for part in self.key.split("*")))
        return [key for key in PHRASES if pattern.fullmatch(key)]

    def __str__(self) -> str:
        return f"{self.where}: {self.key}"


def uses() -> list[Use]:
    """Every phrase that the program says, from its Python files and its pages."""
    found: list[Use] = []
    for path in sorted((ROOT / "bot").rglob("*.py")):
        found += _in_python(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))
    environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.do"])
    for path in sorted((ROOT / "bot").rglob("*.html")):
        found += _in_page(path.relative_to(ROOT).as_posix(), environment.parse(path.read_text("utf-8")))
    return found


def _in_python(path: str, tree: ast.AST) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
            values = frozenset(word.arg for word in node.keywords if word.arg)
            if key := _pattern(node.args[0]):
                yield Use(f"{path}:{node.lineno}", key, values)
        # A key may lie in a table and be said elsewhere.
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _looks_like_a_key(node.value):
            yield Use(f"{path}:{node.lineno}", node.value, None)


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return ""


def _looks_like_a_key(text: str) -> bool:
    table, _, key = text.rpartition(".")
    return table in TABLES and bool(re.fullmatch(r"[a-z_]+", key)) and key not in ("html", "toml", "css", "js", "svg")


def _in_page(path: str, tree: nodes.Template) -> Iterator[Use]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say":
            values = frozenset(word.key for word in call.kwargs)
            yield Use(f"{path}:{call.lineno}", _page_pattern(call.args[0]), values)


def _page_pattern(node: nodes.Expr) -> str:
    if isinstance(node, nodes.Const):
        return str(node.value)
    if isinstance(node, nodes.Concat):
        return "".join(_page_pattern(part) for part in node.nodes)
    return "*"


USES = uses()


def asked_for(phrase: str) -> set[str]:
    """The names of the values in a phrase."""
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def _wrong(use: Use) -> Iterator[str]:
    if not use.members():
        yield f"{use} is not among the phrases"
    for key in use.members():
        if key not in PHRASES:
            yield f"{use} needs {key}, which is not among the phrases"
            continue
        if use.values is None:
            continue
        if missing := asked_for(PHRASES[key]) - use.values:
            yield f"{use} does not give {', '.join(sorted(missing))} to {key}"
        if "*" not in use.key and (idle := use.values - asked_for(PHRASES[key])):
            yield f"{use} gives {', '.join(sorted(idle))}, which nobody asked for"


def test_a_phrase_that_is_said_is_there_and_gets_its_values() -> None:
    """No page, card or answer fails for want of a sentence or of a value in it."""
    assert "\n".join(problem for use in USES for problem in _wrong(use)) == ""


def test_every_phrase_is_said_somewhere() -> None:
    """Nobody translates a sentence that is never shown."""
    said = {key for use in USES for key in use.members()}
    assert sorted(set(PHRASES) - said) == []


@pytest.mark.parametrize("family", ["state.*", "button.*", "done.*", "reason.*"])
def test_a_family_has_exactly_the_members_the_law_has(family: str) -> None:
    """A new state, decision or reason gets its sentence with it, and one that went takes it away."""
    assert sorted(FAMILIES[family]) == sorted(key for key in PHRASES if key.startswith(family[:-1]))


@pytest.mark.parametrize("verb", VERBS)
def test_every_decision_has_a_label_an_answer_and_a_line_of_history(verb: str) -> None:
    """What a button says, what its presser is told, and what everybody reads afterwards."""
    assert say(f"button.{verb}")
    assert say(f"done.{verb}")
    assert "Ana" in say(f"history.{verb}", name="Ana", reason="tone", time="14:02", feeling="angry")


def test_phrases_read_well() -> None:
    """Values are named, none is formatted or reached into, and braces in a value stay as they are."""
    for key, phrase in PHRASES.items():
        for _, name, spec, conversion in string.Formatter().parse(phrase):
            assert name is None or (name.isidentifier() and not spec and conversion is None), key
        told = say(key, **dict.fromkeys(asked_for(phrase), "{evil} {0.__class__} %s"))
        assert told.count("{evil}") == len(re.findall(r"\{\w+\}", phrase)), key
        assert told, key
        assert told == told.strip(), key


def test_a_phrase_that_is_not_there_is_an_error() -> None:
    """A typo in a key must not turn into an empty card."""
    with pytest.raises(KeyError):
        say("refused.nonesuch")
    with pytest.raises(KeyError):
        say("refused.too_long", length=3)


def test_a_phrase_stands_in_one_file() -> None:
    """A sentence that stood in two files would be changed in one of them."""
    assert sorted(KEYS) == sorted(set(KEYS))
