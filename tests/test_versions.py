"""Which version of a template is in use, whoever changes it: a file, a person, or a program that cannot read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot import versions
from bot.drafting import prompts
from bot.drafting.prompts import BadTemplate, Template
from bot.store import changes, templates
from bot.store.bell import Bell
from bot.store.changes import What
from bot.store.engine import Engine
from bot.store.templates import Status
from bot.versions import File, Unwanted
from tests.store.records import put

NAME = "reply"
# When a file was written and when a person did something, in the order in which a test says so.
EARLY, THEN, LATER, LAST = 10.0, 20.0, 30.0, 40.0


def text(words: str) -> str:
    """A good template that says this."""
    return f"---\nname: {NAME}\npurpose: Replies.\n---\n{words}\n--- customer ---\n{{{{message}}}}\n"


class Shelf:
    """A store with the verbs of a start and of an admin."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def starts(self, words: str, changed: float, at: float, *, held: bool = False) -> str:
        """A program starts beside a file that reads so since then; what it says of it."""
        return await put(self.engine, versions.take_file, NAME, File(text(words), changed), at, held=held)

    async def saves(self, words: str, at: float) -> int:
        """Ada saves a draft."""
        return (await put(self.engine, versions.save, NAME, text(words), "Ada", "Tried.", at)).version

    async def activates(self, version: int, at: float) -> None:
        """Ada puts a version into use."""
        found = await put(self.engine, templates.get, NAME, version)
        await put(self.engine, versions.activate, found, "Ada", "Better.", at)

    async def rolls_back(self, at: float) -> int:
        """Ada takes the last activation back."""
        return (await put(self.engine, versions.rollback, NAME, "Ada", "Worse after all.", at)).version

    async def words(self) -> str:
        """What drafts are made with now."""
        return (await put(self.engine, versions.in_use, NAME)).body.split("\n")[0]

    async def statuses(self) -> list[Status]:
        """Where each version stands."""
        return [version.status for version in await put(self.engine, templates.versions, NAME)]


@pytest.fixture
async def shelf(database: sa.URL) -> AsyncIterator[Shelf]:
    engine = Engine(database, Bell())
    yield Shelf(engine)
    await asyncio.to_thread(engine.close)


async def test_a_first_start_takes_the_file(shelf: Shelf) -> None:
    """Its author is the file, and its note says where it came from."""
    assert await shelf.starts("Be kind.", EARLY, THEN) == ""
    assert await shelf.words() == "Be kind."
    version = await put(shelf.engine, templates.get, NAME, 1)
    assert (version.author, version.note) == ("file", "Read from its file at start.")


async def test_a_file_that_changed_is_a_new_version_in_use(shelf: Shelf) -> None:
    """At the next start; and started again without a change, nothing happens."""
    await shelf.starts("Be kind.", EARLY, THEN)
    assert await shelf.starts("Be brief.", LATER, LAST) == ""
    assert await shelf.words() == "Be brief."
    assert await shelf.statuses() == [Status.RETIRED, Status.ACTIVE]
    before = await put(shelf.engine, changes.of, NAME)
    assert await shelf.starts("Be brief.", LATER, LAST + 1) == ""
    assert await put(shelf.engine, changes.of, NAME) == before


async def test_a_file_that_did_not_change_does_not_undo_what_a_person_did(shelf: Shelf) -> None:
    """Not even when it looks younger, as files in a container do at every start."""
    await shelf.starts("Be kind.", EARLY, THEN)
    await shelf.activates(await shelf.saves("Be brief.", THEN), THEN)
    assert await shelf.starts("Be kind.", LAST, LAST) == ""
    assert await shelf.words() == "Be brief."


async def test_a_file_that_changed_after_a_person_did_something_is_newer(shelf: Shelf) -> None:
    """It is the last thing somebody wanted."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    await shelf.activates(await shelf.saves("Be brief.", THEN), THEN)
    assert await shelf.starts("Be wise.", LATER, LAST) == ""
    assert await shelf.words() == "Be wise."


async def test_a_file_that_changed_before_a_person_did_something_is_kept_as_a_draft(shelf: Shelf) -> None:
    """The program says so once, and what the person did stands."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    await shelf.activates(await shelf.saves("Be brief.", THEN), LATER)
    assert "version 3, because version 2 was put into use after it was changed" in await shelf.starts(
        "Be wise.", THEN, LAST
    )
    assert await shelf.words() == "Be brief."
    assert await shelf.statuses() == [Status.RETIRED, Status.ACTIVE, Status.DRAFT]
    assert await shelf.starts("Be wise.", THEN, LAST) == ""


async def test_a_replica_with_an_old_file_does_not_bring_it_back(shelf: Shelf) -> None:
    """It starts last, but its file is the older one."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    await shelf.starts("Be brief.", THEN, LATER)
    assert "version 1" in await shelf.starts("Be kind.", EARLY, LAST)
    assert await shelf.words() == "Be brief."
    assert await shelf.starts("Be brief.", THEN, LAST) == ""
    assert await shelf.words() == "Be brief."


async def test_a_file_that_was_put_back_is_the_version_it_was(shelf: Shelf) -> None:
    """Somebody reverted it and started anew."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    await shelf.starts("Be brief.", THEN, THEN)
    assert await shelf.starts("Be kind.", LATER, LAST) == ""
    assert await shelf.statuses() == [Status.ACTIVE, Status.RETIRED]


