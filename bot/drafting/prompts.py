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
_REQUIRED_FIELDS = frozenset({"name", "purpose"})
_FIELDS = _REQUIRED_FIELDS | {"languages", "model", "temperature"}
_LANGUAGE = re.compile(r"[a-z]{2}")
_MODEL = re.compile(r"[\w./:@+-]{1,100}", re.ASCII)
NOTHING = "(nothing)"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VARIABLE = re.compile(r"\{\{ ?([A-Za-z_][A-Za-z0-9_]*) ?\}\}")
_OPENING = re.compile(r"\{\{+")
_DIVIDING = re.compile(rf"^[ \t]*{re.escape(DIVIDER)}[ \t]*$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PromptInputs:
    """What a template may name; the fields are the variables.

    Those in `DATA` were written by strangers or came from outside, so they may stand below the divider only. They are
    handed over as data already, line by line behind a mark.
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
    examples: str = NOTHING
    facts: str = NOTHING


NAMES = tuple(sorted(field.name for field in fields(PromptInputs)))
DATA = frozenset({"customer", "thread", "message", "examples", "facts"})
REQUIRED = "message"


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt at one version. `body` is the text below the front matter, as `check` found it fit.

    `languages` are those it is meant for (ISO 639-1), none meaning all. `model` and `temperature` replace those of the
    settings where they are given.
    """

    name: str
    version: int
    body: str
    languages: tuple[str, ...] = ()
    model: str = ""
    temperature: float | None = None

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
    return read(text_of(path), path.stem, version, str(path))


def read(text: str, name: str, version: int = 1, file: str = "") -> Template:
    """The template of this name in a file's text; `file` is for the errors. Raises `BadTemplate`."""
    problems = check(text)
    if not problems:
        page = frontmatter.split(text, _FIELDS, _REQUIRED_FIELDS)
        if page.fields["name"] == name:
            return _template(page, version)
        problems = [Problem(page.lines["name"], f"the name has to be {name}, like the file's")]
    raise BadTemplate(file or f"{name}@{version}", problems)


def _template(page: frontmatter.Page, version: int) -> Template:
    warmth = page.fields.get("temperature")
    return Template(
        page.fields["name"],
        version,
        page.body,
        _codes(page.fields.get("languages", "")),
        page.fields.get("model", ""),
        None if warmth is None else float(warmth),
    )


def _codes(listed: str) -> tuple[str, ...]:
    return tuple(code.strip() for code in listed.split(",")) if listed else ()


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
        page = frontmatter.split(text, _FIELDS, _REQUIRED_FIELDS)
    except frontmatter.BadFrontMatter as error:
        return [Problem(error.line, error.reason)]
    return [*_in_fields(page), *_in_body(page.body, page.first_line)]


def _in_fields(page: frontmatter.Page) -> Iterator[Problem]:
    for field, value in page.fields.items():
        if _CONTROL.search(value):
            yield Problem(page.lines[field], "there is a control character in it")
    for field, is_fit, form in (
        ("name", _NAME.fullmatch, "a name has small letters, digits and _ only, such as support_reply"),
        ("languages", _are_languages, "languages are written as two-letter codes, such as en, fr"),
        ("model", _MODEL.fullmatch, "a model is named without spaces, such as gpt-4.1-mini"),
        ("temperature", _is_temperature, "a temperature is a number from 0 to 2"),
    ):
        if field in page.fields and not is_fit(page.fields[field]):
            yield Problem(page.lines[field], form)


def _are_languages(listed: str) -> bool:
    return all(_LANGUAGE.fullmatch(code) for code in _codes(listed))


def _is_temperature(written: str) -> bool:
    try:
        return 0 <= float(written) <= 2
    except ValueError:
        return False


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
            if found[1] in DATA and not below:
                yield f"{found[0]} is data, not ours, and may only stand below the line {DIVIDER}"


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def text_of(path: Path) -> str:
    """A file's text with plain line ends and nothing before it. Raises `BadTemplate` for what is no text or far too long."""
    try:
        if path.stat().st_size > 4 * MOST_CHARACTERS:
            raise BadTemplate(str(path), [Problem(0, f"the file has more than {MOST_CHARACTERS} characters")])
        return path.read_text(encoding="utf-8-sig")
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
