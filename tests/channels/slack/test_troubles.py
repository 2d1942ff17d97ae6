"""Bad days, against a Slack as strict as the real one, with Countersign as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.channels.slack.cards import HOSTILE
from tests.channels.slack.house import PATIENCE, House, living
from tests.channels.slack.soon import soon
from tests.doubles.slack import Limits, Message

QUESTION = "Hello, where is my parcel? It should have come a week ago."


@pytest.fixture(params=["http", "socket"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Over HTTP, and over Socket Mode."""
    async with living(tmp_path, socket_mode=request.param == "socket") as made:
        yield made


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """Over HTTP, without Slack's limits."""
    async with living(tmp_path, limits=Limits.none()) as made:
        yield made


def actions(card: Message) -> list[str]:
    """The buttons on a card."""
    return [element["action_id"] for _, element in card.elements()]


def decidable(card: Message) -> bool:
    return "decide.approve" in actions(card)


def says(card: Message, word: str) -> bool:
    """Whether a card shows this."""
    return word in json.dumps(card.blocks, ensure_ascii=False)


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("told", [True, False])
async def test_a_lost_answer_is_looked_for_and_never_doubled(home: House, landed: bool, told: bool) -> None:
    """Whether it arrived is learnt from our own event, or by looking; then it is sent again or not."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    if not told:
        slack.app.events.discard("message.channels")
    slack.faults.lose("chat.postMessage", landed=landed, channel=town.support.id)
    await slack.act.press(town.ana, card, "decide.approve")
    await slack.until(lambda: says(card, "Delivered."), 40, "never delivered")
    assert len(slack.posts(thread=question)) == 1
    posts = [call for call in slack.called("chat.postMessage") if call.args.get("channel") == town.support.id]
    assert len(posts) == (1 if landed else 2)


async def test_a_reply_that_slack_refuses_is_told_on_the_card(home: House) -> None:
    """The channel was archived; once it is open again, the same card sends it."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    await slack.admin.archive(town.support)
    await slack.act.press(town.ana, card, "decide.approve")
    await slack.until(lambda: says(card, "The channel is archived.") and decidable(card), PATIENCE)
    await slack.admin.unarchive(town.support)
    await slack.act.press(town.ana, card, "decide.approve")
    await home.replies(question)


async def test_too_many_requests_only_slow_it_down(home: House) -> None:
    """Every method is refused a few times; in the end there is one reply and the card says so."""
    slack, town = home.slack, home.slack.town
    slack.faults.ratelimit("*", times=4, retry_after=1)
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    slack.faults.ratelimit("*", times=4, retry_after=1)
    await slack.act.press(town.ana, card, "decide.approve")
    await home.replies(question)
    await slack.until(lambda: says(card, "Delivered."), 40)
    assert len(slack.posts(thread=question)) == 1


async def test_redelivered_and_doubled_events_are_one_review(home: House) -> None:
    """The same thing told four times, and one gesture told as two messages."""
    slack, town = home.slack, home.slack.town
    slack.courier.doubled = True
    await slack.act.write(town.kim, town.support, QUESTION, twice=True)
    await slack.settled()
    await home.card(decidable)
    await slack.act.write(town.kim, town.support, "Hello again, where is my other parcel?")
    await home.card(decidable, 1)
    assert len(slack.posts(town.review)) == 2


async def test_a_hostile_message_does_no_harm(home: House) -> None:
    """Mentions, masked links, markup and Block Kit in it are letters, in the card and in the reply."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, HOSTILE.removesuffix("\x00\ud800") + QUESTION)
    card = await home.card()
    await slack.act.press(town.ana, card, "ask.edit")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"words": "<!channel> [shop](https://evil.example)"})
    (reply,) = await home.replies(question)
    assert "evil.example)" in reply.text
    assert "<" not in reply.text + card.text
    assert not [
        kind for kind in ("broadcast", "user", "usergroup") if f'"{kind}"' in json.dumps(card.blocks + reply.blocks)
    ]


async def test_a_review_channel_that_is_shared_gets_no_card(home: House) -> None:
    """From the moment Slack says that somebody else can read there."""
    slack, town = home.slack, home.slack.town
    await slack.admin.share(town.review, town.globex, town.zed)
    await slack.settled()
    await slack.act.write(town.kim, town.support, QUESTION)
    await soon(lambda: "another organisation" in home.log(), PATIENCE)
    assert not slack.posts(town.review)
    await slack.admin.unshare(town.review, town.globex)
    await home.card(decidable)


async def test_a_killed_process_takes_up_where_it_was(home: House) -> None:
    """What was acknowledged is not lost, and what was sent is not sent again."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    await home.kill()
    await home.start()
    card = await home.card(decidable)
    slack.faults.slow("chat.postMessage", 1.0, landed=True)
    await slack.act.press(town.ana, card, "decide.approve")
    await slack.until(lambda: slack.posts(thread=question), PATIENCE)
    await home.kill()
    await home.start()
    await slack.until(lambda: says(card, "Delivered."), 40)
    assert len(slack.posts(thread=question)) == 1


async def test_commands_and_the_home_tab_show_what_waits(home: House) -> None:
    """To whoever may decide, and to nobody else."""
    slack, town = home.slack, home.slack.town
    await slack.act.write(town.kim, town.support, QUESTION)
    await home.card(decidable)
    asked = await slack.act.command(town.ana, town.review, "/countersign", "queue")
    assert "parcel" in json.dumps(asked.answer)
    asked = await slack.act.command(town.tom, town.lobby, "/countersign", "queue")
    assert "Nothing waits" in json.dumps(asked.answer)
    await slack.act.open_home(town.ana)
    await slack.until(lambda: (shown := slack.home(town.ana)) and "parcel" in json.dumps(shown.fields), PATIENCE)
    assert home.process.returncode is None


async def test_one_person_alone_can_try_it(tmp_path: Path) -> None:
    """As docs/slack.md has it: everybody may decide, nobody is named, and one's own test message gets its draft."""
    async with living(tmp_path, socket_mode=True, people={"slack:*": "agent"}) as house:
        slack, town = house.slack, house.slack.town
        town.review.members.append(town.tom)
        question = await slack.act.write(town.tom, town.internal, QUESTION)
        card = await house.card(decidable)
        await slack.act.press(town.tom, card, "decide.approve")
        await house.replies(question)
        await slack.until(lambda: says(card, "Delivered."), PATIENCE)


async def test_the_doctor_is_content_with_what_the_manifest_asks_for(home: House) -> None:
    """`countersign doctor` against the running Slack: green, or one mending sentence a line."""
    command = "from bot.cli import main; import sys; sys.argv = ['countersign', 'doctor']; main()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", command, cwd=home.folder, env=home.environment, stdout=asyncio.subprocess.PIPE
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    assert "Slack: The bot token is good: countersign in Northwind." in said
    assert "Slack: Reviews go to #review." in said
    await home.slack.admin.remove_bot(home.slack.town.review)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", command, cwd=home.folder, env=home.environment, stdout=asyncio.subprocess.PIPE
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 1
    assert "FAIL  Slack:" in said