async def test_where_a_backtest_is_asked_for_a_changed_file_waits(shelf: Shelf) -> None:
    """Only the very first text is taken as it is: there is nothing to compare it to."""
    assert await shelf.starts("Be kind.", EARLY, EARLY, held=True) == ""
    said = await shelf.starts("Be brief.", THEN, LATER, held=True)
    assert "Run countersign prompts backtest reply@2" in said
    assert await shelf.words() == "Be kind."


async def test_rolling_back_is_one_step(shelf: Shelf) -> None:
    """To what was in use before; and once more undoes that."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    with pytest.raises(Unwanted, match="Nothing was in use before"):
        await shelf.rolls_back(THEN)
    await shelf.activates(await shelf.saves("Be brief.", THEN), THEN)
    assert await shelf.rolls_back(LATER) == 1
    assert await shelf.words() == "Be kind."
    assert await shelf.rolls_back(LAST) == 2


async def test_every_change_needs_a_note(shelf: Shelf) -> None:
    """Nobody has to guess later why."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    await shelf.activates(await shelf.saves("Be brief.", THEN), THEN)
    first = await put(shelf.engine, templates.get, NAME, 1)
    for change in (
        lambda conn: versions.save(conn, NAME, text("Be wise."), "Ada", " ", LATER),
        lambda conn: versions.activate(conn, first, "Ada", "", LATER),
        lambda conn: versions.rollback(conn, NAME, "Ada", "\n", LATER),
    ):
        with pytest.raises(Unwanted, match="Say in a note why"):
            await put(shelf.engine, change)
    assert await shelf.words() == "Be brief."
    assert len(await shelf.statuses()) == 2


async def test_a_draft_that_reads_like_the_newest_is_not_saved(shelf: Shelf) -> None:
    """Somebody saved the wrong file, and hears it."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    with pytest.raises(Unwanted, match="It reads just like reply@1"):
        await shelf.saves("Be kind.", THEN)


async def test_a_version_this_program_cannot_use_leaves_the_last_good_one(shelf: Shelf) -> None:
    """A newer program may have known a variable that this one does not."""
    await shelf.starts("Be kind.", EARLY, EARLY)
    with pytest.raises(BadTemplate, match=r"reply, line 5: there is no variable \{\{mood\}\}"):
        await shelf.saves("Be {{mood}}.", THEN)
    newer = await put(shelf.engine, templates.add, NAME, text("Be {{mood}}."), "Ada", "Newer.", THEN)
    await shelf.engine.write(lambda conn: templates.activate(conn, NAME, newer, What.ACTIVATED, "Ada", THEN))
    await shelf.saves("Be wise, if somebody says so.", THEN)
    assert await shelf.words() == "Be kind."
    first = await put(shelf.engine, templates.get, NAME, newer)
    with pytest.raises(Unwanted, match="there is no variable"):
        await put(shelf.engine, versions.activate, first, "Ada", "Again.", LATER)


async def test_a_draft_is_made_with_what_is_in_use_or_with_what_the_program_began_with(shelf: Shelf) -> None:
    """The store is asked for every draft, so that another process's activation counts at once."""
    began = Template(NAME, 9, "Be there.")
    assert await put(shelf.engine, versions.current, began) == began
    await shelf.starts("Be kind.", EARLY, EARLY)
    assert str(await put(shelf.engine, versions.current, began)) == "reply@1"


def test_a_difference_reads_as_one() -> None:
    """The usual lines, with the versions on top."""
    old = templates.Version(NAME, 1, text("Be kind."), Status.RETIRED, "Ada", "", EARLY)
    new = templates.Version(NAME, 2, text("Be brief."), Status.ACTIVE, "Ada", "", THEN)
    lines = list(versions.diff(old, new))
    assert lines[:2] == ["--- reply@1", "+++ reply@2"]
    assert [line for line in lines[3:] if not line.startswith(" ")] == ["-Be kind.", "+Be brief."]


_PIECES = st.sampled_from(
    [*"{}#^/&!>.| ab_", "{{", "}}", *prompts.NAMES, *(f"{{{{{name}}}}}" for name in prompts.NAMES)]
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_a_text_that_passes_renders_and_one_that_does_not_is_refused_with_a_line(line: str) -> None:
    """Whatever somebody writes, there is nothing between: no error, no hole and no expansion at a draft."""
    body = text(f"Be kind.\n{line}")
    values = {name: f"<{name}>" for name in prompts.NAMES}
    if problems := prompts.check(body):
        assert {problem.line for problem in problems} == {6}
        return
    template = prompts.read(body, NAME)
    [(_, system), _] = prompts.render(template, prompts.PromptInputs(**values))
    for name in prompts.NAMES:
        line = line.replace(f"{{{{{name}}}}}", f"<{name}>").replace(f"{{{{ {name} }}}}", f"<{name}>")
    assert system == f"Be kind.\n{line}".strip()
