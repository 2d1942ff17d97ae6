"""Good days: from a customer's message to a signed reply, against a Slack as strict as the real one.

Over HTTP and over Socket Mode, with Countersign as a process of its own.
"""

from __future__ import annotations

import json

from tests.channels.slack.cards import HOSTILE
from tests.channels.slack.conftest import Opens
from tests.channels.slack.house import QUESTION, House, actions, says
from tests.channels.slack.process import PATIENCE
from tests.doubles.openai_answers import long_reply
from tests.doubles.openai_server import OpenAIServer


async def test_a_message_becomes_a_signed_reply(house: House) -> None:
    """A customer writes, a card stands in the review channel, one click sends the reply once, the card says so."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    assert says(card, "kim")
    assert says(card, QUESTION)
    assert not slack.posts(thread=question)
    pressed = await slack.act.press(town.ana, card, "decide.approve")
    assert pressed.acknowledged
    (reply,) = await house.replies(question)
    assert reply.thread_ts == question.ts
    assert reply.metadata
    assert reply.metadata["event_type"] == "countersign_reply"
    await house.shows(card, "Approved by ana", "Delivered.", buttons=False)
    await slack.settled()
    assert len(slack.posts(thread=question)) == 1
    assert not slack.courier.lost()
    assert not slack.complaints
    assert not slack.warnings
    assert house.verified() == 1


async def test_two_reviewers_at_once_make_one_reply(house: House) -> None:
    """Whoever is second reads who was first."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    seen = slack.act.snapshot(await house.card())
    await slack.act.press(town.ana, seen, "decide.approve")
    await slack.act.press(town.lea, seen, "decide.approve")
    assert "Approved by ana" in await house.whisper(town.lea)
    await house.replies(question)
    await slack.settled()
    assert len(slack.posts(thread=question)) == 1


async def test_an_edit_in_the_form_is_what_is_sent(house: House) -> None:
    """The form opens with the draft, and its words go out; the card compares them."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.act.press(town.ana, card, "ask.edit")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"words": "Dear Kim, it comes *tomorrow*."})
    (reply,) = await house.replies(question)
    assert "tomorrow" in reply.text
    await house.shows(card, "Edited and approved by ana", "Compared with the draft")


async def test_a_rejected_draft_is_not_sent(house: House) -> None:
    """With its reason, on the card."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.act.press(town.ana, card, "ask.reject")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"reason": "tone", "note": "Too stiff."})
    await house.shows(card, "Rejected by ana: tone", buttons=False)
    assert not slack.posts(thread=question)


async def test_a_redraft_makes_a_new_version(house: House) -> None:
    """The old card's button is refused, the redrawn one's counts."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    seen = slack.act.snapshot(card)
    await slack.act.press(town.ana, card, "ask.redraft")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"instruction": "Shorter."})
    old = next(element["value"] for _, element in seen.elements())
    await house.card(lambda card: "decide.approve" in actions(card) and not says(card, old))
    await slack.act.press(town.lea, seen, "decide.approve")
    assert "Nothing was changed by your click" in await house.whisper(town.lea)
    assert not slack.posts(thread=question)
    await slack.act.press(town.lea, card, "decide.approve")
    await house.replies(question)


async def test_a_foreign_presser_decides_nothing(house: House) -> None:
    """Somebody of the customer's organisation got into the review channel, and a colleague without the right."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    town.review.members += [town.kim, town.tom]
    await slack.act.press(town.kim, card, "decide.approve")
    assert "own organisation" in await house.whisper(town.kim)
    await slack.act.press(town.kim, card, "ask.edit")
    await slack.act.press(town.tom, card, "decide.approve")
    assert "may look but not decide" in await house.whisper(town.tom)
    await slack.act.press(town.tom, card, "ask.edit")
    await slack.until(lambda: len(slack.whispers(town.tom)) == len(slack.whispers(town.kim)) == 2, PATIENCE)
    assert slack.modal(town.kim) is slack.modal(town.tom) is None
    assert not slack.posts(thread=question)


