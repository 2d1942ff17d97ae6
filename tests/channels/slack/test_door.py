"""What gets through `/slack/events`: everything Slack signed, stored before it is acknowledged, and nothing else."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot.channels.base import Said, Seen, Speaker
from bot.channels.slack.payload import Malformed, parse
from bot.channels.slack.signature import is_genuine, sign
from tests.channels.slack import stub as slack
from tests.channels.slack.conftest import Door, Notebook
from tests.channels.slack.stub import Json, Stub, envelope, message, press, refused


async def test_a_signed_message_is_stored_before_it_is_acknowledged(door: Door, inbox: Notebook) -> None:
    """When the 200 leaves, the message is with the desk, its writer named."""
    answer = await door.event(message("Where is my parcel?"))
    assert answer.status_code == 200
    (said,) = inbox.events
    assert isinstance(said, Said)
    assert (said.text, said.by.name, said.speaker) == ("Where is my parcel?", "Name U0MIA", Speaker.CUSTOMER)


async def test_what_cannot_be_stored_is_not_acknowledged(door: Door, inbox: Notebook) -> None:
    """Slack tells it again, and then it is stored: bolt by itself would have acknowledged it."""
    inbox.down = True
    assert (await door.event(message("Hi"))).status_code == 503
    inbox.down = False
    assert (await door.event(message("Hi"), **{"x-slack-retry-num": "1"})).status_code == 200
    assert len(inbox.events) == 1


async def test_a_redelivered_event_is_stored_once(door: Door, inbox: Notebook) -> None:
    """By the event's id, by the message's time, and by the client's id for one gesture told twice."""
    for told in (
        message("Hi", client_msg_id="abc"),
        message("Hi", client_msg_id="abc"),
        message("Hi", client_msg_id="abc") | {"event_id": "EvOther"},
        message("Hi", ts="1790000001.000300", client_msg_id="abc") | {"event_id": "EvThird"},
    ):
        assert (await door.event(told)).status_code == 200
    assert len(inbox.events) == 1


async def test_a_failing_auth_test_loses_nothing(door: Door, inbox: Notebook, stub: Stub) -> None:
    """bolt would answer 200 with an apology and drop the event; we do not ask."""
    stub.answers["auth.test"] = refused("ratelimited", 429)
    stub.answers["users.info"] = refused("ratelimited", 429)
    assert (await door.event(message("Hi"))).status_code == 200
    assert inbox.events[0].by.name == "U0MIA"
    assert not stub.of("auth.test")


EVENTS: list[Json] = [
    {"type": "app_home_opened", "user": "U0ANA", "tab": "messages"},
    {"type": "member_joined_channel", "user": slack.BOT_USER, "channel": slack.SUPPORT},
    {"type": "member_left_channel", "user": "U1", "channel": slack.SUPPORT},
    {"type": "channel_shared", "channel": slack.REVIEW, "event_ts": "1.2"},
    {"type": "channel_unshared", "channel": slack.REVIEW, "event_ts": "1.2"},
    {"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C1"},
    {"type": "app_uninstalled"},
    {"type": "tokens_revoked", "tokens": {"bot": ["U1"]}},
    {"type": "message", "subtype": "channel_join", "channel": slack.SUPPORT, "user": "U1", "ts": "1.2"},
    {"type": "message", "subtype": "message_changed", "channel": slack.SUPPORT, "message": {}},
    {"type": "reaction_added"},
    {"type": "never heard of"},
]


@pytest.mark.parametrize("event", EVENTS, ids=range(len(EVENTS)))
async def test_every_event_has_an_answer(door: Door, inbox: Notebook, event: Json) -> None:
    """bolt says 404 to what has no listener, and Slack would tell it three times more and count failures."""
    assert (await door.event(envelope(event))).status_code == 200
    assert not inbox.events


async def test_our_own_reply_reaches_the_desk_as_a_witness(door: Door, inbox: Notebook, stub: Stub) -> None:
    """bolt would drop events of our own making."""
    metadata = {"event_type": "countersign_reply", "event_payload": {"key": "01REVIEW-4"}}
    posted = message("x", user=slack.BOT_USER, bot_id=slack.BOT, app_id=slack.APP, metadata=metadata)
    assert (await door.event(posted)).status_code == 200
    assert isinstance(inbox.events[0], Seen)
    assert not stub.of("users.info")


