"""Commands, the shortcut and the Home tab: how what was asked is handed over, and how the answers are drawn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.channels.base import Answer, Person, Place, Said, Speaker, Thread
from bot.channels.prompts import Listed, NoPrompts, Printed
from bot.channels.slack.channel import SlackChannel
from bot.channels.standing import Day, Pause, Standing
from bot.phrases import say
from bot.review.model import Role
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import HOSTILE, card
from tests.channels.slack.conftest import Door, Notebook, setup
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Json, Stub, envelope, press
from tests.doubles.slack.kit.blocks import message_blocks, view

LEAD = Standing("nordlys", "Nordlys support", Role.LEAD, None, Day(came_in=3, to_reply=90.0))
AGENT = Standing("nordlys", "Nordlys support", Role.AGENT, None, Day())
PAUSED = Standing("nordlys", "Nordlys <!here>", Role.LEAD, Pause("Leo *", 1790000000.0), Day())


async def calls(stub: Stub, method: str) -> list[Json]:
    """The calls of this method, once there is one: they are made after the answer."""
    return await soon(lambda: stub.of(method))


@pytest.fixture
async def channel(stub: Stub, inbox: Notebook) -> AsyncIterator[SlackChannel]:
    """A channel that knows who we are: it has asked."""
    made = SlackChannel(setup(stub), inbox)
    await made._office.introduce()
    yield made
    await made.close()


# --- commands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "`/countersign queue`"),
        ("HELP ", "`/countersign audit`"),
        ("version", "Countersign 1.2.3"),
        ("queue", "Nothing waits"),
        ("mine", "You are on no open review."),
        ("stats", "Came in: 0."),
        ("audit", "Which one?"),
        ("audit 01NONE", "There is no such review."),
        ("pause", "Done."),
        ("resume Nordlys support", "Done."),
        ("dance <!channel>", "There is no command"),
        ("<!channel>|<@U0ANA>", "There is no command “&lt;!channel&gt;|&lt;@U0ANA&gt;”"),
    ],
)
async def test_every_command_has_a_kind_answer(door: Door, text: str, said: str) -> None:
    """Only the one who asks reads it, and it addresses nobody."""
    answer = (await door.command(text)).json()
    assert answer["response_type"] == "ephemeral"
    assert said in answer["text"]
    assert not {"<!", "<@"} & {answer["text"][at : at + 2] for at in range(len(answer["text"]))}


async def test_pause_and_resume_go_to_the_desk(door: Door, inbox: Notebook) -> None:
    """What was typed of a desk's name arrives as it was meant, although Slack has escaped it."""
    inbox.standings = (Standing("s&r", "Sales & <Returns>", Role.ADMIN, None),)
    await door.command("pause Sales &amp; &lt;Returns&gt;")
    await door.command("resume")
    assert inbox.pauses == [("U0ANA", "s&r", True), ("U0ANA", "s&r", False)]


async def test_the_queue_lists_what_waits(door: Door, inbox: Notebook) -> None:
    """Each review with a link to its page and how it stands, and how many more there are."""
    more: Json = {"holder": "Ana", "deadline": 1790003600.0, "overdue": True}
    inbox.waiting = [card(review=f"01R{number}", customer=f"Mia <{number}>", **more) for number in range(12)]
    answer = (await door.command("queue")).json()
    first, entry, *_, last = message_blocks(answer["blocks"])
    assert first["text"]["text"] == "Open reviews: 12"
    name, facts = entry["elements"][0]["elements"]
    assert (name["url"], name["text"]) == ("http://127.0.0.1:8080/audit/01R0", "😡 Mia <0>")
    assert facts["text"].startswith(" · Needs a decision · since ")
    assert "Ana is on it · overdue since " in facts["text"]
    assert last["text"]["text"] == "And 2 more."


async def test_mine_are_asked_for_by_name(door: Door, inbox: Notebook) -> None:
    """Of the desk, which knows who is on what."""
    inbox.waiting = [card(review="01A", holder="Name U0ANA"), card(review="01B", holder="Somebody")]
    answer = (await door.command("mine")).json()
    assert "01A" in json.dumps(answer["blocks"])
    assert "01B" not in json.dumps(answer["blocks"])


