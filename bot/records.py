"""What the command line does with what is on record: verify it, take it elsewhere, check the templates."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TextIO

from bot.drafting import prompts
from bot.settings import Settings
from bot.store import audit, seals, verify
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine
from bot.wiring import database, seal_key

# Opened once the record can be read, so that an export in vain leaves the file of the last one alone.
Opener = Callable[[], AbstractContextManager[TextIO]]
# OWASP, CSV injection: these first characters start a formula, the wide ones too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Complaint(Exception):
    """Something is wrong; the message says what."""


def verify_audit(settings: Settings) -> Iterator[str]:
    """Check the whole record. Raises `Complaint` naming the first thing that does not fit, or `StoreDown`."""
    with _reading(settings) as conn:
        try:
            found = verify.verify(conn)
        except verify.Broken as broken:
            raise Complaint(f"The audit does not hold: {broken.what}.") from None
    yield f"The audit holds: {found.lines} lines of {found.reviews} reviews follow from one another."
    yield f"{found.sealed} lines are sealed by {found.seals} seals; {found.erased} texts were erased."
    path = seal_key(settings, database(settings))
    own = seals.public_key(seals.load_key(path)).hex() if path.exists() else ""
    for key in sorted(found.keys):
        whose = "this installation's" if key == own else "NOT this installation's: know whose it is before you trust it"
        yield f"Sealed with the key {key} ({whose})."


def export_jsonl(settings: Settings, opened: Opener) -> Iterator[str]:
    """Write the audit as one JSON object a line, oldest first."""
    count = 0
    with _reading(settings) as conn, opened() as file:
        for row in audit.export(conn):
            file.write(json.dumps(row, ensure_ascii=True) + "\n")
            count += 1
    yield f"{count} lines written."


def export_csv(settings: Settings, opened: Opener) -> Iterator[str]:
    """Write the audit as CSV, oldest first. A cell that a spreadsheet would run as a formula is made harmless."""
    count = 0
    with _reading(settings) as conn, opened() as file:
        writer = csv.writer(file)
        writer.writerow(audit.EXPORTED)
        for row in audit.export(conn):
            writer.writerow([_harmless(row[name]) for name in audit.EXPORTED])
            count += 1
    yield f"{count} lines written."


def check_prompts(settings: Settings) -> Iterator[str]:
    """Check every template. Raises `Complaint` with what is wrong with them."""
    problems: list[str] = []
    used = {settings.prompts / f"{desk.template}.md" for desk in settings.desks.values()}
    for path in sorted(used.union(settings.prompts.glob("*.md"))):
        found = prompts.check_file(path)
        problems += found
        if not found:
            yield f"{path}: fine."
    if problems:
        raise Complaint("\n".join(problems))


def _harmless(value: Any) -> str:
    text = "" if value is None else str(value).encode("utf-8", "replace").decode()
    return "'" + text if text.startswith(_FORMULA) else text


@contextmanager
def _reading(settings: Settings) -> Iterator[Connection]:
    engine = Engine(database(settings), Bell())
    try:
        with engine.snapshot() as conn:
            yield conn
    finally:
        engine.close()
