"""Days in Teams: from a customer's message to a signed reply, with Countersign as a process of its own."""

from __future__ import annotations

import json

import pytest

from tests.channels.slack.process import PATIENCE
from tests.channels.teams.conftest import asked
from tests.channels.teams.house import QUESTION, House, decidable, says, verbs


async def test_a_message_becomes_a_signed_reply(house: House) -> None:
    """A guest writes, a card stands in the review channel, one click sends the reply once, the card says so."""
    question, card = await asked(house)
    assert says(card, "Kim Kjær")
    assert says(card, QUESTION)
    assert not house.teams.posts(question)
    await house.press(house.teams.town.ana, card, "approve")
    (reply,) = await house.replies(question)
    assert (reply.root, reply.text_format) == (question.id, "plain")
    await house.shows(card, "Approved by Ana Alves", "Delivered.", pressable=False)
    await house.settled()
    assert len(house.teams.posts(question)) == 1
    assert not house.teams.warnings
    assert house.verified() == 1


async def test_a_member_of_another_tenant_is_answered_in_a_shared_channel(house: House) -> None:
    """Their tenant is their own, and the channel's is ours."""
    town = house.teams.town
    question = await house.teams.act.write(town.mia, town.shared, f"{town.bot} {QUESTION}")
    card = await house.card()
    assert says(card, "Mia Moe")
    await house.press(town.lea, card, "approve")
    (reply,) = await house.replies(question)
    assert reply.channel is town.shared


async def test_an_edit_on_the_card_is_what_is_sent(house: House) -> None:
    """The draft stands in the box of the card; what is made of it goes out, and the card compares the two."""
    question, card = await asked(house)
    await house.press(house.teams.town.ana, card, "edit", words="Dear Kim, it comes **tomorrow**, <b>promised</b>.")
    (reply,) = await house.replies(question)
    assert reply.text.startswith("Dear Kim, it comes **tomorrow**, <b>promised</b>.")
    await house.shows(card, "Edited and approved by Ana Alves", "Compared with the draft", pressable=False)
    assert not house.teams.warnings


async def test_a_rejected_draft_is_not_sent(house: House) -> None:
    """With its reason, on the card."""
    question, card = await asked(house)
    await house.press(house.teams.town.ana, card, "reject", reason="tone", note="Too stiff.")
    await house.shows(card, "Rejected by Ana Alves: tone", pressable=False)
    await house.settled()
    assert not house.teams.posts(question)


async def test_a_redraft_makes_a_new_version(house: House) -> None:
    """The old card's button is refused, and shows the card as it is now; the redrawn one's counts."""
    town = house.teams.town
    question, card = await asked(house)
    seen = house.teams.act.snapshot(card)
    await house.press(town.ana, card, "redraft", instruction="Shorter.")
    await house.shows(card, "asked for another draft", pressable=True)
    shown = await house.press(town.lea, seen, "approve")
    assert "Nothing was changed by your click" in json.dumps(shown)
    assert not house.teams.posts(question)
    await house.press(town.lea, card, "approve")
    await house.replies(question)


@pytest.mark.parametrize(
    ("verb", "inputs", "words"),
    [
        ("claim", {}, "Ana Alves is on it"),
        ("escalate", {"note": "Look, a lawyer."}, "Look, a lawyer."),
        ("snooze", {"minutes": "30"}, "Snoozed"),
        ("correct", {"feeling": "angry"}, "Angry"),
    ],
)
async def test_what_else_can_be_done(house: House, verb: str, inputs: dict[str, str], words: str) -> None:
    """Nothing is sent by it, and everybody sees it."""
    question, card = await asked(house)
    await house.press(house.teams.town.ana, card, verb, **inputs)
    await house.shows(card, words)
    await house.settled()
    assert not house.teams.posts(question)


