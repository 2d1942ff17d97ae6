"""What each of Slack's events means to a desk, and that the same thing told again is known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Deleted, Edited, Person, Place, Said, Seen, Speaker, Thread
from bot.channels.slack import events
from bot.channels.slack.people import Us
from tests.channels.slack.stub import APP, BOT, BOT_USER, SUPPORT, TEAM, Json, envelope, message

MIA = Person("slack", "U0MIA", "Mia")


def read(told: Json) -> Any:
    """The event for the desk, or None."""
    found = events.read(told)
    return found and found.event(MIA, Speaker.CUSTOMER)


def changed(now: Json, before: Json | None, **more: Any) -> Json:
    """An edit as Slack tells it."""
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": SUPPORT,
        "hidden": True,
        "ts": "1790000009.000200",
    }
    event |= {"event_ts": "1790000009.000200", "message": now}
    return envelope(event | ({"previous_message": before} if before else {}) | more)


def own(**more: Any) -> Json:
    """A reply of ours, as it comes back."""
    metadata = {"event_type": "countersign_reply", "event_payload": {"key": "01REVIEW-4"}}
    posted = {"user": BOT_USER, "bot_id": BOT, "app_id": APP, "thread_ts": "1790000001.000100", "metadata": metadata}
    return message("It left on Monday.", ts="1790000005.000100", **(posted | more))


def test_a_message_is_said_in_a_thread_of_its_own() -> None:
    """The thread hangs from the message; its keys are the event's, the message's and the client's."""
    said = read(message("Hi &amp; hello", client_msg_id="abc"))
    assert isinstance(said, Said)
    assert said.thread == Thread(Place("slack", SUPPORT), "1790000001.000100")
    assert (said.ref, said.text, said.at) == ("1790000001.000100", "Hi & hello", 1790000001.0001)
    assert said.keys[1:] == (f"slack:{SUPPORT}:1790000001.000100", f"slack:{SUPPORT}:client:abc")
    assert said.keys[0].startswith("slack:event:Ev")


def test_a_reply_belongs_to_its_thread() -> None:
    """`thread_ts` names the parent."""
    said = read(message("And?", ts="1790000002.000100", thread_ts="1790000001.000100"))
    assert said.thread.root == "1790000001.000100"
    assert said.ref == "1790000002.000100"


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share", "me_message"])
def test_what_people_say_in_other_ways_is_said(subtype: str) -> None:
    """Broadcasts, files and /me are messages too."""
    assert isinstance(read(message("x", subtype=subtype)), Said)


def test_files_are_named() -> None:
    """The card says what was attached; where Slack hides the name, at least that there is something."""
    files = [{"id": "F1", "name": "photo.png"}, {"id": "F2", "file_access": "check_file_info"}, "odd"]
    assert read(message("", subtype="file_share", files=files)).files == ("photo.png", "F2")


IGNORED = [
    *("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name", "channel_archive"),
    *("group_join", "pinned_item", "bot_message", "reminder_add", "document_mention", "message_replied"),
    *("ekm_access_denied", "bot_add", "tombstone", "assistant_app_thread", "something_new"),
]


@pytest.mark.parametrize("subtype", IGNORED)
def test_what_is_no_persons_word_is_ignored(subtype: str) -> None:
    """Joins, pins, bots and what Slack will think of next are not customers' messages."""
    assert read(message("x", subtype=subtype)) is None


def test_a_bots_post_without_subtype_is_ignored() -> None:
    """A modern bot's post says so by `bot_id` alone."""
    assert read(message("x", bot_id="B0OTHER")) is None


def test_our_own_reply_is_a_witness() -> None:
    """Its metadata names the release: it arrived, whatever became of the answer."""
    seen = read(own())
    assert isinstance(seen, Seen)
    assert (seen.key, seen.ref, seen.thread.root) == ("01REVIEW-4", "1790000005.000100", "1790000001.000100")


@pytest.mark.parametrize(
    "more",
    [
        {"app_id": "A0OTHER", "bot_id": "B0OTHER", "user": "U0OTHER"},
        {"app_id": "A0OTHER"},
        {"user": "U0OTHER"},
        {"app_id": "", "user": ""},
        {"metadata": {"event_type": "countersign_card", "event_payload": {"key": "01REVIEW-4"}}},
        {"metadata": {"event_type": "countersign_reply", "event_payload": {}}},
        {"metadata": "odd"},
    ],
)
def test_another_apps_copy_is_no_witness(more: Json) -> None:
    """Metadata is readable for every app of the workspace, so it proves nothing unless the post is ours."""
    assert read(own(**more)) is None


