"""Replies for the wrong eyes: approved for other readers, or telling what this reader must not know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import Click, Person, Speaker
from bot.discretion import Secrets
from bot.drafting.knowledge import Section
from bot.phrases import say
from bot.review.actions import Drafted, Start
from bot.review.machine import decide
from bot.review.model import SYSTEM, State
from bot.store import reviews
from bot.store.engine import Connection
from tests.stage.channel import NAME, ScriptedChannel, refuses, silent
from tests.stage.drafter import draft_of
from tests.stage.play import ANA, DESK, PATIENCE, Clock, Stage, desk, staged

RULE = "Up to sixty euros need the lead, and never more than twice a year."
SECRETS = Secrets([Section("limits.en", "limits", "Limits", "", "en", public=False, text=RULE)])
JONAS = Person(NAME, "u7", "Jonas Weber")
WORDS = "You wrote: Where is my parcel?"
NOW_SHARED = (
    "This reply was written for the members of the channel; by now the members of the channel and people of T0ACME"
    " can read the channel. Ask for another draft."
)
NOBODY_KNOWS = "Whom this reply was written for is not known. Ask for another draft."


@pytest.fixture
async def discreet(database: sa.URL) -> AsyncIterator[Stage]:
    """A desk with an internal article and a wiki of its own, on a database of either kind."""
    async with staged(database, desk=desk(internal_links=("wiki.example.org",)), secrets=SECRETS) as stage:
        yield stage


async def _stopped(stage: Stage, why: str) -> None:
    """Nothing was sent, a person decides, and the card says why."""
    await stage.works()
    card = await stage.card()
    assert (stage.replies(), card.state, card.problem) == ([], State.IN_REVIEW, why)
    assert stage.shown()[0].problem == why


# --- who reads


async def test_a_reply_does_not_go_to_readers_it_was_not_written_for(either: Stage) -> None:
    """The channel was shared between the approval and the sending. For the new readers there is a new draft, which goes."""
    await either.released()
    either.channel.readers = "private T0ACME"
    await _stopped(either, NOW_SHARED)
    await either.presses("approve")
    await _stopped(either, NOW_SHARED)
    await either.presses("redraft", instruction="for Acme too")
    await either.works()
    await either.presses("approve")
    await either.works()
    assert either.replies() == [f"{WORDS} (for Acme too)"]


async def test_words_of_a_persons_own_are_for_the_same_readers(stage: Stage) -> None:
    """Whoever typed them read the thread as it was when the card was drawn."""
    await stage.in_review()
    stage.channel.readers = "public"
    await stage.presses("edit", words="Only between us.")
    await stage.works()
    assert "by now everybody in the workspace can read the channel" in (await stage.card()).problem
    assert (await stage.card()).reply == "Only between us."


async def test_a_draft_for_nobody_knows_whom_is_not_sent(either: Stage) -> None:
    """The channel would not say who reads there, and the card says so. What is drafted when it does is sent."""
    either.channel.asking.extend([refuses(final=True)] * 2)
    card = await either.in_review()
    assert card.note == say("draft.readers_unknown")
    await either.presses("approve")
    await _stopped(either, NOBODY_KNOWS)
    await either.presses("redraft")
    await either.works()
    await either.presses("approve")
    await either.works()
    assert either.replies() == [WORDS]


@pytest.mark.parametrize("reaction", [silent(landed=False), refuses()], ids=["silent", "busy"])
async def test_a_channel_that_is_asked_again_a_moment_later_may_know(stage: Stage, reaction: object) -> None:
    """One lost answer costs no second draft."""
    stage.channel.asking.append(reaction)  # type: ignore[arg-type]
    assert (await stage.in_review()).note == ""
    await stage.presses("approve")
    await stage.works()
    assert stage.replies() == [WORDS]


async def test_what_a_channel_said_last_does_for_a_draft(stage: Stage) -> None:
    """It does not for a reply: if others read there by now, it stays."""
    await stage.in_review(root="2")
    stage.channel.asking.extend([silent(landed=False)] * 2)
    assert (await stage.in_review()).note == ""
    stage.channel.asking.clear()
    stage.channel.readers = "private T0ACME"
    await stage.presses("approve")
    await _stopped(stage, NOW_SHARED)


@pytest.mark.parametrize("reaction", [silent(landed=False), refuses()], ids=["silent", "busy"])
async def test_a_reply_waits_until_it_is_known_who_reads(either: Stage, reaction: object) -> None:
    """It certainly was not sent, so it is tried again by itself and nobody has to look for it."""
    await either.released()
    either.channel.asking.append(reaction)  # type: ignore[arg-type]
    await either.works()
    review = await either.review()
    assert (either.replies(), review.state, review.doubt) == ([], State.RELEASED, False)
    either.clock.move(PATIENCE.again)
    await either.works()
    assert either.replies() == [WORDS]
    assert either.channel.looks == []


async def test_a_channel_that_will_not_say_who_reads_gets_no_reply(stage: Stage) -> None:
    """The person reads the channel's own reason."""
    await stage.released()
    stage.channel.asking.append(refuses("The app is not in the channel any more.", final=True))
    await _stopped(stage, "The app is not in the channel any more.")


