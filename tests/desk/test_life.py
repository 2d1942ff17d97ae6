"""A message's life when nothing goes wrong, and what people make of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import sqlalchemy as sa

from bot.channels.base import Place, Receipt, Speaker, Thread
from bot.review.model import Draft, Mood, Role, Sentiment, Source, State
from tests.stage.channel import Reply
from tests.stage.play import BOT, GUEST, JON, LEA, LEO, MIA, Stage, desk, staged


async def test_from_the_message_to_the_reply(either: Stage) -> None:
    """A customer writes, a draft is made, a person approves it, and the customer reads it once."""
    assert await either.says("Where is my parcel?", ref="1") is Receipt.STORED
    await either.works()
    assert either.shown() == []  # the customer may still be writing
    either.clock.move(8)
    await either.works()
    assert [card.reply for card in either.shown()] == ["You wrote: Where is my parcel?"]
    assert either.replies() == []
    answer = await either.presses("approve")
    assert (answer.done, answer.sentence) == (True, "Approved. The reply is on its way.")
    await either.works()
    assert either.replies() == ["You wrote: Where is my parcel?"]
    assert (await either.review()).state is State.SENT
    assert await either.steps() == ["Received", "Start", "Drafted", "Approve", "Depart", "Delivered"]


async def test_the_card_shows_the_end(stage: Stage) -> None:
    """Who decided, that it was delivered, and no button any more; one card, drawn again."""
    await stage.released()
    await stage.works()
    stage.clock.move(1)
    await stage.works()
    (card,) = stage.shown()
    assert (card.state, card.buttons) == (State.SENT, ())
    assert card.outcome == "Approved by Ana. Delivered."
    assert card.messages[-1].speaker is Speaker.BOT


async def test_the_card_shows_what_the_reviewer_needs(stage: Stage) -> None:
    """The words, the customer's mood, the sources and where the draft came from."""
    upset = Sentiment(Mood.NEGATIVE, True, ("third time",), "model")
    source = Source("delivery.en", "Delivery", True)
    made = Draft("We are sorry.", "en", upset, "late", ("refund",), (source,), "", "gpt-x", "ok")
    stage.drafter.script.append(made)
    await stage.in_review("It is the third time!")
    (card,) = stage.shown()
    assert (card.reply, card.sentiment, card.sources, card.risks) == ("We are sorry.", upset, (source,), ("refund",))
    assert (card.template, card.model, card.intent, card.note) == ("support_reply@1", "gpt-x", "late", "ok")
    assert (card.customer, card.desk, card.place, card.limit) == ("Mia", "Support", "stage:support", 300)
    assert [button.verb for button in card.buttons] == [
        *("approve", "edit", "reject", "redraft", "claim"),
        *("escalate", "snooze", "correct"),
    ]


async def test_a_burst_becomes_one_review(either: Stage) -> None:
    """Three messages within the settling time are answered together, eight seconds after the last."""
    for number in range(3):
        await either.says(f"part {number}")
        either.clock.move(5)
    await either.works()
    assert either.drafter.cases == []
    either.clock.move(3)
    await either.works()
    (case,) = either.drafter.cases
    assert [message.text for message in case.thread] == ["part 0", "part 1", "part 2"]
    assert len(await either.reviews()) == len(either.shown()) == 1


async def test_a_burst_told_all_at_once_becomes_one_review(either: Stage) -> None:
    """The channel hands over ten messages in the same moment, the first of a thread among them."""
    events = [either.said(f"part {number}") for number in range(10)]
    receipts = await asyncio.gather(*(either.tell(event) for event in events))
    assert receipts == [Receipt.STORED] * 10
    assert len(await either.reviews()) == 1
    assert len(await either.messages()) == 10


async def test_an_edit_goes_out_as_it_was_typed(either: Stage) -> None:
    """The person's words, not the model's; the card compares the two."""
    await either.in_review()
    assert (await either.presses("edit", words="It arrives *tomorrow*, {name}.\n")).done
    await either.works()
    assert either.replies() == ["It arrives *tomorrow*, {name}.\n"]
    card = await either.card()
    assert (
        "".join(span.text for span in card.comparison if span.kind != "removed") == "It arrives *tomorrow*, {name}.\n"
    )
    assert "".join(span.text for span in card.comparison if span.kind != "added") == "You wrote: Where is my parcel?"


async def test_a_rejection_sends_nothing_and_settles_the_question(stage: Stage) -> None:
    """A person decided that there is no reply: the next message opens a new review, for that message alone."""
    await stage.in_review("Thanks!")
    assert (await stage.presses("reject", reason="not_needed", note="only a thank-you")).done
    await stage.works()
    assert (await stage.card()).outcome == "Rejected by Ana: no reply needed."
    await stage.says("One more thing")
    stage.clock.move(8)
    await stage.works()
    assert [message.text for message in stage.drafter.cases[-1].thread][-1] == "One more thing"
    assert stage.drafter.cases[-1].covers == 2
    assert [review.state for review in await stage.reviews()] == [State.REJECTED, State.IN_REVIEW]
    await stage.takes_back((await stage.messages())[-1].ref)
    assert (await stage.review()).state is State.RETIRED  # what was rejected is not asked again
    assert stage.replies() == []


