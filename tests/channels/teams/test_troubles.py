"""Bad days: answers lost, threads locked, secrets expired, storms of refusals. In the end a person sees it, or it is done.

In Teams, with Countersign as a process of its own.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.channels.premises import SHORT
from tests.channels.slack.process import PATIENCE
from tests.channels.slack.test_troubles import moved_away
from tests.channels.teams.conftest import asked
from tests.channels.teams.house import QUESTION, House, decidable, living, says, verbs
from tests.doubles.teams import Fault

MORE = "And where is my other parcel?"
SEND, UPDATE = "connector.send", "connector.update"


# --- replies


@pytest.mark.parametrize("landed", [True, False])
async def test_a_lost_answer_is_looked_for_and_never_doubled(tmp_path: Path, landed: bool) -> None:
    """Whether it arrived is learnt by reading the thread through Graph; then it is sent again or not."""
    async with living(tmp_path, patience=SHORT) as house:
        teams, town = house.teams, house.teams.town
        question, card = await asked(house)
        teams.faults.lose(SEND, landed=landed).conversation = town.support.id
        await house.press(town.ana, card, "approve")
        await house.shows(card, "Delivered.", pressable=False)
        assert len(teams.posts(question)) == 1
        sent = [call for call in teams.called(SEND) if call.conversation == question.conversation]
        assert len(sent) == (1 if landed else 2)


async def test_where_nobody_can_look_a_person_is_asked(tmp_path: Path) -> None:
    """Both answers are lost and Graph may not be asked: one reply is there, one is not, and people say which."""
    async with living(tmp_path, patience=SHORT) as house:
        teams, town = house.teams, house.teams.town
        there, landed = await asked(house)
        absent, lost = await asked(house, town.mia, channel=town.shared)
        teams.admin.consent(town.support_team)
        teams.faults.lose(SEND, landed=True).conversation = town.support.id
        teams.faults.lose(SEND, landed=False).conversation = town.shared.id
        for card in (landed, lost):
            await house.press(town.ana, card, "approve")
        for card in (landed, lost):
            await house.shows(card, "May or may not have been sent", "ChannelMessage.Read.Group", pressable=True)
        await house.press(town.ana, landed, "mark_sent")
        await house.press(town.ana, lost, "resend")
        await house.shows(landed, "Ana Alves looked and found it sent", pressable=False)
        await house.shows(lost, "Delivered.", pressable=False)
        assert [len(teams.posts(thread)) for thread in (there, absent)] == [1, 1]


async def test_a_locked_thread_is_told_on_the_card(house: House) -> None:
    """Once somebody may write there again, the same card sends the reply."""
    question, card = await asked(house)
    town = house.teams.town
    town.support.refuses = "MessageWritesBlocked"
    await house.press(town.ana, card, "approve")
    await house.shows(card, "Nobody may write here any more", pressable=True)
    town.support.refuses = ""
    await house.press(town.ana, card, "approve")
    await house.replies(question)


async def test_an_app_that_was_taken_out_goes_on_when_it_is_added_again(house: House) -> None:
    """One question waits for a decision, the reply to another is released and on its way: both cards say what to do,
    and once it is done the same cards send.
    """
    teams, town = house.teams, house.teams.town
    pending, card = await asked(house)
    released, other = await asked(house, town.kai, MORE)
    put_off = teams.faults.ratelimit(SEND)
    put_off.conversation = town.support.id
    await house.press(town.ana, other, "approve")
    await teams.until(lambda: put_off.hits, PATIENCE)
    await teams.admin.uninstall(town.support_team)
    await house.press(town.ana, card, "approve")
    for one in (card, other):
        await house.shows(one, "The app is not in this team or channel any more. Add it again.", pressable=True)
    await teams.admin.install(town.support_team)
    for one in (card, other):
        await house.press(town.ana, one, "approve")
    for thread in (pending, released):
        assert len(await house.replies(thread)) == 1
    await asked(house, words="Where is my third parcel?")


async def test_that_the_app_was_taken_out_is_not_forgotten(house: House) -> None:
    """Teams tells it once. A program that starts afterwards sees it, says so, and what it cannot send stays on the card;
    once the app is back, so is everything.
    """
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    await teams.admin.uninstall(town.support_team)
    await house.bot.stop()
    await house.bot.start()
    assert await house.bot.told(f"Nothing comes from {town.support.id} and nothing can be posted there")
    await house.press(town.ana, card, "approve")
    await house.shows(card, "The app is not in this team or channel any more.", pressable=True)
    assert not teams.posts(question)
    await teams.admin.install(town.support_team)
    async with asyncio.timeout(PATIENCE):
        while await house.bot.readiness() != (True, ""):  # noqa: ASYNC110 - nothing rings a bell over there
            await asyncio.sleep(0.01)
    await house.press(town.ana, card, "approve")
    await house.replies(question)


async def test_an_expired_secret_is_named_and_a_new_one_goes_on(house: House) -> None:
    """Nothing can be shown in Teams, so `/readyz` says it. With the new secret the same card sends."""
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    teams.admin.rotate_secret("new-secret")
    teams.admin.revoke_tokens()
    await house.press(town.ana, card, "approve")
    assert not await house.bot.told("The app's client secret has expired.")
    assert not teams.posts(question)
    await house.bot.stop()
    house.bot.environment["TEAMS_APP_PASSWORD"] = "new-secret"
    await house.bot.start()
    await house.shows(card, "The app's client secret has expired.", pressable=True)
    await house.press(town.ana, card, "approve")
    await house.replies(question)
    await house.shows(card, "Delivered.", pressable=False)


async def test_a_storm_of_refusals_only_slows_it_down(house: House) -> None:
    """Whatever is called is put off with 429. In the end each of many threads has its replies once and in order."""
    teams, town = house.teams, house.teams.town
    people = [(town.kim, town.support), (town.mia, town.shared), (town.kai, town.support)]
    threads = [await teams.act.write(person, channel, QUESTION) for person, channel in people]
    for turn in (1, 2):
        await house.card(number=len(threads) - 1)
        storm = teams.faults.ratelimit("*", times=3 - turn, retry_after=1)
        for card in house.cards(decidable):
            await house.press(town.ana, card, "approve")
        await asyncio.gather(*(house.replies(thread, turn) for thread in threads))
        assert storm.hits == 3 - turn
        if turn == 1:
            for (person, _), thread in zip(people, threads, strict=True):
                await teams.act.reply(person, thread, MORE)
    for card in house.cards():
        await house.shows(card, "Delivered.", pressable=False)
    assert [len(teams.posts(thread)) for thread in threads] == [2, 2, 2]
    assert house.verified() == 6


# --- activities


async def test_what_cannot_be_stored_comes_again(house: House, tmp_path: Path) -> None:
    """The database is moved away: nothing is acknowledged until it is written, and told so often it is written once."""
    teams, town = house.teams, house.teams.town
    teams.courier.retries, teams.courier.strikes = [1.0] * 100, None
    with moved_away(tmp_path):
        question = await teams.act.write(town.kim, town.support, QUESTION)
        (told,) = teams.told("message")
        await teams.until(lambda: len(told.attempts) > 1, PATIENCE)
        assert {attempt.status for attempt in told.attempts} <= {0, 503}
    card = await house.card()
    await house.settled()
    assert told.acknowledged
    assert len(house.cards()) == 1
    await house.press(town.ana, card, "approve")
    await house.shows(card, "Delivered.", pressable=False)
    assert len(teams.posts(question)) == 1
    assert house.verified() == 1


async def test_a_click_that_is_told_to_a_program_that_knows_nothing_of_it_does_no_harm(house: House) -> None:
    """Teams brings a click again under another id, and perhaps to another replica or to one that was started anew: who
    decided is said, the card is the current one, and nothing is sent twice.
    """
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    pressed = await teams.act.press(town.ana, card, "edit", inputs={"edit_words": "My own words."})
    await house.shows(card, "Delivered.", pressable=False)
    await house.bot.stop()
    await house.bot.start()
    delivery = await teams.act.deliver(teams.activities.again(pressed.activity))
    assert (delivery.status, delivery.answer["statusCode"]) == (200, 200)
    shown = delivery.answer["value"]
    assert "Edited and approved by Ana Alves" in str(shown)
    assert "Action.Execute" not in str(shown)
    await house.settled()
    assert len(teams.posts(question)) == 1


# --- cards


async def test_cards_that_are_not_found_at_random_are_drawn_in_the_end(house: House) -> None:
    """Every second update fails although the card is there. What is on record counts: the reply is sent once, a click on
    a card that was never redrawn is answered with the current one, and in the end everybody sees what came of it.
    """
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    seen = teams.act.snapshot(card)
    gone = teams.faults.vanish(times=2)
    await house.press(town.ana, card, "approve")
    await house.replies(question)
    await teams.until(lambda: gone.hits == 2, PATIENCE)
    shown = await house.press(town.lea, seen, "approve")
    assert "Approved by Ana Alves" in str(shown)
    await house.shows(card, "Delivered.", pressable=False)
    assert len(teams.posts(question)) == len(house.cards()) == 1


async def test_a_review_team_with_a_guest_gets_no_card(house: House) -> None:
    """From the moment Teams tells that somebody else can read there; `/readyz` and the log say why, and customers are
    heard all the same. When the guest has left the cards come.
    """
    teams, town = house.teams, house.teams.town
    _, card = await asked(house)
    await teams.admin.add(town.kai, town.staff_team)
    question = await teams.act.write(town.kim, town.support, MORE)
    await house.press(town.ana, card, "approve")
    nowhere = f"No card can be shown in {town.review.id}: People from another organisation can read the review channel"
    assert await house.bot.told(nowhere)
    assert decidable(card), "the old card is not drawn again either"
    assert len(house.cards()) == 1
    await teams.admin.remove(town.kai, town.staff_team)
    await house.shows(card, "Delivered.", pressable=False)
    await house.press(town.ana, await house.card(), "approve")
    await house.replies(question)
    assert await house.bot.readiness() == (True, "")


@pytest.mark.parametrize("how", ["taken out", "blocked"])
async def test_a_review_channel_that_is_closed_is_told_elsewhere(house: House, how: str) -> None:
    """No card can say it, so `/readyz` and the log do, until the channel is open again."""
    teams, town = house.teams, house.teams.town
    if how == "taken out":
        await teams.admin.uninstall(town.staff_team)
    else:
        town.review.refuses = "MessageWritesBlocked"
    question = await teams.act.write(town.kim, town.support, QUESTION)
    why = "Add it again." if how == "taken out" else "Nobody may write here any more"
    assert await house.bot.told(f"No card can be shown in {town.review.id}: ")
    assert why in (await house.bot.readiness())[1]
    town.review.refuses = ""
    await teams.admin.install(town.staff_team)
    await house.press(town.ana, await house.card(), "approve")
    await house.replies(question)
    assert await house.bot.readiness() == (True, "")


async def test_a_card_that_teams_takes_in_no_form_has_a_page(house: House) -> None:
    """`/readyz` leads there, until Teams takes the card after all."""
    teams, town = house.teams, house.teams.town
    offended = teams.faults.add(Fault("error", SEND, None, status=400, code="BadSyntax", conversation=town.review.id))
    question = await teams.act.write(town.kim, town.support, QUESTION)
    assert await house.bot.told(f"Decide on its page: {house.bot.address}/audit/")
    assert offended.hits >= 3
    teams.faults.clear()
    await house.press(town.ana, await house.card(), "approve")
    await house.replies(question)
    await house.card(lambda post: says(post, "Delivered."))
    assert await house.bot.readiness() == (True, "")


async def test_a_card_in_any_script_can_be_drawn_again(house: House) -> None:
    """Teams counts a message in UTF-16, and its room is small."""
    town = house.teams.town
    question = await house.teams.act.write(town.kim, town.support, "我的包裹在哪里？" * 400)
    card = await house.card(lambda post: "edit" in verbs(post.card or {}))
    await house.teams.act.edit(question, "我的包裹到底在哪里？🙁" * 400)
    await house.shows(card, "到底")
    assert "teams_card_refused" not in house.bot.log()
    assert not house.teams.warnings