async def test_words_that_have_left_are_not_called_back(stage: Stage) -> None:
    """They had landed when the channel was shared: what is found is delivered, whoever reads it now."""
    await stage.released()
    stage.channel.sending.append(silent(landed=True))
    await stage.works()
    stage.channel.readers = "private T0ACME"
    stage.clock.move(PATIENCE.send_lease)
    await stage.works()
    assert (stage.replies(), (await stage.review()).state) == ([WORDS], State.SENT)


async def test_words_that_were_lost_on_the_way_are_asked_about_again(stage: Stage) -> None:
    """They had not landed, and somebody else reads there now."""
    await stage.released()
    stage.channel.sending.append(silent(landed=False))
    await stage.works()
    stage.channel.readers = "private T0ACME"
    stage.clock.move(PATIENCE.send_lease)
    await _stopped(stage, NOW_SHARED)


async def test_words_a_person_has_sent_again_are_for_the_same_readers(stage: Stage) -> None:
    """Also when the channel could not be searched."""
    await stage.stuck()
    stage.channel.readers = "private T0ACME"
    await stage.presses("resend")
    await _stopped(stage, NOW_SHARED)


async def test_a_review_without_a_draft_knows_its_readers(stage: Stage) -> None:
    """Nothing fitted, drafting broke, or every worker died of it: what a person writes is sent all the same."""
    stage.drafter.script.extend([draft_of(""), ZeroDivisionError("a fault of ours")])
    await stage.in_review(root="1")
    await stage.in_review(root="2")
    await stage.says("Where is my parcel?", "3", ref="3")
    stage.clock.move(DESK.settle)
    for _ in range(PATIENCE.tries):
        assert (await stage.desk.take_drafts(9)).claims
        stage.clock.move(PATIENCE.draft_lease)
    await stage.works()
    for root in "123":
        assert (await stage.card(root)).reply == ""
        await stage.presses("edit", root, words="It is here.")
    await stage.works()
    assert [stage.replies(root) for root in "123"] == [["It is here."]] * 3


async def test_a_draft_of_an_older_version_is_made_anew_before_it_is_sent(either: Stage) -> None:
    """It was approved for whoever might read it, which is not enough any more."""
    await either.says("Where is my parcel?", ref="1")
    either.clock.move(DESK.settle)

    def older(conn: Connection) -> None:
        (review,) = reviews.due(conn, (DESK.id,), (State.RECEIVED,), either.clock(), 1)
        now = either.clock()
        start = decide(review, Start(by=SYSTEM, at=now, seen=review.version, lease=now + 9))
        reviews.record(conn, start)
        drafted = Drafted(by=SYSTEM, at=now, claim=start.review.claim, draft=draft_of(WORDS))
        reviews.record(conn, decide(start.review, drafted))

    await either.engine.write(older)
    await either.presses("approve")
    await _stopped(either, NOBODY_KNOWS)


async def test_a_place_whose_readers_never_change_is_not_compared(stage: Stage) -> None:
    """As in the local workspace: it has nothing to say, before and after."""
    stage.channel.readers = ""
    await stage.released()
    await stage.works()
    assert stage.replies() == [WORDS]


# --- what is said


async def _typed(stage: Stage, words: str) -> str:
    """What somebody is told who wants to send these words; nothing when they may. The form opens in any case."""
    card = await stage.card()
    click = Click(card.review, card.version, "edit", ANA, {"words": words})
    assert await stage.desk.check(click) == ""
    before = await stage.review()
    answer = await stage.desk.act(click)
    assert answer.done or await stage.review() == before
    return "" if answer.done else answer.sentence


async def test_words_of_an_internal_article_are_refused(discreet: Stage) -> None:
    """Typed, or drafted and approved; whoever typed them reads which ones."""
    await discreet.in_review()
    told = await _typed(discreet, f"Hi Mia,\n{RULE}")
    assert told == ("The reply quotes an internal article: “up to sixty euros need the lead and”. Take it out.")
    discreet.drafter.script.append(draft_of(f"Dear Mia, {RULE}"))
    await discreet.presses("redraft")
    await discreet.works()
    assert not (await discreet.presses("approve")).done
    await discreet.presses("edit", words="We will see what we can do.")
    await discreet.works()
    assert discreet.replies() == ["We will see what we can do."]


@pytest.mark.parametrize("link", ["https://wiki.example.org/refunds", "http://intranet/refunds", "10.0.0.7:8080/x"])
async def test_a_link_for_colleagues_is_refused(link: str, discreet: Stage) -> None:
    """The desk's own hosts, and what nobody outside can reach."""
    await discreet.in_review()
    assert "a link that is for colleagues only" in await _typed(discreet, f"Look at {link}")
    assert await _typed(discreet, "Look at https://shop.example.org/refunds") == ""


