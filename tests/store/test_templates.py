"""A template's versions: their texts stay, one is active, and who put which into use is on record."""

from __future__ import annotations

import asyncio

import pytest

from bot.store import changes, templates
from bot.store.changes import What
from bot.store.engine import Engine
from bot.store.templates import NoVersion, Status
from tests.store.records import put, somebody_waits

NAME = "support_reply"


async def _add(engine: Engine, text: str, name: str = NAME) -> int:
    return await put(engine, templates.add, name, text, "Ada", "Because.", 1.0)


async def _activate(engine: Engine, version: int, person: str = "Ada", **details: object) -> None:
    await engine.write(lambda conn: templates.activate(conn, NAME, version, What.ACTIVATED, person, 2.0, **details))


async def _standing(engine: Engine) -> list[tuple[int, Status]]:
    return [(one.version, one.status) for one in await put(engine, templates.versions, NAME)]


async def test_the_same_text_is_the_same_version(engine: Engine) -> None:
    """Kept again without a change, nothing is new."""
    assert [await _add(engine, "one") for _ in range(3)] == [1, 1, 1]


async def test_another_text_is_the_next_version(engine: Engine) -> None:
    """Also when an older text comes back: what was in force then and now are two periods."""
    assert [await _add(engine, text) for text in ("one", "two", "one")] == [1, 2, 3]
    assert await _add(engine, "one", "other") == 1
    assert await put(engine, templates.names) == ["other", NAME]


async def test_a_version_keeps_who_wrote_it_and_why(engine: Engine) -> None:
    """And it begins as a draft."""
    await _add(engine, "one")
    version = await put(engine, templates.get, NAME, 1)
    assert (version.text, version.author, version.note, version.at) == ("one", "Ada", "Because.", 1.0)
    assert (version.status, str(version)) == (Status.DRAFT, "support_reply@1")
    assert await put(engine, templates.active, NAME) is None


async def test_one_version_is_active(engine: Engine) -> None:
    """The one before is retired, and may come back."""
    for text in ("one", "two", "three"):
        await _add(engine, text)
    await _activate(engine, 1)
    await _activate(engine, 2)
    assert await _standing(engine) == [(1, Status.RETIRED), (2, Status.ACTIVE), (3, Status.DRAFT)]
    await _activate(engine, 1)
    assert await _standing(engine) == [(1, Status.ACTIVE), (2, Status.RETIRED), (3, Status.DRAFT)]
    assert await put(engine, templates.active, NAME) == 1


async def test_every_activation_is_on_record(engine: Engine) -> None:
    """With what was active before; putting into use what is in use already is none."""
    await _add(engine, "one")
    await _add(engine, "two")
    await _activate(engine, 1, note="First.")
    await _activate(engine, 2, "Leo", note="Better.", override="")
    await _activate(engine, 2, "Eve")
    lines = await put(engine, changes.of, NAME)
    assert [(line.person, line.what, line.details) for line in lines] == [
        ("Ada", What.ACTIVATED, {"version": 1, "note": "First."}),
        ("Leo", What.ACTIVATED, {"version": 2, "before": 1, "note": "Better."}),
    ]


async def test_a_version_that_is_not_there_is_named(engine: Engine) -> None:
    """And nothing is changed by asking for it."""
    await _add(engine, "one")
    await _activate(engine, 1)
    with pytest.raises(NoVersion, match=r"There is no support_reply@7\."):
        await _activate(engine, 7)
    with pytest.raises(NoVersion, match=r"There is no support_reply@7\."):
        await put(engine, templates.get, NAME, 7)
    assert await _standing(engine) == [(1, Status.ACTIVE)]


async def test_processes_that_start_together_agree(heavy: Engine) -> None:
    """Two replicas with the same new file keep one version, and neither stumbles over the other."""
    with heavy.sql.connect() as slow:
        transaction = slow.begin()
        assert templates.add(slow, NAME, "one", "Ada", "", 1.0) == 1
        other = asyncio.create_task(_add(heavy, "one"))
        await somebody_waits(heavy, other)
        transaction.commit()
    assert await other == 1
    assert await _add(heavy, "two") == 2


async def test_two_activations_at_once_follow_each_other(heavy: Engine) -> None:
    """The second waits for the first, and knows what it replaces."""
    for text in ("one", "two", "three"):
        await _add(heavy, text)
    await _activate(heavy, 1)
    with heavy.sql.connect() as slow:
        transaction = slow.begin()
        templates.activate(slow, NAME, 2, What.ACTIVATED, "Leo", 3.0)
        other = asyncio.create_task(_activate(heavy, 3))
        await somebody_waits(heavy, other)
        transaction.commit()
    await other
    assert await put(heavy, templates.active, NAME) == 3
    assert [line.details.get("before") for line in await put(heavy, changes.of, NAME)] == [None, 1, 2]
