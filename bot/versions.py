"""Which version of a template is in use: read from its file at start, saved and rolled back by people."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.drafting import prompts
from bot.drafting.prompts import BadTemplate, Problem, Template
from bot.phrases import say
from bot.store import changes, templates
from bot.store.changes import Changed, What
from bot.store.engine import Connection
from bot.store.templates import Status, Version

FILE = "file"
_ACTIVATIONS = (What.ACTIVATED, What.ROLLED_BACK)


class Unwanted(ValueError):
    """A change to a template is not made. The message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class File:
    """A template's file as it reads now, and when it last changed (unix seconds)."""

    text: str
    changed: float


def in_use(conn: Connection, name: str) -> Template:
    """What drafts are made with now: the active version.

    When this program cannot use it any more, the newest one that was in use before. Raises `BadTemplate` when there is
    none.
    """
    version = templates.active(conn, name)
    if version is not None:
        try:
            return parsed(templates.get(conn, name, version))
        except BadTemplate:
            return _last_good(conn, name)
    raise BadTemplate(name, [Problem(0, "no version of it is in use")])


def current(conn: Connection, began: Template) -> Template:
    """What a draft is made with now; what the program began with, should the store have nothing that can be used."""
    try:
        return in_use(conn, began.name)
    except BadTemplate:
        return began


def _last_good(conn: Connection, name: str) -> Template:
    problem: BadTemplate | None = None
    for version in reversed(templates.versions(conn, name)):
        try:
            if version.status is not Status.DRAFT:
                return parsed(version)
        except BadTemplate as bad:
            problem = bad
    raise problem or BadTemplate(name, [Problem(0, "no version of it is in use")])


def parsed(version: Version) -> Template:
    """A version as drafts are made with it. Raises `BadTemplate`."""
    return _parsed(version.text, version.name, version.version)


@lru_cache(maxsize=64)  # it is read again for every draft
def _parsed(text: str, name: str, version: int) -> Template:
    return prompts.read(text, name, version)


def take_file(conn: Connection, name: str, file: File, at: float, *, held: bool) -> str:
    """Keep what the file says if it changed, and put it into use; when it is not put into use, why, in a sentence.

    A changed file is somebody's newest intention, unless a person activated another version since. When it comes back
    to a text it had before, it has to be newer than whatever was activated since: replicas may start in any order with
    files of different age. `held` means that a desk wants to see a backtest first.
    """
    past = templates.versions(conn, name)
    history = changes.of(conn, name)
    seen = next((line.details["version"] for line in reversed(history) if line.what == What.READ), None)
    texts = {version.version: version.text for version in past}
    if seen is not None and texts[seen] == file.text:
        return ""
    known = next((version.version for version in reversed(past) if version.text == file.text), None)
    version = known or templates.add(conn, name, file.text, FILE, say("template.from_file"), at)
    changes.add(conn, What.READ, name, FILE, at, {"version": version})
    active = templates.active(conn, name)
    if active == version:
        return ""
    if active is not None and file.changed <= _last_activation(history, of_people=known is None):
        return say("template.file_older", name=name, version=version, active=active)
    if active is not None and held:
        return say("template.file_held", name=name, version=version, active=active)
    templates.activate(conn, name, version, What.ACTIVATED, FILE, at, note=say("template.from_file"))
    return ""


def _last_activation(history: list[Changed], *, of_people: bool) -> float:
    """When a version was last put into use, by a person or by anybody."""
    times = (line.at for line in history if line.what in _ACTIVATIONS and not (of_people and line.person == FILE))
    return max(times, default=float("-inf"))


def is_missed(conn: Connection, name: str) -> bool:
    """Whether the template ever came from a file, so that one that cannot be read now is missed."""
    return any(line.what == What.READ for line in changes.of(conn, name))


def save(conn: Connection, name: str, text: str, author: str, note: str, at: float) -> Version:
    """Keep a text as a draft. Raises `BadTemplate` or `Unwanted`."""
    prompts.read(text, name, file=name)
    _need_note(note)
    past = templates.versions(conn, name)
    if past and past[-1].text == text:
        raise Unwanted(say("template.unchanged", template=past[-1]))
    version = templates.add(conn, name, text, author, note.strip(), at)
    changes.add(conn, What.SAVED, name, author, at, {"version": version, "note": note.strip()})
    return templates.get(conn, name, version)


def rollback(conn: Connection, name: str, person: str, note: str, at: float) -> Version:
    """Put the version back into use that was before the present one. Raises `Unwanted`."""
    _need_note(note)
    last = next((line for line in reversed(changes.of(conn, name)) if line.what in _ACTIVATIONS), None)
    before = last.details.get("before") if last else None
    if before is None:
        raise Unwanted(say("template.nothing_before", name=name))
    version = templates.get(conn, name, before)
    _must_work(version)
    templates.activate(conn, name, before, What.ROLLED_BACK, person, at, note=note.strip())
    return version


def activate(conn: Connection, version: Version, person: str, note: str, at: float, override: str = "") -> None:
    """Put a version into use; `bot.backtest.activate` asks the desks first. Raises `Unwanted`."""
    _need_note(note)
    _must_work(version)
    if version.status is Status.ACTIVE:
        raise Unwanted(say("template.active_already", template=version))
    more = {"note": note.strip(), "override": override.strip()}
    templates.activate(conn, version.name, version.version, What.ACTIVATED, person, at, **more)


def _must_work(version: Version) -> None:
    try:
        parsed(version)
    except BadTemplate as bad:
        raise Unwanted(str(bad)) from bad


def _need_note(note: str) -> None:
    if not note.strip():
        raise Unwanted(say("template.note_needed"))


def diff(old: Version, new: Version) -> Iterator[str]:
    """What changed from one version to another, as unified diff lines."""
    return difflib.unified_diff(old.text.splitlines(), new.text.splitlines(), str(old), str(new), lineterm="")
