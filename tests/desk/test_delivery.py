"""Speak once: what comes of a reply when the channel refuses, is silent, or cannot look."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot import loops
from bot.channels.base import Receipt
from bot.review.model import State
from bot.setting import Patience
from bot.store.tables import releases, texts
from bot.store.verify import Broken
from tests.stage.channel import Gate, Reply, ScriptedChannel, blind, delivers, refuses, silent
from tests.stage.play import PATIENCE, Clock, Stage, staged

LEASE = PATIENCE.send_lease
WORDS = "You wrote: Where is my parcel?"


async def _later(stage: Stage, seconds: float) -> None:
    stage.clock.move(seconds)
    await stage.works()


# --- refused


async def test_a_refused_reply_is_tried_again_with_longer_and_longer_pauses(either: Stage) -> None:
    """After two seconds, four, eight; the card says why and when, and the words reach the customer once."""
    await either.released()
    either.channel.sending += [refuses("The channel is being moved.")] * 3
    await either.works()
    assert "Not sent: The channel is being moved. Next try at " in (await either.card()).history[-1].text
    for pause in (2, 4, 8):
        assert (await either.review()).due == either.clock.now + pause
        await _later(either, pause - 0.001)
        assert either.replies() == []
        await _later(either, 0.001)
    assert either.replies() == [WORDS]
    assert (await either.review()).problem == ""


async def test_a_channel_that_asks_for_patience_gets_it(stage: Stage) -> None:
    """Its own pause counts when it is longer than ours."""
    await stage.released()
    stage.channel.sending.append(refuses("Slow down.", wait=100))
    await stage.works()
    assert (await stage.review()).due == stage.clock.now + 100
    await _later(stage, 99)
    assert stage.replies() == []
    await _later(stage, 1)
    assert stage.replies() == [WORDS]


async def test_pauses_do_not_grow_for_ever(sqlite: sa.URL) -> None:
    """From five minutes on they stay as they are."""
    async with staged(sqlite, patience=Patience(send=1.0, tries=50)) as stage:
        await stage.released()
        stage.channel.sending += [refuses()] * 12
        await stage.works()
        for _ in range(11):
            due = (await stage.review()).due
            assert due is not None
            assert due - stage.clock.now <= PATIENCE.again_most
            await _later(stage, due - stage.clock.now)
        assert (await stage.review()).due == stage.clock.now + PATIENCE.again_most


@pytest.mark.parametrize("tries", [1, 8])
async def test_after_so_many_refusals_a_person_decides(tries: int, stage: Stage) -> None:
    """At once when the channel says that it is of no use, else after the eighth attempt: the card is open again."""
    await stage.released()
    stage.channel.sending += [refuses("The thread is closed.", final=tries == 1)] * 8
    await stage.works()
    for _ in range(tries - 1):
        assert (await stage.review()).state is State.RELEASED
        await _later(stage, PATIENCE.again_most)
    card = await stage.card()
    assert (card.state, card.problem) == (State.IN_REVIEW, "The thread is closed.")
    assert [button.verb for button in card.buttons][:4] == ["approve", "edit", "reject", "redraft"]
    assert stage.replies() == []
    stage.channel.sending.clear()
    await stage.presses("approve")
    await stage.works()
    assert stage.replies() == [WORDS]


async def test_a_reason_may_hold_anything(either: Stage) -> None:
    """What a channel says is kept and shown as it is: braces, markup, NUL and half a character stop nothing."""
    await either.released()
    either.channel.sending.append(refuses("No\x00 {why} <b>\ud83d", final=True))
    await either.works()
    card = await either.card()
    assert (card.state, card.problem) == (State.IN_REVIEW, "No\ufffd {why} <b>?")


# --- silent


@pytest.mark.parametrize("landed", [True, False])
async def test_after_silence_somebody_looks_before_speaking(landed: bool, either: Stage) -> None:
    """The answer was lost. Nothing is done until none can come any more; then the words are looked for, and sent only
    if they are not there."""
    await either.released()
    either.channel.sending.append(silent(landed=landed))
    await either.works()
    assert (await either.review()).state is State.SENDING
    await _later(either, LEASE - 0.001)
    assert either.channel.looks == []
    await _later(either, 0.001)
    assert len(either.channel.looks) == 1
    assert either.replies() == [WORDS]
    assert (await either.review()).state is State.SENT


async def test_a_call_that_hangs_is_silence(sqlite: sa.URL) -> None:
    """A channel that never answers is given up on, and looked at when the lease has ended."""
    gate = Gate()
    async with staged(sqlite, patience=Patience(send=0.05)) as stage:
        await stage.released()
        stage.channel.sending.append(delivers(gate))
        await stage.works()
        assert (await stage.review()).state is State.SENDING
        await _later(stage, LEASE)
        assert stage.replies() == [WORDS]
        assert (await stage.review()).state is State.SENT


async def test_silence_while_looking_means_looking_again(stage: Stage) -> None:
    """Nothing is said as long as it is not known; after eight attempts a person decides."""
    await stage.released()
    stage.channel.sending.append(silent(landed=True))
    stage.channel.looking += [silent(landed=False)] * 20
    await stage.works()
    for _ in range(7):
        assert (await stage.review()).state is State.SENDING
        await _later(stage, LEASE)
    await _later(stage, LEASE)
    card = await stage.card()
    assert (card.state, [button.verb for button in card.buttons]) == (State.STUCK, ["resend", "mark_sent"])
    assert card.problem.startswith("No answer came from the channel")
    assert len(stage.replies()) == 1


async def test_a_worker_that_was_frozen_does_not_speak_when_it_wakes(stage: Stage) -> None:
    """Its claim may be somebody else's by now: the words stay, and whoever comes next looks first."""
    await stage.released()
    (claim,) = (await stage.desk.take_replies(9)).claims
    stage.clock.move(LEASE)
    await stage.works()
    assert stage.replies() == [WORDS]
    await loops._one(stage.delivering, claim, loops._unheard)
    assert stage.replies() == [WORDS]