async def test_a_hostile_customer_does_no_harm_in_a_list(door: Door, inbox: Notebook) -> None:
    """Within Slack's limits, and without mentions or links of theirs."""
    inbox.waiting = [card(customer=HOSTILE * 20, headline=HOSTILE * 20, holder=HOSTILE * 20, messages=())] * 10
    inbox.standings = (PAUSED,)
    answer = (await door.command("queue")).json()
    blocks = message_blocks(answer["blocks"])
    parsed = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    for shown in (*parsed, answer["text"]):
        assert "<!" not in shown
        assert "<@" not in shown
        assert "evil.example|" not in shown.replace("&lt;https://evil.example|", "")
    entries = [one for block in blocks if block["type"] == "rich_text" for one in block["elements"][0]["elements"]]
    assert len(entries) == 20
    assert {(one["type"], one.get("url")) for one in entries} == {
        ("link", "http://127.0.0.1:8080/audit/01REVIEW"),
        ("text", None),
    }


@pytest.mark.parametrize(
    ("typed", "about"),
    [
        ("01REVIEW", "01REVIEW"),
        ("<http://127.0.0.1:8080/audit/01REVIEW>", "01REVIEW"),
        ("<http://127.0.0.1:8080/audit/01REVIEW|127.0.0.1>", "01REVIEW"),
        ("http://x/audit/01REVIEW/", "01REVIEW"),
        (
            "<https://home.slack.com/archives/C0REVIEW/p1790000002000100>",
            Thread(Place("slack", "C0REVIEW"), "1790000002.000100"),
        ),
        (
            "https://home.slack.com/archives/C0SUPPORT/p1790000009000100?thread_ts=1790000001.000100&amp;cid=C0SUPPORT",
            Thread(Place("slack", "C0SUPPORT"), "1790000001.000100"),
        ),
        (
            "<https://home.slack.com/archives/C0SUPPORT/p1790000009000100?cid=C0SUPPORT&amp;thread_ts=1790000001.000100>",
            Thread(Place("slack", "C0SUPPORT"), "1790000001.000100"),
        ),
        ("https://home.slack.com/archives/C0SUPPORT/p12", "p12"),
    ],
)
async def test_audit_takes_an_id_a_page_or_a_message(
    door: Door, inbox: Notebook, typed: str, about: str | Thread
) -> None:
    """As somebody copies them."""
    inbox.cards[str(about)] = card()
    answer = (await door.command(f"audit {typed}")).json()
    assert inbox.asked == [about]
    assert "The customer wrote." in json.dumps(message_blocks(answer["blocks"]))


async def test_whoever_has_no_role_is_told_so(door: Door, inbox: Notebook) -> None:
    """A slash command can be typed by everybody in the workspace."""
    inbox.standings = ()
    inbox.waiting, inbox.cards["01REVIEW"] = [card()], card()
    for text in ("queue", "mine", "stats", "audit 01REVIEW", "pause", "resume"):
        answer = (await door.command(text)).json()
        assert answer["text"].startswith("You have no role at any desk")
        assert "blocks" not in answer
    assert inbox.pauses == []


