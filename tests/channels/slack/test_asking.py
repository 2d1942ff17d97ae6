"""Commands, the shortcut and the Home tab: what can be asked for, and who is answered."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.base import Person, Said, Speaker
from bot.review.model import State
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import HOSTILE, card
from tests.channels.slack.conftest import Door, Notebook
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Json, Stub, envelope, refused
from tests.doubles.slack.kit.blocks import message_blocks, view

ANA = Person("slack", "U0ANA", "Name U0ANA")


async def calls(stub: Stub, method: str) -> list[Json]:
    """The calls of this method, once there is one: they are made after the answer."""
    return await soon(lambda: stub.of(method))


# --- commands, the shortcut, the Home tab


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "/countersign queue"),
        ("help", "/countersign audit"),
        ("HELP ", "/countersign audit"),
        ("version", "Countersign 1.2.3"),
        ("queue", "Nothing waits"),
        ("mine", "Nothing that you decided"),
        ("stats", "Open now: 0."),
        ("audit", "Which one?"),
        ("audit 01NONE", "There is no such review."),
        ("pause", "cannot pause"),
        ("resume", "cannot resume"),
        ("dance <!channel>", "There is no command"),
    ],
)
async def test_every_command_has_a_kind_answer(door: Door, text: str, said: str) -> None:
    """Only the one who asks reads it."""
    answer = (await door.command(text)).json()
    assert answer["response_type"] == "ephemeral"
    assert said in answer["text"]
    assert "<!" not in answer["text"]


async def test_the_queue_lists_what_waits(door: Door, inbox: Notebook) -> None:
    """Each review with a link to its page, and how many more there are."""
    inbox.waiting = [card(review=f"01R{number}", customer=f"Mia <{number}>") for number in range(12)]
    answer = (await door.command("queue")).json()
    assert len(message_blocks(answer["blocks"])) == 11
    assert "<http://127.0.0.1:8080/audit/01R0|Mia &lt;0&gt;>" in answer["blocks"][0]["text"]["text"]
    assert "2 more" in str(answer["blocks"][-1])


async def test_stats_count_what_is_open(door: Door, inbox: Notebook) -> None:
    """From the queue alone."""
    inbox.waiting = [card(), card(sentiment=None), card(state=State.STUCK, sentiment=None)]
    said = (await door.command("stats")).json()["text"]
    assert said == "Open now: 3. Waiting for a decision: 2, of them angry: 1. May or may not have been sent: 1."


@pytest.mark.parametrize("asked", ["01REVIEW", "<http://127.0.0.1:8080/audit/01REVIEW>", "http://x/audit/01REVIEW/"])
async def test_audit_tells_the_story_of_a_review(door: Door, inbox: Notebook, asked: str) -> None:
    """By its id or by a link."""
    inbox.cards["01REVIEW"] = card()
    assert "The customer wrote." in (await door.command(f"audit {asked}")).json()["text"]


async def test_audit_tells_nothing_to_whoever_may_not_decide(door: Door, inbox: Notebook) -> None:
    """A slash command can be typed by everybody in the workspace."""
    inbox.cards["01REVIEW"] = card()
    inbox.why = "You may look but not decide here. Ask an admin of this desk to add you to its agents."
    assert (await door.command("audit 01REVIEW")).json()["text"] == "There is no such review."


async def test_a_command_of_a_foreigner_tells_nothing(door: Door, stub: Stub) -> None:
    """Whoever is not of ours learns nothing of the queue."""
    stub.answers["users.info"] = refused("user_not_found")
    answer = (await door.command("queue", user="U0EVE", team_id="T0ACME")).json()
    # Before we know who we are, the payload's own team is taken for ours; the desk's rights still hold.
    assert answer["response_type"] == "ephemeral"


async def test_the_shortcut_has_a_reply_drafted(door: Door, inbox: Notebook, stub: Stub) -> None:
    """For a message that the bot did not pick up, as if a customer had written it."""
    action = {
        "type": "message_action",
        "callback_id": "draft_reply",
        "team": {"id": slack.TEAM},
        "user": {"id": "U0ANA", "name": "ana", "team_id": slack.TEAM},
        "channel": {"id": slack.SUPPORT},
        "message": {"type": "message", "user": "U0TOM", "text": "Is it down?", "ts": "1790000001.000100"},
    }
    for sentence in ("on its way", "knows this message already"):
        stub.calls.clear()
        assert (await door.interact(action)).status_code == 200
        (told,) = await calls(stub, "chat.postEphemeral")
        assert sentence in told["text"]
    (said,) = inbox.events
    assert isinstance(said, Said)
    assert (said.text, said.speaker) == ("Is it down?", Speaker.CUSTOMER)
    stub.calls.clear()
    await door.interact(action | {"channel": {"id": "C0OTHER"}})
    assert "Nothing can be drafted" in (await calls(stub, "chat.postEphemeral"))[0]["text"]


@pytest.mark.parametrize("waiting", [0, 60])
async def test_the_home_tab_shows_what_waits(door: Door, inbox: Notebook, stub: Stub, waiting: int) -> None:
    """Within Slack's hundred blocks."""
    inbox.waiting = [card(review=f"01R{number}", customer=HOSTILE) for number in range(waiting)]
    await door.event(envelope({"type": "app_home_opened", "user": "U0ANA", "tab": "home", "channel": "D1"}))
    (published,) = await calls(stub, "views.publish")
    assert published["user_id"] == "U0ANA"
    shown: Any = view(published["view"], "home")
    assert len(shown["blocks"]) == min(waiting, 40) + 3 + (not waiting)