async def test_other_channels_are_none_of_our_business(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Nothing is stored of a channel that no desk listens in, and nobody's name is asked for."""
    assert (await door.event(message("Hi", channel="C0ELSEWHERE"))).status_code == 200
    assert not inbox.events
    assert not stub.of("users.info")


async def test_slacks_first_question_is_answered(door: Door) -> None:
    """The address is verified by giving the challenge back; `ssl_check` by answering at all."""
    answer = await door.send(json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode())
    assert (answer.status_code, answer.json()) == (200, {"challenge": "abc"})
    answer = await door.send(b"ssl_check=1&token=t", "application/x-www-form-urlencoded")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"nonsense", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"payload={", "application/x-www-form-urlencoded"),
        (b"payload=[]", "application/x-www-form-urlencoded"),
        (b"no form at all", "application/x-www-form-urlencoded"),
        (b"[" * 100_000, "application/json"),
        (b'{"a":' * 100_000, "application/json"),
    ],
)
async def test_a_signed_body_that_cannot_be_read_is_refused(door: Door, body: bytes, kind: str) -> None:
    """Slack never sends such a thing, so it is the sender's mistake."""
    assert 400 <= (await door.send(body, kind)).status_code < 500


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405), ("HEAD", 405)])
async def test_only_posts_are_taken(door: Door, method: str, status: int) -> None:
    """Somebody looked at the address with a browser."""
    assert (await door.client.request(method, "/slack/events")).status_code == status


async def test_too_much_is_not_read(door: Door) -> None:
    """A megabyte is more than Slack sends."""
    assert (await door.send(b"x" * 1_000_001)).status_code == 413


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_KEYS = ["event", "actions", "view", "user", "team", "enterprise", "authorizations", "channel", "message", "container"]
_KEYS += [
    "callback_id",
    "challenge",
    "response_urls",
    "team_id",
    "event_id",
    "trigger_id",
    "function_data",
    "api_app_id",
]
_TYPES = ["event_callback", "block_actions", "view_submission", "view_closed", "message_action", "shortcut"]
_TYPES += [
    "app_rate_limited",
    "block_suggestion",
    "dialog_submission",
    "interactive_message",
    "workflow_step_edit",
    "x",
]
_BASES: list[Json] = [
    message("x"),
    press("decide.approve", "01REVIEW:3"),
    {"type": "view_submission", "view": {"callback_id": "decide", "private_metadata": "edit 01REVIEW:3"}},
    {"type": "message_action", "callback_id": "draft_reply", "message": {"user": "U1", "ts": "1.2"}},
    {},
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from(_BASES),
    more=st.dictionaries(st.sampled_from(_KEYS), _json, max_size=4),
    kind=st.none() | st.sampled_from(_TYPES),
    inner=st.dictionaries(st.sampled_from(["type", "user", "channel", "ts", "message", "subtype"]), _json, max_size=3),
)
async def test_signed_but_odd_is_taken(door: Door, base: Json, more: Json, kind: str | None, inner: Json) -> None:
    """Whatever shape Slack thinks of next, the answer is 200: it would not read better the second time."""
    body = base | more | ({"type": kind} if kind else {})
    if isinstance(body.get("event"), dict):
        body["event"] = body["event"] | inner
    assert (await door.event(body)).status_code == 200
    assert (await door.interact(body)).status_code == 200


async def test_a_command_with_the_word_payload_is_understood(door: Door) -> None:
    """bolt looks for that word anywhere in the form, and drops the command."""
    answer = await door.command("help about the payload of my van")
    assert answer.status_code == 200
    assert "/countersign queue" in answer.json()["text"]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain"])
def test_json_is_read_whatever_it_is_called(kind: str) -> None:
    """By its type or by how it begins."""
    assert parse(b'{"a": 1}', kind) == {"a": 1}


def test_a_form_is_read_with_its_blanks() -> None:
    """A command without text is one."""
    form = {"command": "/countersign", "text": "", "user_name": "payload"}
    assert parse(urlencode(form).encode(), "application/x-www-form-urlencoded") == form
    with pytest.raises(Malformed):
        parse(("a=1&" * 200).encode(), "application/x-www-form-urlencoded")


@given(st.binary(max_size=200).map(lambda body: body.hex()), st.integers(0, 2**33))
def test_the_signature_is_the_sdks(body: str, stamp: int) -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack, as slack_sdk implements it."""
    theirs = SignatureVerifier(slack.SECRET).generate_signature(timestamp=str(stamp), body=body) or ""
    assert sign(slack.SECRET, str(stamp), body.encode()) == theirs
    assert is_genuine(slack.SECRET, str(stamp), body.encode(), theirs, stamp + 300.0)
    assert not is_genuine(slack.SECRET, str(stamp), body.encode(), theirs, stamp + 301.0)
    assert not is_genuine(slack.SECRET, str(stamp), body.encode(), theirs, stamp - 301.0)


def test_without_a_secret_nothing_is_genuine() -> None:
    """An empty secret would be everybody's."""
    assert not is_genuine("", "1", b"", sign("", "1", b""), 1.0)


async def test_a_fault_of_ours_is_not_acknowledged(door: Door, inbox: Notebook) -> None:
    """What broke unexpectedly is told again, and stands in the log."""

    class Broken(Notebook):
        async def receive(self, event: object) -> Any:
            raise RuntimeError("a fault")

    inbox.__class__ = Broken
    answer: httpx2.Response = await door.event(message("Hi"))
    assert answer.status_code == 500
    assert "fault" not in answer.text