async def test_two_reviewers_at_once_make_one_reply(house: House) -> None:
    """Whoever is second sees who was first."""
    town = house.teams.town
    question, card = await asked(house)
    seen = house.teams.act.snapshot(card)
    await house.press(town.ana, seen, "approve")
    shown = await house.press(town.lea, seen, "approve")
    assert "Approved by Ana Alves" in json.dumps(shown, ensure_ascii=False)
    await house.replies(question)
    await house.settled()
    assert len(house.teams.posts(question)) == 1


async def test_everything_told_twice_is_one_review_and_one_reply(house: House) -> None:
    """Messages come twice, and a click comes again as if it were another one."""
    teams, town = house.teams, house.teams.town
    teams.courier.doubled = True
    question, card = await asked(house)
    pressed = await teams.act.press(town.ana, card, "approve")
    for again in (pressed.activity, teams.activities.again(pressed.activity)):
        assert (await teams.act.deliver(again)).answer["statusCode"] == 200
    await house.replies(question)
    await house.shows(card, "Delivered.", pressable=False)
    await house.settled()
    assert len(teams.posts(question)) == len(house.cards()) == 1
    assert house.verified() == 1


async def test_what_a_customer_changes_is_drafted_anew(house: House) -> None:
    """An edit, more words, a deletion: each makes what stood on the card old; a click on it is refused."""
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    for change, words in (
        (lambda: teams.act.edit(question, "Where is my RED parcel?"), "RED parcel"),
        (lambda: teams.act.reply(town.kim, question, "And the blue one?"), "the blue one"),
    ):
        seen = teams.act.snapshot(card)
        await change()
        await house.shows(card, words, pressable=True)
        shown = await house.press(town.ana, seen, "approve")
        assert "Nothing was changed by your click" in json.dumps(shown)
    assert not teams.posts(question)
    await house.press(town.ana, card, "approve")
    await house.replies(question)


async def test_what_is_deleted_needs_no_answer_until_it_is_put_back(house: House) -> None:
    """The review is retired with the words; when they are back they wait for an answer again."""
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    seen = teams.act.snapshot(card)
    await teams.act.delete(question)
    await house.shows(card, "deleted", pressable=False)
    await house.press(town.ana, seen, "approve")
    await teams.act.undelete(question)
    again = await house.card(lambda post: decidable(post) and post is not card)
    assert says(again, QUESTION)
    await house.press(town.ana, again, "approve")
    await house.replies(question)
    await house.settled()
    assert len(teams.posts(question)) == 1


async def test_an_answer_by_hand_retires_the_review(house: House) -> None:
    """Ana wrote in the thread; what was drafted is not sent. What she typed on the old card is given back."""
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    seen = teams.act.snapshot(card)
    await teams.act.reply(town.ana, question, "It comes today!")
    await house.shows(card, "Answered by hand by Ana Alves", pressable=False)
    shown = await house.press(town.lea, seen, "edit", words="My own words.")
    assert "My own words." in json.dumps(shown)
    await house.settled()
    assert not teams.posts(question)


async def test_what_staff_begin_is_not_drafted_for(house: House) -> None:
    """Where guests are, our own people are staff, named or not; bots are nobody."""
    teams, town = house.teams, house.teams.town
    await teams.act.write(town.ben, town.support, "Good morning, everybody! Where is your parcel?")
    await teams.act.write(town.robot, town.support, QUESTION)
    await asked(house)
    assert len(house.cards()) == 1


async def test_a_presser_without_the_right_decides_nothing(house: House) -> None:
    """A guest got into the review channel, and a colleague who is no agent."""
    town = house.teams.town
    question, card = await asked(house)
    house.teams.town.staff_team.members += [town.kim, town.tom]
    await house.press(town.kim, card, "approve")
    await house.press(town.tom, card, "approve")
    (said,) = house.teams.whispers(town.kim)
    assert "own organisation" in said
    (said,) = house.teams.whispers(town.tom)
    assert "may look but not decide" in said
    await house.settled()
    assert not house.teams.posts(question)