async def test_what_staff_begin_is_not_drafted_for(house: House) -> None:
    """In a channel that is shared with customers our own people are staff; at an internal desk they are customers."""
    slack, town = house.slack, house.slack.town
    await slack.act.write(town.ben, town.support, "Good morning, everybody! Where is your parcel?")
    await slack.act.write(town.robot, town.internal, QUESTION, raw=True)
    asked = await slack.act.write(town.tom, town.internal, "Where is my parcel?")
    card = await house.card()
    assert says(card, "Where is my parcel?")
    await slack.act.press(town.ana, card, "decide.approve")
    await house.replies(asked)
    assert len(house.cards()) == 1


async def test_redelivered_and_doubled_events_are_one_review(house: House) -> None:
    """Everything is told twice, and one gesture as two messages."""
    slack, town = house.slack, house.slack.town
    slack.courier.doubled = True
    await slack.act.write(town.kim, town.support, QUESTION, twice=True)
    await slack.settled()
    await house.card()
    await slack.act.write(town.kim, town.support, "Hello again, where is my other parcel?")
    await house.card(number=1)
    await slack.settled()
    assert len(house.cards()) == 2


async def test_a_hostile_message_does_no_harm(house: House) -> None:
    """Mentions, masked links, markup and Block Kit in it are letters, in the card and in the reply."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, HOSTILE.removesuffix("\x00\ud800") + QUESTION)
    card = await house.card(lambda _: True)
    await slack.act.press(town.ana, card, "ask.edit")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"words": f"<!channel> [shop](https://evil.example) {HOSTILE[:-2]}"})
    (reply,) = await house.replies(question)
    assert "evil.example)" in reply.text
    assert "<" not in reply.text + card.text
    drawn = json.dumps(card.blocks + reply.blocks)
    assert not [kind for kind in ("broadcast", "user", "usergroup", "emoji") if f'"type": "{kind}"' in drawn]


async def test_a_draft_of_3001_characters_is_not_what_is_offered(opens: Opens) -> None:
    """Slack's form takes 3,000. The model is asked again, then the card says why it holds no such draft; nothing typed
    into the form can be too long to send either.
    """
    async with OpenAIServer() as model:
        model.script(*[long_reply(3001)] * 9)
        async with opens(environment={"OPENAI_BASE_URL": model.url}) as house:
            slack, town = house.slack, house.slack.town
            question = await slack.act.write(town.kim, town.support, QUESTION)
            card = await house.card(lambda card: "ask.edit" in actions(card))
            assert says(card, "the model's reply was longer than 2900 characters")
            await slack.act.press(town.ana, card, "ask.edit")
            form = await slack.modal_of(town.ana)
            (box,) = form.inputs()
            assert box["element"]["max_length"] == 2900
            await slack.act.submit(town.ana, {"words": "o" * 2900})
            (reply,) = await house.replies(question)
            assert "o" * 2900 in reply.text
            await house.shows(card, "Delivered.", buttons=False)


async def test_one_person_alone_can_try_it(opens: Opens) -> None:
    """As docs/slack.md has it: everybody may decide, nobody is named, and one's own test message gets its draft."""
    async with opens(people={"slack:*": "agent"}) as house:
        slack, town = house.slack, house.slack.town
        town.review.members.append(town.tom)
        question = await slack.act.write(town.tom, town.internal, QUESTION)
        card = await house.card()
        await slack.act.press(town.tom, card, "decide.approve")
        await house.replies(question)
        await house.shows(card, "Delivered.")


async def test_commands_and_the_home_tab_show_what_waits(house: House) -> None:
    """To whoever may decide, and to nobody else."""
    slack, town = house.slack, house.slack.town
    await slack.act.write(town.kim, town.support, QUESTION)
    await house.card()
    asked = await slack.act.command(town.ana, town.review, "/countersign", "queue")
    assert "parcel" in json.dumps(asked.answer)
    asked = await slack.act.command(town.tom, town.lobby, "/countersign", "queue")
    assert asked.answer["text"]
    assert "parcel" not in json.dumps(asked.answer)
    await slack.act.open_home(town.ana)
    await slack.until(lambda: (shown := slack.home(town.ana)) and "parcel" in json.dumps(shown.fields), PATIENCE)
    assert house.bot.alive
