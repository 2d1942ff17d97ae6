"""Whose activities are taken: those the Bot Connector signed for us, for this address and this tenant, and no others."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections.abc import Iterator

import pytest

from bot import log
from bot.channels.teams.keys import Keys, Unreachable
from bot.channels.teams.wire import Wire
from tests.channels.teams.conftest import Bench, benched
from tests.doubles.teams import FakeTeams, Fault, jwt
from tests.doubles.teams.callers import CALLERS
from tests.doubles.teams.keys import private

MARK = "my-private-words"
# The token is good, and what it brings is not what it is good for.
NOT_FOR_THIS = frozenset({"another serviceurl", "endorsed for webchat", "not endorsed"})


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_forged_token_brings_nothing_in(bench: Bench, caller: str) -> None:
    """401 for what proves nothing, 403 for what proves another thing; the activity is never looked at."""
    attempt = await bench.teams.act.intrude(caller, bench.message())
    assert attempt.status == (403 if caller in NOT_FOR_THIS else 401)
    assert not bench.inbox.events
    assert not bench.notes.values


@pytest.mark.parametrize("header", ["", "Basic {}", "{}", "Bearer", "Bearer {} {}", "Bearer\t{}"])
async def test_only_a_bearer_token_counts(bench: Bench, header: str) -> None:
    """The right token behind the wrong word is none."""
    answer = await bench.post(bench.message(), authorization=header.format(bench.token(), "x"))
    assert answer.status_code == 401
    assert not bench.inbox.events


async def test_a_good_token_counts_for_its_whole_life_and_a_little_longer(bench: Bench) -> None:
    """Five minutes on either side are for clocks that differ."""
    passport = bench.teams.passport
    key, now = passport.ring.current, time.time()
    for begins, ends, status in ((-3600, -290, 200), (290, 3600, 200), (-3600, -310, 401), (310, 3600, 401)):
        claims = passport.claims(bench.teams.service_url) | {"nbf": int(now + begins), "exp": int(now + ends)}
        token = jwt.encode(key.header(), claims, key.sign())
        assert (await bench.post(bench.message(), token)).status_code == status


async def test_a_new_key_counts_at_once(bench: Bench) -> None:
    """The connector may sign with a key that was published a moment ago, and never with one that was withdrawn."""
    assert (await bench.post(bench.message())).status_code == 200
    old = bench.token()
    bench.teams.admin.rotate_keys()
    assert (await bench.post(bench.message())).status_code == 200
    assert (await bench.post(bench.message(), old)).status_code == 401
    assert len(bench.inbox.events) == 2


async def test_strangers_with_invented_keys_do_not_make_us_ask_without_end(bench: Bench) -> None:
    """Each could be new, but the document is read a few times at most; a key that is known needs no reading."""
    assert (await bench.post(bench.message())).status_code == 200
    for number in range(30):
        header = bench.teams.passport.ring.current.header() | {"kid": f"stranger-{number}"}
        claims = bench.teams.passport.claims(bench.teams.service_url)
        assert (
            await bench.post(bench.message(), jwt.encode(header, claims, jwt.rs256(private("x"))))
        ).status_code == 401
    assert len(bench.teams.called("openid.keys")) <= 6
    assert (await bench.post(bench.message())).status_code == 200


async def test_a_slow_key_server_holds_nobody_up(bench: Bench) -> None:
    """A stranger's key is being looked for; meanwhile those with a known one are served, and so is everybody else."""
    assert (await bench.post(bench.message())).status_code == 200
    bench.teams.faults.hang("openid.*", landed=False, times=None)
    bench.teams.admin.rotate_keys()
    waiting = asyncio.create_task(bench.post(bench.message()))
    await bench.teams.until(lambda: bench.teams.called("openid.metadata")[1:])
    assert (await bench.client.get("/api/messages")).status_code == 405
    assert not waiting.done()
    # Nobody can say whether that key is good, so the connector is asked to come again.
    assert (await waiting).status_code == 503
    bench.teams.faults.clear()
    assert (await bench.post(bench.message())).status_code == 200


async def test_known_keys_serve_while_the_key_server_is_slow_or_down(bench: Bench) -> None:
    """An hour later the document is due and cannot be read; the keys that are known go on being used."""
    wire = Wire()
    keys = Keys(wire, bench.teams.openid_url)
    kid = bench.teams.passport.ring.current.kid
    known = await keys.find(kid)
    assert known
    for fault in ("hang", "status"):
        bench.teams.faults.add(Fault(fault, "openid.*", times=None))
        keys._due = 0.0  # an hour passes
        assert await keys.find(kid) is known
        reading = keys._read
        assert reading
        assert not reading.done()
        if fault == "hang":
            reading.cancel()
        await asyncio.wait([reading])
        bench.teams.faults.clear()
        assert await keys.find(kid) is known
    await keys.close()
    await wire.close()