async def test_another_customers_name_is_refused(discreet: Stage) -> None:
    """However it is written."""
    await discreet.says("Hello", "7", by=JONAS, speaker=Speaker.CUSTOMER)
    await discreet.in_review()
    for words in ("As we told Jonas Weber", "JONAS WEBER'S parcel", "Jonas Webers Paket"):
        assert "another customer" in await _typed(discreet, words)
        assert "Jonas Weber" in await _typed(discreet, words)
    assert await _typed(discreet, "As we told Jonas, Weber is a name") == ""


async def test_a_name_somebody_mentioned_is_no_secret(discreet: Stage) -> None:
    """What the customer wrote themselves, what a colleague wrote in the thread, and who wrote there."""
    await discreet.says("Hello", "7", by=JONAS, speaker=Speaker.CUSTOMER)
    told: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("1", "jonas  WEBER gave it to me", {}),
        ("2", "Jonas Weber will help you.", {"by": ANA}),
        ("3", "I can help.", {"by": JONAS, "speaker": Speaker.CUSTOMER}),
    )
    for root, said, by in told:
        await discreet.in_review(root=root)
        await discreet.says(said, root, **by)
        await discreet.says("Who?", root)
        await discreet.settles()
        assert (await discreet.presses("edit", root, words="Ask Jonas Weber.")).done, root
    # The same holds for everything else that is no secret any more.
    await discreet.in_review(f"I was told: {RULE} It stands in https://wiki.example.org/refunds", root="4")
    assert (await discreet.presses("edit", "4", words=f"{RULE} https://wiki.example.org/refunds")).done


async def test_a_customers_own_name_is_no_secret(discreet: Stage) -> None:
    """Nor that of a namesake, nor that of a colleague who once asked something."""
    await discreet.says("Hello", "7", by=replace(JONAS, id="u8"), speaker=Speaker.CUSTOMER)
    await discreet.says("Hello", "8", by=replace(ANA, name="Ana Alves"), speaker=Speaker.CUSTOMER)
    await discreet.says("Where is my parcel?", "1", ref="1", by=JONAS, speaker=Speaker.CUSTOMER)
    await discreet.settles()
    assert await _typed(discreet, "Dear Jonas Weber, it is here. Ana Alves") == ""


async def test_a_customer_of_another_desk_is_nobody(sqlite: sa.URL) -> None:
    """Namesakes are many; only who writes at this desk is meant."""
    async with staged(sqlite, desk=desk(id="sales"), name="b") as sales:
        await sales.says("Hello", "7", by=JONAS, speaker=Speaker.CUSTOMER)
        async with staged(sqlite, secrets=SECRETS, clock=sales.clock, channel=sales.channel) as support:
            await support.in_review()
            assert await _typed(support, "As we told Jonas Weber") == ""


async def test_nobody_is_nobodys_name(discreet: Stage) -> None:
    """A thread that a colleague began has no customer yet, and so no name that could be mentioned."""
    await discreet.says("Good morning!", "7", by=ANA)
    await discreet.in_review()
    assert await _typed(discreet, "@_ . @") == ""


async def test_it_is_looked_at_again_when_it_leaves(database: sa.URL) -> None:
    """An article became internal since, and a customer of that name has written. The record names nobody."""
    clock, channel = Clock(), ScriptedChannel()
    async with staged(database, clock=clock, channel=channel, name="a") as before:
        typed = {"1": f"Dear Mia, {RULE}", "2": "As we told Jonas Weber", "3": "http://shop.example/"}
        for root in typed:
            await before.in_review(root=root)
        for root, words in typed.items():
            assert (await before.presses("edit", root, words=words)).done
        links = desk(internal_links=("shop.example",))
        async with staged(database, desk=links, clock=clock, channel=channel, name="b", secrets=SECRETS) as after:
            await after.says("Hello", "7", by=JONAS, speaker=Speaker.CUSTOMER)
            await after.works()
            problems = [(await after.card(root)).problem for root in "123"]
            assert problems == [say("stopped.passage"), say("stopped.name"), say("stopped.link")]
            assert channel.world.replies == []
            assert [(await after.review(root)).state for root in "123"] == [State.IN_REVIEW] * 3
            rows = await after.engine.read(
                lambda conn: conn.execute(sa.text("SELECT details FROM audit")).scalars().all()
            )
            assert not [row for row in rows if "Jonas" in row]


async def test_a_gap_that_a_model_left_keeps_a_reply_back(either: Stage) -> None:
    """A placeholder stands for what the model was not shown; one that it made up stands for nothing."""
    either.drafter.script.append("We wrote to [EMAIL_3] today.")
    await either.in_review()
    answer = await either.presses("approve")
    assert not answer.done
    assert answer.sentence.startswith("The reply has a gap that nobody filled: [EMAIL_3].")
    assert not (await either.presses("edit", words="We wrote to [ email 3 ] today.")).done
    assert (await either.presses("edit", words="We wrote to you today.")).done
    await either.works()
    assert either.replies() == ["We wrote to you today."]