async def test_a_clock_that_jumps_does_not_make_a_process_speak_twice(stage: Stage) -> None:
    """Its own call is still under way when, by the clock, the lease has ended: it waits for itself."""
    gate = Gate()
    await stage.released()
    stage.channel.sending.append(delivers(gate))
    sending = asyncio.create_task(stage.delivers())
    await gate.reached()
    stage.clock.move(3_600)
    assert await stage.delivers() == 0
    gate.open()
    await sending
    await stage.works()
    assert (stage.replies(), stage.channel.looks) == ([WORDS], [])


# --- cannot look


async def test_what_cannot_be_looked_for_is_a_persons_to_decide(stage: Stage) -> None:
    """Neither sent again nor taken for sent: two buttons, and the channel's reason."""
    card = await stage.stuck()
    assert (card.state, card.problem) == (State.STUCK, "This channel cannot be searched.")
    assert [button.verb for button in card.buttons] == ["resend", "mark_sent"]
    await _later(stage, 10_000)
    assert stage.replies() == []
    assert (await stage.review()).state is State.STUCK
    assert stage.shown()[0].state is State.STUCK


async def test_a_person_who_looked_can_have_it_sent(stage: Stage) -> None:
    """It is not there: it goes out, once, although the channel still cannot be searched."""
    await stage.stuck()
    stage.channel.looking += [blind()] * 9
    assert (await stage.presses("resend")).done
    await stage.works()
    assert stage.replies() == [WORDS]
    assert (await stage.review()).state is State.SENT
    assert "Ana looked and had it sent again." in [step.text for step in (await stage.card()).history]


async def test_a_person_who_looked_can_note_it_as_sent(stage: Stage) -> None:
    """It is there: nothing goes out, and the words join the conversation."""
    await stage.stuck()
    assert (await stage.presses("mark_sent")).done
    await _later(stage, 10_000)
    assert stage.replies() == []
    assert [message.text for message in await stage.messages()][-1] == WORDS
    assert (await stage.card()).outcome.endswith("Ana looked and found it sent.")


# --- a witness


@pytest.mark.parametrize("where", ["sending", "released", "stuck"])
async def test_a_witness_ends_it_wherever_it_stands(where: str, either: Stage) -> None:
    """The channel tells of the bot's own post, late: it is there, whatever its answer said, and it is not sent again."""
    await either.released()
    either.channel.sending.append(silent(landed=True))
    if where != "sending":
        either.channel.looking += [blind("No.")]
    await either.works()
    if where != "sending":
        await _later(either, LEASE)
        assert (await either.review()).state is State.STUCK
    if where == "released":
        assert (await either.presses("resend")).done
    (reply,) = either.channel.world.replies
    await either.echoes(reply)
    assert (await either.review()).state is State.SENT
    await _later(either, 10_000)
    assert either.replies() == [WORDS]
    assert [message.ref for message in await either.messages()][-1] == reply.ref