async def test_a_redraft_follows_the_instruction_and_replaces_the_words(stage: Stage) -> None:
    """The same card, another draft, at once: nobody waits for a settling time."""
    await stage.in_review()
    assert (await stage.presses("redraft", instruction="mention the carrier")).done
    await stage.works()
    (card,) = stage.shown()
    assert card.reply == "You wrote: Where is my parcel? (mention the carrier)"
    assert card.changes == ("Ana asked for another draft.",)
    assert [case.instruction for case in stage.drafter.cases] == ["", "mention the carrier"]


async def test_a_held_reply_can_be_taken_back(sqlite: sa.URL) -> None:
    """With a hold, approved words wait; a recall brings them back, and the next approval starts the hold anew."""
    async with staged(sqlite, desk=desk(hold=20.0)) as stage:
        await stage.in_review()
        await stage.presses("edit", words="Tomorrow.")
        stage.clock.move(19.9)
        await stage.works()
        assert stage.replies() == []
        assert [button.verb for button in (await stage.card()).buttons] == ["recall"]
        assert (await stage.presses("recall", by=LEO)).sentence == "Taken back. Nothing was sent."
        stage.clock.move(60)
        await stage.works()
        assert stage.replies() == []
        card = await stage.card()
        assert (card.state, card.reply) == (State.IN_REVIEW, "Tomorrow.")
        await stage.presses("approve")
        stage.clock.move(20)
        await stage.works()
        assert stage.replies() == ["Tomorrow."]
        late = await stage.presses("recall")
        assert not late.done


async def test_a_thread_goes_on(stage: Stage) -> None:
    """The next question is drafted with what was said before, and answered by a review of its own."""
    await stage.released()
    await stage.works()
    await stage.says("And the invoice?")
    stage.clock.move(8)
    await stage.works()
    assert [message.speaker for message in stage.drafter.cases[-1].thread] == ["customer", "bot", "customer"]
    assert (await stage.presses("approve", by=LEA)).done
    await stage.works()
    assert len(stage.replies()) == 2
    assert [review.state for review in await stage.reviews()] == [State.SENT] * 2


async def test_threads_do_not_mix(either: Stage) -> None:
    """Two customers at once: each gets the answer to their own question, once."""
    await either.in_review("Mia's question", "1")
    await either.says("Jon's question", "2", ref="2", by=JON)
    either.clock.move(8)
    await either.works()
    for root in ("1", "2"):
        assert (await either.presses("approve", root)).done
    await either.works()
    assert (either.replies("1"), either.replies("2")) == (["You wrote: Mia's question"], ["You wrote: Jon's question"])
    assert (await either.card("2")).customer == "Jon"


async def test_a_thread_that_a_colleague_began_is_not_drafted_for(stage: Stage) -> None:
    """Until a customer writes in it; then that customer is whose thread it is."""
    await stage.answers("Heads up: the warehouse is closed on Monday.")
    stage.clock.move(60)
    await stage.works()
    assert stage.drafter.cases == []
    await stage.says("Will my order still arrive?", by=JON)
    stage.clock.move(8)
    await stage.works()
    assert (await stage.card()).customer == "Jon"
    assert stage.drafter.cases[0].customer == "Jon"


async def test_what_is_told_twice_happens_once(either: Stage) -> None:
    """Under the same name, under one more name, and by several at the same moment."""
    event = either.said("Hello", keys=("event-1", "message-1"))
    again = either.said("Hello", keys=("event-2", "message-1"))
    receipts = await asyncio.gather(*(either.tell(told) for told in (event, event, again, event)))
    assert sorted(receipts) == [Receipt.DUPLICATE] * 3 + [Receipt.STORED]
    assert await either.tell(event) is Receipt.DUPLICATE
    assert len(await either.messages()) == 1


async def test_what_does_not_concern_the_desk_is_left_alone(stage: Stage) -> None:
    """Another place, the bot's own voice, and a witness of a post that was never made."""
    elsewhere = stage.said("Hello")
    lobby = Thread(Place("stage", "lobby"), "1")
    assert await stage.tell(replace(elsewhere, thread=lobby)) is Receipt.IGNORED
    assert await stage.says("I am a bot", by=BOT) is Receipt.IGNORED
    for key in ("nonesuch-3", "", "-", "\x00-1", "x" * 5_000):
        assert await stage.echoes(Reply("m1", elsewhere.thread, key, "words")) is Receipt.IGNORED


async def test_a_reader_without_the_right_is_told_so(stage: Stage) -> None:
    """Every button, for a guest and for the customer: a sentence, and nothing has changed."""
    card = await stage.in_review()
    before = await stage.review()
    for by in (GUEST, MIA, BOT):
        for verb, fields in (
            ("approve", {}),
            ("edit", {"words": "x"}),
            ("reject", {"reason": "tone"}),
            ("redraft", {}),
        ):
            answer = await stage.presses(verb, by=by, seen=card, **fields)
            assert (answer.done, answer.sentence.partition(".")[0]) == (False, "You may look but not decide here")
    await stage.works()
    assert await stage.review() == before
    assert stage.replies() == []


async def test_everybody_of_a_place_may_be_given_a_right(sqlite: sa.URL) -> None:
    """`channel:*` in the settings; a name of one's own goes before it."""
    people = {"stage:*": Role.AGENT, str(LEO): Role.NOBODY}
    async with staged(sqlite, desk=desk(people=people)) as stage:
        await stage.in_review()
        assert not (await stage.presses("approve", by=LEO)).done
        assert (await stage.presses("approve", by=GUEST)).done
