"""What is not Microsoft's gets no further than the door, and what is but is odd is acknowledged: by the program at work."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.tables import metadata
from tests.channels.slack.process import PATIENCE
from tests.channels.slack.soon import soon
from tests.channels.teams.conftest import asked
from tests.channels.teams.house import House, living
from tests.channels.teams.test_door import FOREIGN, READABLE
from tests.channels.teams.test_proof import bad
from tests.doubles.teams.awkward import AWKWARD, BODIES, INVOKES
from tests.doubles.teams.callers import CALLERS
from tests.doubles.teams.wire import Json
from tests.stage.databases import connected

# It stands in every body and in many headers, and must be found nowhere afterwards.
MARK = "my-private-words"
KINDS = ("application/json", "text/plain", "application/xml", "multipart/form-data; boundary=x", "a/b/c", "", MARK)
Headers = dict[str, str]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house at work, to which Teams never turns its back: one question has its card."""
    async with living(tmp_path) as made:
        made.teams.courier.strikes = None
        await asked(made)
        await made.settled()
        yield made


def rows(house: House) -> dict[str, int]:
    """How many rows each table has."""
    with connected(house.database) as engine, engine.connect() as conn:
        counts = ((table, sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables)
        return {table.name: conn.execute(query).scalar_one() for table, query in counts}


async def rested(house: House) -> dict[str, int]:
    """The same, once what the program makes of its audit by itself is made."""
    await soon(lambda: rows(house)["outlines"] == rows(house)["reviews"] > 0, PATIENCE)
    return rows(house)


def token(house: House) -> str:
    """What the connector shows."""
    return f"Bearer {house.teams.passport.token(house.teams.service_url)}"


def message(house: House, words: str = MARK) -> Json:
    """An activity of Kim's, that nobody has brought."""
    town = house.teams.town
    return house.teams.activities.said(house.teams.happenings.say(town.support, town.kim, words=words))


async def status(house: House, body: bytes, headers: Headers, method: str = "POST") -> int:
    """Send these very bytes, and read the status of the answer."""
    given = {"host": "127.0.0.1", "connection": "close", "content-length": str(len(body))} | headers
    lines = [f"{method} /api/messages HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.bot.environment["PORT"]))
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    answer = await reader.readline()
    writer.close()
    return int(answer.split()[1])


def malformed(house: House, body: bytes, draw: random.Random) -> Iterator[tuple[bytes, Headers]]:
    """Requests with a good token that hold nothing Teams would send, or hold it wrongly."""
    good = {"authorization": token(house), "content-type": draw.choice(KINDS)}
    deep = draw.choice([b"[", b'{"a":', b'{"from":['])
    for spoilt in (
        body[: draw.randrange(1, len(body))],
        body.replace(b":", b"=", draw.randint(1, 5)),
        draw.choice(list(BODIES.values())),
        draw.randbytes(draw.randint(1, 500)),
        deep * draw.randint(10_000, 60_000),
        MARK.encode() * draw.randint(1, 50),
    ):
        yield spoilt, good
    yield body, good | {"content-length": draw.choice([MARK, "-1", "1e3", "10000001", "0x10", "9" * 30])}
    yield body, good | {"transfer-encoding": draw.choice([MARK, "chunked, chunked"]), "content-length": ""}
    yield body, good | {draw.choice(["x y", "é", "(", MARK + "\x01"]): MARK}
    yield body, {"content-type": draw.choice(KINDS), "authorization": draw.choice(["", MARK, f"Basic {MARK}"])}


async def test_a_thousand_bad_requests_leave_no_trace(house: House) -> None:
    """Without a token, with a spoilt or somebody else's, garbled or malformed: each is refused with 4xx, nothing is
    stored, and no word of theirs is in the log.
    """
    before, draw, body = await rested(house), random.Random(4711), json.dumps(message(house)).encode()
    count = 0
    for number in range(50):
        forged = ((raw, {"authorization": shown}) for raw, shown in bad(number, house.teams, body))
        for raw, headers in (*forged, *malformed(house, body, draw)):
            found = await status(house, raw, headers)
            assert 400 <= found < 500, (found, headers, raw[:200])
            count += 1
    assert count == 1000
    assert rows(house) == before
    written = house.bot.log()
    assert MARK not in written
    assert '"level": "error"' not in written
    assert len(house.cards()) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_posts_are_taken(house: House, method: str) -> None:
    """Whatever is shown with them."""
    assert await status(house, b"{}", {"authorization": token(house)}, method) == 405


async def test_no_forged_token_reaches_anything(house: House) -> None:
    """401 or 403, and what it brought is never looked at."""
    before = await rested(house)
    for caller in CALLERS:
        attempt = await house.teams.act.intrude(caller, message(house))
        assert attempt.status in (401, 403), caller
    assert rows(house) == before
    assert MARK not in house.bot.log()


async def test_what_is_signed_but_awkward_is_acknowledged_and_nothing_is_sent(house: House) -> None:
    """Other people's bots failed at it, and Teams stopped telling them anything. Another tenant's is refused."""
    before, posts = await rested(house), len(house.teams.posts())
    for name, change in {**AWKWARD, **INVOKES}.items():
        delivery = await house.teams.act.deliver(change(message(house)))
        assert delivery.status == (403 if name == "tenant that is not ours" else 200), name
    await house.teams.settled()
    # A message that is gone is remembered by its id: it may come after all.
    changed = {table for table, count in rows(house).items() if before[table] != count}
    assert changed <= {"addresses", "conversations", "messages", "told"}
    assert len(house.teams.posts()) == posts
    assert MARK not in house.bot.log()
    assert house.bot.log().count("teams_odd") == len(AWKWARD.keys() - READABLE - FOREIGN)
    await asked(house, house.teams.town.kai)


async def test_no_change_to_what_teams_sends_is_a_fault_of_ours(house: House) -> None:
    """Any part of a message, an edit, a click or news may be missing or of another kind: it is answered, and breaks
    nothing.
    """
    teams, town, draw = house.teams, house.teams.town, random.Random(815)
    values: list[Any] = [None, True, 0, -1.5, "", MARK, [], {}, [MARK], {"id": MARK}, [[]], [{}], "\ud800", 10**30]
    (card,) = house.cards()
    said = message(house)
    clicked = teams.activities.executed(town.tom, card, {"verb": "approve", "data": {"review": MARK, "version": 3}})
    bases = [
        said,
        said | {"type": "messageUpdate", "channelData": said["channelData"] | {"eventType": "editMessage"}},
        said | {"type": "messageDelete"},
        clicked,
        teams.activities.membership(town.lea, town.support_team, [town.tom], added=True),
        teams.activities.event(town.lea, town.support_team, "channelRenamed", town.support),
    ]
    # What the token is good for has to stand there, or the door refuses it.
    kept = {"serviceUrl": teams.service_url, "channelId": "msteams"}
    for _ in range(300):
        body = json.loads(json.dumps(draw.choice(bases)))
        for _ in range(draw.randint(1, 3)):
            spoil(body, values, draw)
        raw = json.dumps(body | kept).encode()
        assert await status(house, raw, {"authorization": token(house)}) in (200, 403), body
    assert "errand_broke" not in house.bot.log()
    await asked(house, town.kai)


def spoil(within: Any, values: list[Any], draw: random.Random) -> None:
    """Change or take away something, at whatever depth."""
    while keys := list(within) if isinstance(within, dict) else list(range(len(within))):
        key = draw.choice(keys)
        if isinstance(within[key], dict | list) and within[key] and draw.random() < 0.7:
            within = within[key]
            continue
        if draw.random() < 0.3:
            del within[key]
        else:
            within[key] = copy.deepcopy(draw.choice(values))
        return