async def test_a_command_of_a_foreigner_tells_nothing(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Whoever is not of ours learns nothing of the queue."""
    inbox.waiting = [card()]
    stub.answers["users.info"] = lambda said: {"ok": True, "user": {"id": said["user"], "team_id": "T0ACME"}}
    answer = (await door.command("queue", user="U0EVE", team_id="T0ACME")).json()
    assert answer == {"response_type": "ephemeral", "text": answer["text"]}
    assert "own organisation" in answer["text"]


async def test_without_the_database_a_command_fails_visibly(door: Door, inbox: Notebook) -> None:
    """Slack then says that it did not work."""
    inbox.down = True
    assert (await door.command("queue")).status_code == 503


# --- the shortcut


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


# --- the Home tab


OPENED = envelope({"type": "app_home_opened", "user": "U0ANA", "tab": "home", "channel": "D1"})


async def home(door: Door, stub: Stub) -> tuple[Json, str]:
    """What Ana sees when she opens her Home tab, and that as text."""
    stub.calls.clear()
    await door.event(OPENED)
    (published,) = await calls(stub, "views.publish")
    assert published["user_id"] == "U0ANA"
    shown: Any = view(published["view"], "home")
    return shown, json.dumps(shown, ensure_ascii=False)


def pressable(shown: Json) -> dict[str, Json]:
    """What can be pressed on it, by its action_id."""
    found = [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    found += [element for block in shown["blocks"] for element in block.get("elements", ()) if "action_id" in element]
    return {element["action_id"]: element for element in found}


def on_home(action: Json) -> Json:
    """Something pressed on the Home tab: there is no channel."""
    pressed = press("", "") | {"actions": [{"block_id": "b", **action}], "container": {"type": "view", "view_id": "V1"}}
    return {name: value for name, value in pressed.items() if name != "channel"} | {"view": {"type": "home"}}


@pytest.mark.parametrize("waiting", [0, 1, 60])
async def test_the_home_tab_keeps_slacks_limits(door: Door, inbox: Notebook, stub: Stub, waiting: int) -> None:
    """However much waits at however many desks, and whatever they are called."""
    inbox.waiting = [card(review=f"01R{n}", customer=HOSTILE, holder="Name U0ANA") for n in range(waiting)]
    inbox.standings = (LEAD, *(Standing(f"d{n}", HOSTILE * 9, Role.LEAD, PAUSED.pause, Day()) for n in range(50)))
    shown, text = await home(door, stub)
    assert len(shown["blocks"]) <= 100
    assert ("You are on (60)" in text) is (waiting == 60)
    assert ("And 45 more." in text) is (waiting == 60)
    assert ("Nothing waits" in text) is (waiting == 0)


async def test_a_lead_sees_the_day_and_may_pause(door: Door, inbox: Notebook, stub: Stub) -> None:
    """With a button at each desk, and the wish to be called."""
    inbox.standings = (LEAD,)
    shown, text = await home(door, stub)
    assert "Came in: 3." in text
    assert "to reply: 2 min." in text
    found = pressable(shown)
    assert (found["home.pause"]["value"], found["home.pause"]["text"]["text"]) == ("nordlys", "Pause drafting")
    assert found["home.calls"]["initial_options"] == found["home.calls"]["options"]


async def test_an_agent_sees_no_buttons(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Neither for pausing nor for calls that never come."""
    inbox.standings = (AGENT,)
    shown, _ = await home(door, stub)
    assert pressable(shown) == {}


async def test_a_pause_shows_with_who_and_since_when(door: Door, inbox: Notebook, stub: Stub) -> None:
    """And the button is the other one."""
    inbox.standings = (PAUSED,)
    shown, text = await home(door, stub)
    assert "Drafting at Nordlys &lt;!here&gt; is paused by Leo * since " in text
    assert pressable(shown).keys() == {"home.resume", "home.calls"}


class Shelf(NoPrompts):
    """One template with a text that is longer than an answer."""

    async def listed(self, by: Person) -> tuple[tuple[Listed, ...], str]:
        return (Listed("support_reply@3", HOSTILE, 1790000000.0, 2),), "https://desk.example/templates"

    async def shown(self, by: Person, wanted: str) -> Printed:
        return Printed(wanted, f"{HOSTILE}\n" + "Be kind.\n" * 1000, "https://desk.example/templates/support_reply")

    async def rolled_back(self, by: Person, name: str, note: str) -> Answer:
        return Answer(True, f"{name}: {note} <!here>")


async def test_prompts_are_listed_shown_and_rolled_back(door: Door, inbox: Notebook) -> None:
    """What they say is text; a long one is cut, and its page has the rest."""
    inbox.prompts = Shelf()
    listed = json.dumps((await door.command("prompts")).json(), ensure_ascii=False)
    assert "support_reply@3, in use since" in listed
    assert "newer drafts: 2" in listed
    assert "https://desk.example/templates" in listed
    shown = (await door.command("prompts show support_reply@3")).json()
    message_blocks(shown["blocks"])
    code = shown["blocks"][1]["elements"][0]
    assert code["type"] == "rich_text_preformatted"
    assert code["elements"][0]["text"].endswith(say("prompts.cut"))
    assert len(code["elements"][0]["text"]) < 3000
    assert shown["blocks"][2]["elements"][0]["elements"][0]["url"] == "https://desk.example/templates/support_reply"
    said = (await door.command("prompts rollback support_reply Too long.")).json()["text"]
    assert said == "support_reply: Too long. &lt;!here&gt;"


@pytest.mark.parametrize("name", ["pause", "resume"])
async def test_the_button_pauses_and_the_tab_is_drawn_again(door: Door, inbox: Notebook, stub: Stub, name: str) -> None:
    """With what the desk answers on top of it."""
    inbox.answer = Answer(False, "Only the <leads> may.")
    action = {"type": "button", "action_id": f"home.{name}", "value": "nordlys"}
    assert (await door.interact(on_home(action))).status_code == 200
    assert inbox.pauses == [("U0ANA", "nordlys", name == "pause")]
    assert inbox.clicks == []
    (published,) = await calls(stub, "views.publish")
    assert view(published["view"], "home")["blocks"][0]["text"]["text"] == "Only the &lt;leads&gt; may."


async def test_calls_are_switched_off_and_on(door: Door, inbox: Notebook, stub: Stub) -> None:
    """The box on the Home tab."""
    inbox.standings = (LEAD,)
    option = pressable((await home(door, stub))[0])["home.calls"]["options"][0]
    for chosen in ([], [option], []):
        stub.calls.clear()
        await door.interact(on_home({"type": "checkboxes", "action_id": "home.calls", "selected_options": chosen}))
        (published,) = await calls(stub, "views.publish")
        box = pressable(published["view"])["home.calls"]
        assert ("initial_options" in box) is bool(chosen)
        assert ("U0ANA" in inbox.uncalled) == (not chosen)


@pytest.mark.parametrize(
    "action",
    [{"action_id": "home.calls", "selected_options": "x"}, {"action_id": "home.dance"}, {"action_id": "home."}],
)
async def test_an_odd_press_does_no_harm(door: Door, inbox: Notebook, stub: Stub, action: Json) -> None:
    """The tab is drawn again."""
    assert (await door.interact(on_home({"type": "button"} | action))).status_code == 200
    assert await calls(stub, "views.publish")
    assert inbox.pauses == []


async def test_whoever_has_no_role_sees_an_empty_tab(door: Door, inbox: Notebook, stub: Stub) -> None:
    """That says why."""
    inbox.standings, inbox.waiting = (), [card()]
    shown, text = await home(door, stub)
    assert len(shown["blocks"]) == 1
    assert "You have no role" in text


async def test_a_foreigner_sees_and_sets_nothing(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Somebody of another organisation, however they came to a Home tab of ours."""
    stub.answers["users.info"] = lambda said: {"ok": True, "user": {"id": said["user"], "team_id": "T0ACME"}}
    inbox.waiting = [card(customer="Secret")]
    event = {"type": "app_home_opened", "user": "U0EVE", "tab": "home", "channel": "D1"}
    await door.event(envelope(event))
    (published,) = await calls(stub, "views.publish")
    assert "Secret" not in json.dumps(published)
    action = {"type": "button", "action_id": "home.pause", "value": "nordlys"}
    eve = {"user": {"id": "U0EVE", "name": "eve", "team_id": "T0ACME"}}
    await door.interact(on_home(action) | eve)
    assert inbox.pauses == []


async def test_without_the_database_a_press_fails_visibly(door: Door, inbox: Notebook) -> None:
    """Slack shows a sign beside the button."""
    inbox.down = True
    action = {"type": "button", "action_id": "home.pause", "value": "nordlys"}
    assert (await door.interact(on_home(action))).status_code == 503
