"""What is not Slack's gets no further than the door, and what is Slack's but odd is acknowledged: over a real socket."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.channels.slack.signature import sign
from tests.channels.slack import stub
from tests.channels.slack.house import QUESTION, House, living

# It stands in every body and in many headers, and must be found nowhere afterwards.
MARK = "my-private-words"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
KINDS = (JSON, FORM, "text/plain", "application/xml", "multipart/form-data; boundary=x", "a/b/c", "", MARK)
Headers = dict[str, str]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house at work: one question has its card."""
    async with living(tmp_path) as made:
        await made.slack.act.write(made.slack.town.kim, made.slack.town.support, QUESTION)
        await made.card()
        await made.slack.settled()
        yield made


async def status(house: House, body: bytes, headers: Headers, method: str = "POST") -> int:
    """Send these very bytes, and read the status of the answer."""
    given = {"host": "127.0.0.1", "connection": "close", "content-length": str(len(body))} | headers
    lines = [f"{method} /slack/events HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.bot.environment["PORT"]))
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    answer = await reader.readline()
    writer.close()
    return int(answer.split()[1])


def genuine(house: House, draw: random.Random) -> tuple[bytes, str]:
    """A body as Slack sends it, and its type: an event, a pressed button or a command."""
    town = house.slack.town
    said = stub.message(f"{MARK} {draw.random()}", ts=f"179{draw.randrange(10**7):07d}.000100", channel=town.support.id)
    pressed = stub.press("decide.approve", f"{MARK}:3", user=town.ana.id)
    command = {"command": "/countersign", "text": MARK, "user_id": town.ana.id, "team_id": town.home.id}
    return draw.choice(
        [
            (json.dumps(said).encode(), JSON),
            (urlencode({"payload": json.dumps(pressed)}).encode(), FORM),
            (urlencode(command).encode(), FORM),
        ]
    )


def signed(house: House, body: bytes, kind: str, at: float | str = "", secret: str = "") -> Headers:
    """The headers that make a body Slack's own; at another time, or by somebody with another secret."""
    stamp = str(at or int(time.time()))
    signature = sign(secret or house.slack.app.signing_secret, stamp, body)
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": signature, "content-type": kind}


def spoilt(body: bytes, draw: random.Random) -> bytes:
    """The body with something lost, added or changed."""
    at = draw.randrange(len(body))
    match draw.randrange(4):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + draw.randbytes(draw.randint(1, 20)) + body[at:]
        case 2:
            return body + b" "
    return body[:at] + bytes([body[at] ^ 1 << draw.randrange(8)]) + body[at + 1 :]


def forged(house: House, draw: random.Random) -> Iterator[tuple[bytes, Headers]]:
    """Requests that somebody else made up."""
    body, kind = genuine(house, draw)
    now = time.time()
    proved = signed(house, body, kind)
    stamp, signature = proved["x-slack-request-timestamp"], proved["x-slack-signature"]
    yield body, {"content-type": draw.choice(KINDS)}
    yield body, proved | {"x-slack-signature": ""}
    yield body, proved | {"x-slack-request-timestamp": ""}
    yield body, signed(house, body, kind, secret=draw.randbytes(16).hex())
    yield body, signed(house, body, kind, at=int(now) - draw.randint(301, 10**6))
    yield body, signed(house, body, kind, at=int(now) + draw.randint(310, 10**6))
    yield spoilt(body, draw), proved
    yield draw.randbytes(draw.randint(0, 2000)), proved | {"user-agent": MARK}
    garbled = [signature[:-1], signature + "0", signature[3:], f"v1{signature[2:]}", MARK, "v0=", "é" * 20, "0" * 9000]
    yield body, proved | {"x-slack-signature": draw.choice(garbled)}
    stamps = [f"{stamp}.0", f"-{stamp}", f"+{stamp}", f"0x{int(stamp):x}", "9" * 30, "nan", "²²²", MARK, f"{stamp} 0"]
    chosen = draw.choice(stamps)
    yield body, signed(house, body, kind, at=chosen) | {"content-type": draw.choice(KINDS)}
    yield body, proved | {"content-length": str(draw.randrange(len(body)))}
    yield body, proved | {"content-length": draw.choice([MARK, "-1", "1e3", "10000001", "0x10", "9" * 30])}
    yield body, proved | {"transfer-encoding": draw.choice([MARK, "chunked, chunked"]), "content-length": ""}
    yield body, proved | {draw.choice(["x y", "é", "(", MARK + "\x01"]): MARK}


def malformed(house: House, draw: random.Random) -> Iterator[tuple[bytes, Headers]]:
    """Requests that are signed as Slack's are, and hold nothing that Slack would send."""
    event = json.dumps(stub.message(MARK)).encode()
    form = urlencode({"payload": event.decode()}).encode()
    deep = draw.choice([b"[", b'{"a":', b'{"event":['])
    for body, kind in (
        (event[: draw.randrange(1, len(event))], JSON),
        (form[: draw.randrange(12, len(form) - 5)], FORM),
        (event.replace(b":", b"=", draw.randint(1, 5)), JSON),
        (draw.choice([b"null", b"[]", b"3", b'"' + MARK.encode() + b'"', b"", b"\xff\xfe", b"nan"]), JSON),
        (b"payload=" + draw.choice([b"", b"[]", b"null", b"%7B", b"%FF%FE", MARK.encode()]), FORM),
        (draw.randbytes(draw.randint(1, 500)), draw.choice(KINDS)),
        (deep * draw.randint(10_000, 60_000), JSON),
        (b"payload=" + deep * draw.randint(10_000, 60_000), FORM),
        (urlencode([(MARK, str(number)) for number in range(draw.randint(101, 500))]).encode(), FORM),
        (MARK.encode() * draw.randint(1, 50), draw.choice(KINDS)),
    ):
        yield body, signed(house, body, kind)


async def test_a_thousand_bad_requests_leave_no_trace(house: House) -> None:
    """Unsigned, stale, wrongly signed, garbled or malformed: each is refused with 4xx, nothing is stored, and no word of
    theirs is in the log.
    """
    before, draw = await house.rested(), random.Random(4711)
    bad = [request for _ in range(42) for request in (*forged(house, draw), *malformed(house, draw))]
    assert len(bad) >= 1000
    for body, headers in bad:
        said = await status(house, body, headers)
        assert 400 <= said < 500, (said, body[:500], headers)
    for body in (b"x" * 1_000_001, json.dumps({"type": MARK * 100_000}).encode()):
        assert await status(house, body, signed(house, body, JSON)) == 413
    for method in ("GET", "PUT", "DELETE", "PATCH", MARK.upper()):
        assert 400 <= await status(house, b"", {}, method) < 500
    assert house.rows() == before
    written = house.log()
    assert MARK not in written
    assert MARK.upper() not in written
    assert '"level": "error"' not in written
    assert len(house.cards()) == 1


ODD: list[dict[str, Any]] = [
    {"type": "event_callback"},
    {"type": "event_callback", "event": {}},
    {"type": "event_callback", "event": [MARK]},
    {"type": "event_callback", "event": {"type": 7}},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": []},
    {"type": "block_actions", "actions": [{"action_id": None}]},
    {"type": "block_actions", "actions": MARK},
    {"type": "view_submission"},
    {"type": "view_submission", "view": MARK},
    {"type": "message_action", "message": {"text": MARK}},
    {"type": "url_verification"},
    {"type": "app_rate_limited", "minute_rate_limited": MARK},
    {"type": "never_heard_of", "text": MARK},
    {"type": None},
    {"event": {"type": "message", "text": MARK}},
]


async def test_what_is_signed_but_odd_is_acknowledged_and_recorded(house: House) -> None:
    """It would not read better the second time. The log says that it came, and not what it said."""
    before = await house.rested()
    for number, odd in enumerate(ODD, 1):
        body = json.dumps(odd).encode()
        assert await status(house, body, signed(house, body, JSON)) == 200, odd
        assert house.log().count("slack_odd") == number, odd
    assert house.rows() == before
    assert MARK not in house.log()


async def test_no_change_to_what_slack_sends_is_a_fault_of_ours(house: House) -> None:
    """Any part of an event, a button or a command may be missing or of another kind: it is acknowledged, and breaks
    nothing.
    """
    draw = random.Random(815)
    values: list[Any] = [None, True, 0, -1.5, "", MARK, [], {}, [MARK], {"id": MARK}, [[]], [{}], "\ud800", 10**30]
    town = house.slack.town
    bases = [
        stub.message(MARK, channel=town.support.id),
        stub.message(MARK, channel=town.support.id, subtype="message_changed", message={"text": MARK, "ts": "1.2"}),
        stub.envelope({"type": "channel_shared", "channel": town.review.id, "event_ts": "1790000009.000100"}),
        stub.press("ask.edit", "01REVIEW:3", user=town.ana.id),
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "decide", "private_metadata": "edit 0:3"}},
        {"type": "message_action", "callback_id": "draft_reply", "channel": {"id": town.support.id}, "message": {}},
    ]
    for _ in range(300):
        body = json.loads(json.dumps(draw.choice(bases)))
        for _ in range(draw.randint(1, 3)):
            spoil(body, values, draw)
        sent = json.dumps(body).encode()
        wrapped = urlencode({"payload": json.dumps(body)}).encode()
        assert await status(house, sent, signed(house, sent, JSON)) == 200, body
        assert await status(house, wrapped, signed(house, wrapped, FORM)) == 200, body
    assert "slack_broke" not in house.log()
    await house.slack.act.write(house.slack.town.kai, house.slack.town.support, QUESTION)
    await house.card(number=1)


def spoil(within: Any, values: list[Any], draw: random.Random) -> None:
    """Change or take away something, at whatever depth."""
    while True:
        keys = list(within) if isinstance(within, dict) else list(range(len(within)))
        if not keys:
            return
        key = draw.choice(keys)
        if isinstance(within[key], dict | list) and within[key] and draw.random() < 0.7:
            within = within[key]
            continue
        if draw.random() < 0.3:
            del within[key]
        else:
            within[key] = copy.deepcopy(draw.choice(values))
        return
