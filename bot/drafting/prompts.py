"""Templates: words with `{{variables}}` in them, checked before use and filled in once, never expanded again.

No template language is used. Every one of them can do more than name a value: str.format takes a width that makes a
prompt of a gigabyte, Mustache escapes `<` for HTML, Jinja reads attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from bot.drafting import frontmatter

# What stands above this line goes into the system message, what stands below it into a message of its own.
DIVIDER = "--- customer ---"
MOST_CHARACTERS = 20_000
_FIELDS = frozenset({"name", "purpose"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VARIABLE = re.compile(r"\{\{ ?([A-Za-z_][A-Za-z0-9_]*) ?\}\}")
_OPENING = re.compile(r"\{\{+")
_DIVIDING = re.compile(rf"^[ \t]*{re.escape(DIVIDER)}[ \t]*$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PromptInputs:
    """What a template may name; the fields are the variables.

    `customer`, `thread` and `message` are the customer's own text, so they may stand below the divider only.
    """

    desk: str
    tone: str
    language: str
    articles: str
    instruction: str
    today: str
    limit: str
    customer: str
    thread: str
    message: str


NAMES = tuple(sorted(field.name for field in fields(PromptInputs)))
FROM_CUSTOMER = frozenset({"customer", "thread", "message"})
REQUIRED = "message"


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt at one version. `body` is the text below the front matter, as `check` found it fit."""

    name: str
    version: int
    body: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Problem(NamedTuple):
    """What is wrong with a template: the line, counted from 1, and the reason in a sentence."""

    line: int
    reason: str


class BadTemplate(ValueError):
    """A template cannot be used. `problems` has everything that is wrong with it, the message the first of it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__(sentence(file, problems[0]))
        self.file = file
        self.problems = problems


def sentence(file: str, problem: Problem) -> str:
    """One problem in one sentence, naming the file and the line; line 0 means the file itself."""
    return f"{file}, line {problem.line}: {problem.reason}." if problem.line else f"{file}: {problem.reason}."


def load(path: Path, version: int = 1) -> Template:
    """The template in a file. Raises `BadTemplate`."""
    return read(_text(path), path, version)


def read(text: str, path: Path, version: int = 1) -> Template:
    """The template in a file's text; `path` is for the errors. Raises `BadTemplate`."""
    problems = check(text)
    if not problems:
        page = frontmatter.split(text, _FIELDS, _FIELDS)
        if page.fields["name"] == path.stem:
            return Template(page.fields["name"], version, page.body)
        problems = [Problem(page.lines["name"], f"the name has to be {path.stem}, like the file's")]
    raise BadTemplate(str(path), problems)


def check_file(path: Path) -> list[str]:
    """What is wrong with the template in a file, in sentences; nothing when it can be used."""
    try:
        load(path)
    except BadTemplate as bad:
        return [sentence(bad.file, problem) for problem in bad.problems]
    return []


def check(text: str) -> list[Problem]:
    """What is wrong with a template's text, front matter and all, from the top down."""
    if not text.strip():
        return [Problem(0, "the template is empty")]
    if len(text) > MOST_CHARACTERS:
        return [Problem(0, f"the template has {len(text)} characters; at most {MOST_CHARACTERS} are allowed")]
    try:
        page = frontmatter.split(text, _FIELDS, _FIELDS)
    except frontmatter.BadFrontMatter as error:
        return [Problem(error.line, error.reason)]
    problems = []
    if not _NAME.fullmatch(page.fields["name"]):
        problems.append(
            Problem(page.lines["name"], "a name has small letters, digits and _ only, such as support_reply")
        )
    return problems + list(_in_body(page.body, page.first_line))


def _in_body(body: str, first_line: int) -> Iterator[Problem]:
    below = False
    seen: set[str] = set()
    empty = True
    for number, line in enumerate(body.split("\n"), start=first_line):
        if _DIVIDING.fullmatch(line):
            if below:
                yield Problem(number, f"the line {DIVIDER} stands there twice")
            elif empty:
                yield Problem(number, f"there is no text above the line {DIVIDER}")
            below = True
            continue
        empty = empty and not line.strip()
        if _CONTROL.search(line):
            yield Problem(number, "there is a control character in it")
        for reason in _in_line(line, below):
            yield Problem(number, reason)
        seen.update(_VARIABLE.findall(line))
    if not below:
        yield Problem(0, f"the line {DIVIDER} is missing; the customer's text goes below it")
    if REQUIRED not in seen:
        yield Problem(0, f"{{{{{REQUIRED}}}}} is missing, so the model would not see what to answer")


def _in_line(line: str, below: bool) -> Iterator[str]:
    """What is wrong between double braces. Single ones are text, so JSON may be written."""
    at = 0
    while opening := _OPENING.search(line, at):
        start, at = opening.span()
        found = _VARIABLE.match(line, start)
        if found is None or line.startswith("}", found.end()):
            end = line.find("}}", at)
            if end < 0:
                yield f"the braces after {_shown(line[start:])} are not closed on the same line"
                return
            at = end + len(line[end:]) - len(line[end:].lstrip("}"))
            yield f"{_shown(line[start:at])} is no plain {{{{name}}}}; the allowed names are {', '.join(NAMES)}"
        elif found[1] not in NAMES:
            at = found.end()
            yield f"there is no variable {_shown(found[0])}; the allowed names are {', '.join(NAMES)}"
        else:
            at = found.end()
            if found[1] in FROM_CUSTOMER and not below:
                yield f"{found[0]} is the customer's own text and may only stand below the line {DIVIDER}"


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > 4 * MOST_CHARACTERS:
            raise BadTemplate(str(path), [Problem(0, f"the file has more than {MOST_CHARACTERS} characters")])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problem = Problem(0, "it is not UTF-8 text")
    except OSError as error:
        problem = Problem(0, f"it cannot be read ({error.strerror})")
    raise BadTemplate(str(path), [problem])


def render(template: Template, inputs: PromptInputs) -> list[tuple[str, str]]:
    """The messages for the model, each with its role: the system's words, then the customer's as data.

    Values go in as they are; braces in them are text. `template` has passed `check`.
    """
    above, below = _DIVIDING.split(template.body, maxsplit=1)
    values = {name: getattr(inputs, name) for name in NAMES}
    return [(role, _filled(part, values)) for role, part in (("system", above), ("human", below))]


def _filled(part: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values[found[1]], part).strip()