async def test_a_witness_and_the_answer_together_count_once(either: Stage) -> None:
    """The event of the post overtakes the answer to the call that made it, and is told twice."""
    await either.released()
    either.channel.sending.append(delivers(overtaken := Gate(), after=True))
    sending = asyncio.create_task(either.delivers())
    await overtaken.reached()
    (reply,) = either.channel.world.replies
    overtaken.open()
    await asyncio.gather(sending, either.echoes(reply), either.echoes(reply))
    assert (await either.review()).state is State.SENT
    assert len([message for message in await either.messages() if message.text == WORDS]) == 1


async def test_a_witness_of_another_release_is_none(stage: Stage) -> None:
    """Words that were taken back before they departed are not the ones that were approved since."""
    await stage.released()
    await stage.presses("recall")
    await stage.presses("edit", words="Other words.")
    review = await stage.review()
    thread = stage.said("x").thread
    for key in (f"{review.id}-4", f"{review.id}-0", f"{review.id}-", review.id):
        assert await stage.echoes(Reply("m9", thread, key, WORDS)) is Receipt.IGNORED
    assert (await stage.review()).state is State.RELEASED
    await stage.works()
    assert stage.replies() == ["Other words."]


# --- several workers


async def test_two_senders_speak_once(database: sa.URL) -> None:
    """Two processes look at the same time for what is to be sent: one of them has it."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root in "12345":
            await one.in_review(root=root)
        for root in "12345":
            await one.presses("approve", root)
        sent = await asyncio.gather(*(stage.delivers() for stage in (one, other) * 3))
        assert sum(sent) == 5
        assert [one.replies(root) for root in "12345"] == [[WORDS]] * 5


async def test_a_sender_that_died_is_followed_by_another(database: sa.URL) -> None:
    """It had claimed the reply and is gone, before or after it spoke: another looks, and the customer reads it once."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root, spoke in (("1", False), ("2", True)):
            await one.released(root)
            (claim,) = (await one.desk.take_replies(9)).claims
            if spoke:
                await channel.send_reply(claim.thread, claim.release)
            await other.works()
        clock.move(LEASE)
        await other.works()
        assert (one.replies("1"), one.replies("2")) == ([WORDS], [WORDS])


async def test_an_answer_that_comes_too_late_does_not_stand_for_other_words(sqlite: sa.URL) -> None:
    """While it was awaited another looked, was refused for good, and a person approved other words: those still go."""
    clock, channel, gate = Clock(), ScriptedChannel(), Gate()
    async with (
        staged(sqlite, clock=clock, channel=channel, name="a") as one,
        staged(sqlite, clock=clock, channel=channel, name="b") as other,
    ):
        await one.released()
        channel.sending.append(delivers(gate))
        late = asyncio.create_task(one.delivers())
        await gate.reached()
        clock.move(LEASE)
        channel.sending.append(refuses(final=True))
        await other.works()
        await other.presses("edit", words="Other words.")
        gate.open()
        await late
        assert (await one.review()).state is State.RELEASED
        await other.works()
        assert one.replies()[-1] == "Other words."


async def test_a_release_that_is_gone_holds_up_nobody_else(sqlite: sa.URL) -> None:
    """Somebody took it out of the database: its card says that nothing was sent, the others' replies leave, and the
    audit says what is missing."""
    with pytest.raises(Broken, match="is missing"):
        await _tampered(sqlite)


async def _tampered(url: sa.URL) -> None:
    async with staged(url) as stage:
        for root in "12":
            await stage.in_review(root=root)
        for root in "12":
            await stage.presses("approve", root)
        taken = sa.delete(releases).where(releases.c.review == (await stage.review("1")).id)
        await stage.engine.write(lambda conn: conn.exec_driver_sql("DROP TRIGGER releases_no_delete"))
        await stage.engine.write(lambda conn: conn.execute(taken))
        await stage.works()
        assert (stage.replies("1"), stage.replies("2")) == ([], [WORDS])
        assert (await stage.review("1")).state is State.IN_REVIEW


async def test_erased_words_are_not_sent(stage: Stage) -> None:
    """They were erased between the decision and the departure: a person sees it, and the customer reads nothing of it."""
    await stage.released()
    await stage.engine.write(lambda conn: conn.execute(sa.delete(texts)))
    await stage.works()
    assert stage.replies() == []
    assert (await stage.review()).state is State.IN_REVIEW
    assert (await stage.card()).problem == "The words were erased, so nothing was sent."