async def test_an_old_client_can_decide_too(house: House) -> None:
    """It knows no Action.Execute; the card is redrawn for it as for everybody."""
    question, card = await asked(house)
    await house.teams.act.press(house.teams.town.ana, card, "approve", old_client=True)
    await house.replies(question)
    await house.shows(card, "Delivered.", pressable=False)


async def test_without_consent_a_mention_is_enough(house: House) -> None:
    """The owner did not agree to more; the mention itself is not part of the question."""
    town = house.teams.town
    house.teams.admin.consent(town.support_team)
    question, card = await asked(house, words=f"{town.bot} {QUESTION}")
    assert not says(card, "@Countersign")
    await house.press(town.ana, card, "approve")
    await house.replies(question)


async def test_a_hostile_message_does_no_harm(house: House) -> None:
    """Mentions, links, markup and JSON in it are letters, on the card and in the reply."""
    words = '[click](https://evil.example) <at>Ana</at> <b>x</b> **y** {"type":"Action.Submit"} ' + QUESTION
    question = await house.teams.act.write(house.teams.town.kim, house.teams.town.support, words)
    card = await house.card(lambda post: "edit" in verbs(post.card or {}))
    assert says(card, "[click](https://evil.example)")
    await house.press(house.teams.town.ana, card, "edit", words=f"{words} <at>Kim Kjær</at>")
    (reply,) = await house.replies(question)
    assert reply.text.startswith(words)
    assert not reply.entities
    assert not house.teams.warnings


async def test_commands_show_what_waits(house: House) -> None:
    """To whoever may decide, and to nobody else."""
    teams, town = house.teams, house.teams.town
    await asked(house)
    count = len(teams.posts(town.review))
    await teams.act.write(town.ana, town.review, f"{town.bot} queue")
    await teams.until(lambda: len(teams.posts(town.review)) > count, PATIENCE)
    post = teams.posts(town.review)[-1]
    assert post.is_reply
    assert says(post, "Open reviews: 1")
    assert says(post, "Kim Kjær")
    await teams.act.write(town.lea, town.review, f"{town.bot} pause")
    await teams.until(lambda: len(teams.posts(town.review)) > count + 1, PATIENCE)
    await teams.act.write(town.kai, town.support, "Where is my other parcel?")
    card = await house.card(lambda post: says(post, "paused by Lea Lund"))
    assert "edit" in verbs(card.card or {})


async def test_the_app_taken_out_is_told_and_forgiven(house: House) -> None:
    """`/readyz` says what is wrong while the rest goes on, and no more once the app is back."""
    teams, town = house.teams, house.teams.town
    await teams.admin.uninstall(town.support_team)
    assert await house.bot.told("The app was taken out of Support,")
    await teams.admin.install(town.support_team)
    assert (await house.bot.readiness()) == (True, "")
    _, card = await asked(house)
    await house.press(town.ana, card, "approve")
    await teams.admin.remove_channel(town.other)  # which no desk names
    await teams.admin.rename(town.shared, "Help")
    assert (await house.bot.readiness()) == (True, "")
    await teams.admin.remove_channel(town.shared)
    assert await house.bot.told("Help was deleted or archived in Teams,")
    await house.settled()


async def test_a_message_that_comes_while_the_bot_is_dead_is_not_lost(house: House) -> None:
    """Teams brings it again."""
    teams, town = house.teams, house.teams.town
    await house.bot.kill()
    question = await teams.act.write(town.kim, town.support, QUESTION)
    await house.bot.start()
    teams.skip(60.0)
    card = await house.card()
    await house.press(town.ana, card, "approve")
    await house.replies(question)
    await house.settled()


async def test_a_new_key_and_a_new_address_are_picked_up(house: House) -> None:
    """The connector signs with another key, and answers at another address."""
    teams, town = house.teams, house.teams.town
    await asked(house)
    teams.admin.rotate_keys()
    teams.admin.move("amer")
    question, card = await asked(house, town.kai, "Where is my other parcel?")
    await house.press(town.ana, card, "approve")
    await house.replies(question)
    await house.settled()
