"""Buttons: who may, what it comes to, that it comes to it once, and that nothing typed is lost."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.channels.base import Answer, Click, Person, Place
from bot.channels.card import Card
from bot.channels.form import Field
from bot.channels.teams.people import Staff
from bot.review.model import State
from tests.channels.slack.cards import APPROVE, EDIT, REJECT, card
from tests.channels.teams.conftest import Bench, benched, desk
from tests.doubles.teams import Fault, Message, Town, User
from tests.doubles.teams.wire import Json

SENT = "Approved by Lea. That was at 14:02, after your card was drawn."


async def posted(bench: Bench, **more: object) -> Message:
    """A card in the review channel."""
    made: Card = card(**more)
    bench.inbox.cards[made.review] = made
    await bench.channel.show_card(Place("teams", bench.town.review.id), made, "", look=False)
    return bench.teams.posts(bench.town.review)[-1]


def now(bench: Bench, **more: object) -> None:
    """The review has moved on."""
    bench.inbox.cards["01REVIEW"] = card(**more)


def ana(bench: Bench) -> Person:
    return Person("teams", bench.town.ana.aad, "Ana Alves")


def boxes(shown: Json) -> list[str]:
    """What stands in the boxes of a card."""
    found = []
    for one in _every(shown):
        if one.get("type") == "Input.Text" and one.get("value"):
            found.append(one["value"])
    return found


def _every(part: object) -> list[Json]:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    own = [part] if isinstance(part, dict) else []
    return own + [one for value in inner for one in _every(value)]


async def test_approve_is_one_click(bench: Bench) -> None:
    """The desk hears what was pressed on which version, and by whom; the presser sees the card as it is now."""
    post = await posted(bench)
    bench.inbox.answer = Answer(True, "Approved.")
    now(bench, version=4, state=State.RELEASED, buttons=(), headline="About to be sent")
    pressed = await bench.teams.act.press(bench.town.ana, post, "approve")
    assert bench.inbox.clicks == [Click("01REVIEW", 3, "approve", ana(bench))]
    assert pressed.acknowledged
    assert "About to be sent" in json.dumps(bench.teams.card(post, bench.town.ana))
    assert not bench.teams.complaints


async def test_a_click_tells_where_its_channel_is(bench: Bench) -> None:
    """Before anybody wrote there the review channel has no name in Graph, and a card could not be looked for."""
    post = await posted(bench)
    where = Place("teams", bench.town.review.id)
    assert where not in bench.notes.values
    await bench.teams.act.press(bench.town.ana, post, "approve")
    await bench.teams.until(lambda: where in bench.notes.values)
    assert json.loads(bench.notes.values[where])["team"] == bench.town.staff_team.id
    assert len(bench.inbox.clicks) == 1


async def test_fields_come_with_the_click(bench: Bench) -> None:
    """Words, reasons and notes, each for its own button."""
    post = await posted(bench)
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": "Dear Kim, *tomorrow*."})
    await bench.teams.act.press(
        bench.town.ana, post, "reject", inputs={"reject_reason": "tone", "reject_note": "Stiff."}
    )
    edit, reject = bench.inbox.clicks
    assert edit == Click("01REVIEW", 3, "edit", ana(bench), {"words": "Dear Kim, *tomorrow*."})
    assert reject == Click("01REVIEW", 3, "reject", ana(bench), {"reason": "tone", "note": "Stiff."})


async def test_a_click_that_comes_again_is_one(bench: Bench) -> None:
    """Teams brings it again when the answer was late: with the same id, and then as if it were another one."""
    post = await posted(bench)
    now(bench, version=4, state=State.RELEASED, buttons=())
    pressed = await bench.teams.act.press(bench.town.ana, post, "approve")
    bench.inbox.answer = Answer(False, SENT)
    for again in (pressed.activity, bench.teams.activities.again(pressed.activity)):
        delivery = await bench.teams.act.deliver(again)
        assert delivery.answer == pressed.answer


async def test_the_same_button_pressed_by_another_is_another_click(bench: Bench) -> None:
    """The second of two reads who was first, on the card as it is now."""
    post = await posted(bench)
    seen = bench.teams.act.snapshot(post)
    await bench.teams.act.press(bench.town.ana, seen, "approve")
    bench.inbox.answer = Answer(False, SENT)
    now(bench, version=4, state=State.RELEASED, buttons=())
    await bench.teams.act.press(bench.town.lea, seen, "approve")
    assert [click.by.name for click in bench.inbox.clicks] == ["Ana Alves", "Lea Lund"]
    assert SENT in json.dumps(bench.teams.card(post, bench.town.lea))


async def test_what_was_typed_stays_when_the_review_moved_on(bench: Bench) -> None:
    """The card shows what changed, keeps the words in their box, and asks again for the version that is now."""
    post = await posted(bench)
    bench.inbox.answer = Answer(False, "The customer wrote more. That was at 14:02.")
    now(bench, version=6, changes=("The customer wrote more.",))
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": "My own words."})
    shown = bench.teams.card(post, bench.town.ana)
    assert "My own words." in boxes(shown)
    assert "14:02" in json.dumps(shown)
    assert "What you typed is kept" in json.dumps(shown)
    bench.inbox.answer = Answer(True, "Approved.")
    await bench.teams.act.press(bench.town.ana, post, "edit")
    assert bench.inbox.clicks[-1] == Click("01REVIEW", 6, "edit", ana(bench), {"words": "My own words."})


@pytest.mark.parametrize("length", [20, 2900, 3900])
async def test_what_was_typed_is_given_back_when_somebody_else_decided(bench: Bench, length: int) -> None:
    """Nothing can be sent any more; the words can be copied, and who decided is said. Others see nothing of it."""
    post = await posted(bench)
    bench.inbox.answer = Answer(False, SENT)
    now(bench, version=5, state=State.SENT, buttons=())
    words = "word " * (length // 5)
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": words})
    shown = bench.teams.card(post, bench.town.ana)
    assert words in boxes(shown)
    assert SENT in json.dumps(shown)
    assert words not in json.dumps(bench.teams.card(post))


async def test_what_does_not_fit_into_its_box_again_is_given_back_all_the_same(bench: Bench) -> None:
    """A text that long is edited on its page, but here it was typed."""
    field = Field("words", "Reply", "Short.", limit=20_000, lines=8)
    post = await posted(bench, buttons=(APPROVE, replace(EDIT, fields=(field,))))
    bench.inbox.answer = Answer(False, "The customer wrote more.")
    now(bench, version=6, buttons=(APPROVE, replace(EDIT, fields=(field,))))
    words = "ø" * 9000
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": words})
    assert words in boxes(bench.teams.card(post, bench.town.ana))


async def test_what_cannot_be_taken_as_it_is_leaves_the_card_alone(bench: Bench) -> None:
    """Too long, empty, or without the right: a sentence for the presser, and all that was typed stays where it is."""
    post = await posted(bench)
    bench.inbox.answer = Answer(False, "The reply has 9000 characters; this channel takes 3000.")
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": "x" * 3001})
    assert bench.teams.whispers(bench.town.ana) == ["The reply has 9000 characters; this channel takes 3000."]
    assert bench.teams.card(post, bench.town.ana) == bench.teams.card(post)


async def test_a_click_that_cannot_be_recorded_says_so(bench: Bench) -> None:
    """Nothing was done, and the presser knows."""
    post = await posted(bench)
    bench.inbox.down = True
    await bench.teams.act.press(bench.town.ana, post, "approve")
    (said,) = bench.teams.whispers(bench.town.ana)
    assert "nothing was done" in said


# --- who may


@pytest.mark.parametrize("who", ["kim", "zed", "mia"])
async def test_a_guest_and_a_foreigner_decide_nothing(bench: Bench, who: str) -> None:
    """A card works for everybody in its channel."""
    post = await posted(bench)
    user: User = getattr(bench.town, who)
    bench.town.staff_team.members.append(user)
    await bench.teams.act.press(user, post, "approve")
    assert not bench.inbox.clicks
    (said,) = bench.teams.whispers(user)
    assert "own organisation" in said


async def test_a_colleague_who_was_not_named_is_asked_about(bench: Bench) -> None:
    """A desk may let everybody decide; its law says so, and it is told who pressed."""
    post = await posted(bench)
    await bench.teams.act.press(bench.town.ben, post, "approve")
    assert [click.by.id for click in bench.inbox.clicks] == [bench.town.ben.aad]


async def test_an_outside_agent_is_named() -> None:
    """Somebody of another tenant decides where a desk names them."""
    town = Town()
    staff = Staff(frozenset({town.zed.aad, town.ana.aad}))
    async with benched(town, desks=(desk(town, staff=staff),)) as bench:
        post = await posted(bench)
        bench.town.staff_team.members.append(town.zed)
        await bench.teams.act.press(town.zed, post, "approve")
        assert [click.by.id for click in bench.inbox.clicks] == [town.zed.aad]


async def test_nobody_is_asked_before_a_named_person_has_their_answer(bench: Bench) -> None:
    """Microsoft may be as slow as it likes."""
    post = await posted(bench)
    for door in ("login.*", "connector.*", "graph.*"):
        bench.teams.faults.add(Fault("hang", door, times=None))
    asked = len(bench.teams.calls)
    await bench.teams.act.press(bench.town.ana, post, "approve")
    assert len(bench.inbox.clicks) == 1
    assert not [call for call in bench.teams.calls[asked:] if not call.method.startswith("openid")]


async def test_of_whom_nothing_is_known_nothing_is_taken(bench: Bench) -> None:
    """They could be a guest."""
    post = await posted(bench)
    for door in ("connector.*", "graph.*"):
        bench.teams.faults.add(Fault("status", door, times=None))
    await bench.teams.act.press(bench.town.ben, post, "approve")
    assert not bench.inbox.clicks
    (said,) = bench.teams.whispers(bench.town.ben)
    assert "cannot be seen now" in said


async def test_a_card_that_was_carried_elsewhere_does_nothing(bench: Bench) -> None:
    """Only what is pressed in a review channel counts, also for those who may."""
    post = await posted(bench)
    pressed = await bench.teams.act.press(bench.town.ana, post, "approve")
    town = bench.town
    for channel in (town.support, town.lobby):
        where = {"conversation": pressed.activity["conversation"] | {"id": f"{channel.id};messageid=1"}}
        other = bench.teams.activities.again(pressed.activity) | where
        delivery = await bench.teams.act.deliver(other)
        assert "own organisation" in delivery.answer["value"]
    assert len(bench.inbox.clicks) == 1


@pytest.mark.parametrize("outside", ["the house", "the channel"])
async def test_who_may_not_decide_is_not_shown_what_the_card_says_by_now(bench: Bench, outside: str) -> None:
    """An old card is answered with the newest one, but only to those it is for, and where it is for them."""
    town, activities = bench.town, bench.teams.activities
    post = await posted(bench)
    if outside == "the house":
        town.review.team.members.append(town.kim)
    now(bench, version=4, reply="What Kim must not read.")
    assert post.card
    presser = town.kim if outside == "the house" else town.ana
    activity = activities.executed(presser, post, post.card["actions"][0])
    if outside == "the channel":
        activity["conversation"] |= {"id": f"{town.support.id};messageid=1"}
    delivery = await bench.teams.act.deliver(activity)
    assert "own organisation" in delivery.answer["value"]
    assert not bench.inbox.clicks


FORGED: list[object] = [
    None,
    {},
    {"action": None},
    {"action": {"verb": "approve"}},
    {"action": {"data": {"verb": "approve", "review": "01REVIEW"}}},
    {"action": {"data": {"verb": "approve", "review": "01REVIEW", "version": "3"}}},
    {"action": {"data": {"verb": "approve", "review": 1, "version": 3}}},
    {"action": {"data": {"verb": "approve", "review": "01REVIEW", "version": True}}},
    {"action": {"data": []}},
]


@pytest.mark.parametrize("value", FORGED)
async def test_a_button_that_is_none_of_ours_does_nothing(bench: Bench, value: object) -> None:
    """It is answered with an error that Teams shows, and not with a failure of ours."""
    post = await posted(bench)
    pressed = await bench.teams.act.press(bench.town.ana, post, "approve")
    delivery = await bench.teams.act.deliver(bench.teams.activities.again(pressed.activity) | {"value": value})
    assert delivery.status == 200
    assert delivery.answer["statusCode"] == 400
    assert len(bench.inbox.clicks) == 1


# --- old clients


async def test_an_old_client_submits(bench: Bench) -> None:
    """Its click is the same click; there is no answer to it but the card, which is redrawn."""
    post = await posted(bench)
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": "My words."}, old_client=True)
    assert bench.inbox.clicks == [Click("01REVIEW", 3, "edit", ana(bench), {"words": "My words."})]
    assert len(bench.teams.posts()) == 1


async def test_an_old_client_reads_a_refusal_below_the_card(bench: Bench) -> None:
    """With what was typed, so that it is not lost."""
    post = await posted(bench, buttons=(APPROVE, EDIT, REJECT))
    bench.inbox.answer = Answer(False, SENT)
    await bench.teams.act.press(bench.town.ana, post, "edit", inputs={"edit_words": "My words."}, old_client=True)
    await bench.teams.until(lambda: len(bench.teams.posts()) == 2)
    said = bench.teams.posts()[-1]
    assert said.root == post.id
    assert SENT in json.dumps(said.card)
    assert boxes(said.card or {}) == ["My words."]
    pressed = bench.teams.told("message")[-1]
    assert pressed.status == 200
    await bench.teams.act.deliver(pressed.activity | {"value": {"verb": 1}})
    assert len(bench.inbox.clicks) == 1