def test_the_bot_id_alone_proves_a_post_when_we_know_it() -> None:
    """Messages read back name the bot, not always the app."""
    post = {"bot_id": BOT, "metadata": {"event_type": "countersign_reply", "event_payload": {"key": "k"}}}
    assert events.own_key(post, Us(bot=BOT)) == "k"
    assert events.own_key(post, Us(bot="B0OTHER")) == ""
    assert events.own_key(post, Us()) == ""


def test_an_edit_reads_as_the_message_now_does() -> None:
    """The new text is in `message`."""
    before = {"type": "message", "user": "U0MIA", "text": "Hi", "ts": "1790000001.000100"}
    now = before | {"text": "Hi &lt;you&gt;", "edited": {"user": "U0MIA", "ts": "1790000008.000000"}}
    edited = read(changed(now, before))
    assert isinstance(edited, Edited)
    assert (edited.ref, edited.text, edited.thread.root) == ("1790000001.000100", "Hi <you>", "1790000001.000100")
    assert edited.keys[1:] == (f"slack:{SUPPORT}:1790000001.000100:edit:1790000008.000000",)


def test_a_link_preview_is_no_edit() -> None:
    """Slack tells of an unfurl as of an edit; no word has changed."""
    before = {"type": "message", "user": "U0MIA", "text": "<https://a.example>", "ts": "1790000001.000100"}
    assert read(changed(before | {"attachments": [{"title": "A"}]}, before)) is None


def test_an_edit_of_a_bots_post_is_ignored() -> None:
    """Our own card redrawn is nothing new."""
    post = {"type": "message", "bot_id": BOT, "text": "a", "ts": "1790000001.000100"}
    assert read(changed(post, post | {"text": "b"})) is None


def test_a_deleted_parent_with_replies_is_deleted() -> None:
    """Slack keeps it as a `tombstone`, told as an edit."""
    before = {"type": "message", "user": "U0MIA", "text": "Hi", "ts": "1790000001.000100"}
    now = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}
    deleted = read(changed(now | {"ts": "1790000001.000100", "thread_ts": "1790000001.000100"}, before))
    assert isinstance(deleted, Deleted)
    assert deleted.ref == "1790000001.000100"


@pytest.mark.parametrize("previous", [True, False])
def test_a_deletion_names_what_is_gone(previous: bool) -> None:
    """`deleted_ts` is the message; its thread is known from what it was."""
    before = {
        "type": "message",
        "user": "U0MIA",
        "text": "x",
        "ts": "1790000002.000100",
        "thread_ts": "1790000001.000100",
    }
    event: Json = {"type": "message", "subtype": "message_deleted", "channel": SUPPORT, "ts": "1790000009.000100"}
    event |= {"deleted_ts": "1790000002.000100", "event_ts": "1790000009.000100"}
    deleted = read(envelope(event | ({"previous_message": before} if previous else {})))
    assert isinstance(deleted, Deleted)
    assert deleted.ref == "1790000002.000100"
    assert deleted.thread.root == ("1790000001.000100" if previous else "1790000002.000100")


def test_whose_installation_it_is_stands_in_the_authorization() -> None:
    """In a shared channel `team_id` may be the other side's."""
    told = message("x") | {"team_id": "T0OTHER"}
    assert events.us_of(told).team == TEAM


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ["channel", "ts", "user", "text", "subtype", "thread_ts", "message", "previous_message", "deleted_ts", "files"]
_NAMES += ["metadata", "bot_id", "edited", "team", "user_profile", "client_msg_id", "event_ts", "bot_profile"]


@given(st.dictionaries(st.sampled_from(_NAMES), _json | st.sampled_from(["message_changed", "message_deleted", "1.2"])))
def test_no_shape_of_an_event_is_an_error(event: Json) -> None:
    """Slack promises no shape, so reading one never fails."""
    told = envelope(message("x")["event"] | event)
    found = events.read(told)
    if found is not None:
        found.event(MIA, Speaker.CUSTOMER)