@pytest.mark.parametrize("fault", ["lose", "page", "status"])
async def test_a_cold_start_without_keys_loses_nothing(fault: str) -> None:
    """Nobody can be believed yet, and nobody is called a liar: Teams brings it again."""
    async with benched() as bench:
        faults = bench.teams.faults
        if fault == "status":
            faults.status("openid.*", 503, landed=False, times=None)
        else:
            getattr(faults, fault)("openid.*", landed=False, times=None)
        told = bench.message()
        assert (await bench.post(told)).status_code == 503
        assert not bench.inbox.events
        faults.clear()
        assert (await bench.post(told)).status_code == 200
        assert len(bench.inbox.events) == 1


async def test_keys_that_are_no_keys_are_left_out(bench: Bench) -> None:
    """A document may hold keys of other kinds; none of them stops the rest."""

    class Odd:
        """A published key of a shape we do not know."""

        kid = "odd"

        def __init__(self, shape: dict[str, object]) -> None:
            self.shape = shape

        def jwk(self) -> dict[str, object]:
            return self.shape

    shapes: list[dict[str, object]] = [
        {},
        {"kty": "EC", "kid": "e"},
        {"kty": "RSA", "kid": "r"},
        {"kty": "RSA", "kid": "s", "n": "!", "e": "AQAB"},
        {"kty": "RSA", "kid": "t", "n": "AA", "e": "AA", "endorsements": "msteams"},
    ]
    bench.teams.passport.ring.others += [Odd(shape) for shape in shapes]  # type: ignore[misc]
    assert (await bench.post(bench.message())).status_code == 200


async def test_without_any_key_nothing_can_be_known() -> None:
    """A document without keys is no document."""
    async with FakeTeams() as teams:
        teams.passport.ring.others.clear()
        teams.passport.ring.published = list  # type: ignore[method-assign]
        wire = Wire()
        keys = Keys(wire, teams.openid_url)
        with pytest.raises(Unreachable):
            await keys.find("any")
        await keys.close()
        await wire.close()


async def test_a_connector_on_this_machine_needs_no_token() -> None:
    """With TEAMS_ALLOW_UNSIGNED, which the settings take only for a loopback address."""
    async with benched(allow_unsigned=True) as bench:
        assert (await bench.post(bench.message(), authorization="")).status_code == 200
        assert (await bench.post(bench.message(channelId="emulator"), authorization="")).status_code == 403
        assert len(bench.inbox.events) == 1
        assert not bench.teams.called("openid.metadata")


def bad(number: int, teams: FakeTeams, body: bytes) -> Iterator[tuple[bytes, str]]:
    """Requests that are not the connector's, in endless variety: a body and what is shown for a token."""
    draw = random.Random(number)
    passport = teams.passport
    good, key, claims = passport.token(teams.service_url), passport.ring.current, passport.claims(teams.service_url)
    head, said, signature = good.split(".")
    yield from (
        (body, ""),
        (body, f"Bearer {good[:-2]}"),
        (body, f"Bearer {head}.{said}."),
        (body, f"Bearer {head}.{said}x.{signature}"),
        (body, f"Bearer {draw.randbytes(40).hex()}"),
        (draw.randbytes(draw.randint(0, 300)), "Bearer a.b.c"),
        (body, "Bearer " + jwt.encode(key.header() | {"alg": "none"}, claims, jwt.unsigned)),
        (body, "Bearer " + jwt.encode(key.header() | {"kid": number}, claims, key.sign())),
        (body, "Bearer " + jwt.encode(key.header(), claims | {"exp": 1_000_000 + number}, key.sign())),
        (body, "Bearer " + "x" * (16_000 + 100 * number)),
    )


async def test_a_thousand_forged_requests_leave_no_trace(bench: Bench) -> None:
    """Without a token, with half of one, or with somebody else's: 401, nothing stored, and no word of theirs in the log."""
    written = io.StringIO()
    log.configure("debug", written)
    body = str(bench.message(MARK)).encode()
    count = 0
    for number in range(100):
        for raw, shown in bad(number, bench.teams, body):
            assert (await bench.post(raw, authorization=shown)).status_code == 401
            count += 1
    assert count == 1000
    assert not bench.inbox.events
    assert not bench.inbox.clicks
    assert MARK not in written.getvalue()
