"""What can be asked for by typing, as every channel hands it over: the real desk answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.channels import commands, wording
from bot.channels.base import NotStored, Person, Place, Thread
from bot.channels.commands import COMMANDS, Manner, Readout
from bot.desk import FrontDesk
from bot.discretion import Secrets
from bot.phrases import say
from bot.review.model import Role
from bot.setting import Desk
from tests.stage.channel import OFFICE, SUPPORT
from tests.stage.play import ANA, DESK, GUEST, LEA, LEO, MIA, PATIENCE, Stage, staged

NO_ROLE = say("command.no_role")
LEADS_ONLY = say("command.leads_only")


def thread_of(link: str) -> Thread | None:
    """This channel's links: `support/1` is a customer's thread, `office/card1` a card."""
    place, _, root = link.partition("/")
    places = {"support": SUPPORT, "office": OFFICE}
    return Thread(places[place], root) if place in places else None


async def asks(stage: Stage, text: str, by: Person = ANA, desk: FrontDesk | None = None) -> Readout:
    """Somebody types it."""
    manner = Manner(call="@countersign", here=OFFICE, thread_of=thread_of, now=stage.clock(), version="1.2.3")
    return await commands.answer(desk or stage.desk, by, text, manner)


def front(stage: Stage, *desks: Desk) -> FrontDesk:
    """Several desks in one program, where the stage has one."""
    return FrontDesk(desks, stage.engine, stage.drafter, stage.clock, lambda: "x", PATIENCE, Secrets())


def said(readout: Readout) -> str:
    """The sentences of an answer."""
    return "\n".join((*readout.sentences, *readout.notes))


@pytest.fixture
async def stage(sqlite: sa.URL) -> AsyncIterator[Stage]:
    """A desk on SQLite."""
    async with staged(sqlite) as stage:
        yield stage


@pytest.mark.parametrize("text", ["", "help", "  HELP  ", "Help me please", "help\n"])
async def test_help_lists_what_one_may_ask_for(stage: Stage, text: str) -> None:
    """A lead everything; an agent what agents may; whoever has no role is told so."""
    for by, words in (
        (LEA, set(COMMANDS)),
        (ANA, set(COMMANDS) - {"pause", "resume", "prompts"}),
        (GUEST, {"help", "version"}),
    ):
        lines = (await asks(stage, text, by)).sentences
        assert {line.split("`")[1].removeprefix("@countersign ") for line in lines if "`" in line} == words
        assert (NO_ROLE in lines) is (by is GUEST)


@pytest.mark.parametrize("text", ["dance", "Queue-now", "/queue", "<!channel>", "payload", "x" * 5000, "pausé", "🙂"])
async def test_nonsense_gets_a_kind_answer(stage: Stage, text: str) -> None:
    """What there is instead, and no more of the nonsense than a few words."""
    first, *rest = (await asks(stage, text)).sentences
    assert first == f"There is no command “{text[:40]}”. There are:"
    assert any("`@countersign queue`" in line for line in rest)


@pytest.mark.parametrize("word", [word for word in COMMANDS if word not in ("help", "version")])
async def test_nobody_else_reads_anything(stage: Stage, word: str) -> None:
    """Customers and strangers can type commands too."""
    await stage.in_review("Where is my secret parcel?")
    for by in (GUEST, MIA):
        assert await asks(stage, f"{word} 000002a", by) == Readout((NO_ROLE,))
    assert (await stage.desk.desks(LEA))[0].pause is None


@pytest.mark.parametrize("word", ["pause", "resume"])
async def test_an_agent_does_not_pause(stage: Stage, word: str) -> None:
    """And is told who can."""
    assert await asks(stage, word) == Readout((LEADS_ONLY,))


async def test_only_leads_ask_about_prompts(stage: Stage) -> None:
    """An agent is told so."""
    assert await asks(stage, "prompts show support_reply") == Readout((LEADS_ONLY,))


@pytest.mark.parametrize("text", ["dance", "show", "preview support_reply", "rollback", "show a b c", "list all"])
async def test_how_to_ask_about_prompts_is_told(stage: Stage, text: str) -> None:
    """When something is missing."""
    assert await asks(stage, f"prompts {text}", LEA) == Readout((say("prompts.usage", call="@countersign"),))


async def test_the_version_is_for_everybody(stage: Stage) -> None:
    """Whoever asks for help elsewhere is asked for it."""
    assert await asks(stage, "version", GUEST) == Readout(("Countersign 1.2.3",))


async def test_the_queue_lists_the_newest_and_says_how_many_there_are(stage: Stage) -> None:
    """Ten reviews and the number of the others."""
    assert said(await asks(stage, "queue")) == "Nothing waits for a decision."
    for number in range(12):
        await stage.says("Hello?", f"{number}", ref=f"{number}")
    found = await asks(stage, "QUEUE", LEO)
    assert found.sentences == ("Open reviews: 12",)
    assert [card.messages[0].ref for card in found.cards] == [str(number) for number in range(11, 1, -1)]
    assert found.notes == ("And 2 more.",)


async def test_a_line_of_a_list_says_how_a_review_stands(sqlite: sa.URL) -> None:
    """Who is on it, until when it should be answered, whether that has passed, and whether it is put off."""
    desk = replace(DESK, policy=replace(DESK.policy, within=3600.0))
    async with staged(sqlite, desk=desk) as stage:
        asked = stage.clock()
        await stage.in_review()
        await stage.presses("claim")

        def facts(found: Readout) -> tuple[str, ...]:
            return commands.facts(found.cards[0], stage.clock())

        since, due = wording.time(asked), wording.time(asked + 3600)
        assert facts(await asks(stage, "queue")) == (
            "Needs a decision", f"since {since}", "Ana is on it", f"reply due by {due}",
        )  # fmt: skip
        stage.clock.move(3600)
        assert f"overdue since {due}" in facts(await asks(stage, "queue"))
        await stage.presses("snooze", minutes="30")
        assert facts(await asks(stage, "queue"))[0].startswith("Snoozed")
        stage.clock.move(86_400)
        assert facts(await asks(stage, "queue"))[1].startswith("since 20")


async def test_mine_are_those_that_i_am_on(stage: Stage) -> None:
    """Not those of others, and not what is done."""
    assert said(await asks(stage, "mine")).startswith("You are on no open review.")
    for root in "123":
        await stage.in_review(root=root)
    for root, by in (("1", ANA), ("2", LEO), ("3", ANA)):
        await stage.presses("claim", root, by=by)
    await stage.presses("reject", "3", reason="tone")
    found = await asks(stage, "mine")
    assert found.sentences == ("Open reviews you are on: 1",)
    assert [card.messages[0].ref for card in found.cards] == ["1"]
    await stage.presses("claim", "1", by=LEO)
    assert not (await asks(stage, "mine")).cards
    assert len((await asks(stage, "mine", LEO)).cards) == 2


async def test_stats_name_what_they_count(stage: Stage) -> None:
    """Desk by desk, every figure with its name."""
    await stage.in_review(root="1")
    await stage.presses("approve")
    await stage.works()
    await stage.says("And this?", "2")
    assert (await asks(stage, "stats")).sentences == (
        "Support, since midnight:",
        "Came in: 2. Sent as drafted: 1, with a person's words: 0. Rejected: 0. Answered by hand: 0."
        " Nothing left to answer: 0. Sentiment corrected: 0.",
        "Waiting now: 1, of them angry: 0, overdue: 0, perhaps sent: 0.",
        "Median time from question to decision: 8 s, to reply: 8 s.",
    )


async def test_stats_of_nothing(stage: Stage) -> None:
    """There is no median of nothing."""
    assert (await asks(stage, "stats")).sentences[-1].endswith("decision: none yet, to reply: none yet.")


# --- audit


async def named(stage: Stage) -> dict[str, str]:
    """Every way to name the review of thread 1."""
    card = await stage.in_review()
    page = f"http://127.0.0.1:8080/audit/{card.review}"
    ref = next(iter(stage.channel.world.cards))
    ways = {"id": card.review, "page": page, "slash": f"{page}/", "query": f"{page}?from=mail#top"}
    return ways | {"thread": "support/1", "card": f"office/{ref}", "more": f"{card.review} please"}


@pytest.mark.parametrize("way", ["id", "page", "slash", "query", "thread", "card", "more"])
async def test_audit_tells_the_story_of_a_review(stage: Stage, way: str) -> None:
    """By its id, a link to its page, to the customer's thread or to its card."""
    found = await asks(stage, f"audit {(await named(stage))[way]}")
    assert [card.messages[0].text for card in found.cards] == ["Where is my parcel?"]
    assert [line.partition(" ")[2] for line in found.notes] == ["The customer wrote.", "Drafted by scripted."]


@pytest.mark.parametrize(
    "asked", ["nonesuch", "support/9", "office/1", "http://127.0.0.1/", "\x00", "a/" * 2000, "\ud83d", "%", "' OR 1=1"]
)
async def test_what_is_not_there_has_no_story(stage: Stage, asked: str) -> None:
    """Whatever was typed."""
    await stage.in_review()
    assert said(await asks(stage, f"audit {asked}")) == "There is no such review."


async def test_audit_of_nothing_asks_which(stage: Stage) -> None:
    """And says what can be given."""
    assert said(await asks(stage, "audit  ")).startswith("Which one?")


async def test_a_thread_has_the_story_of_its_newest_review(stage: Stage) -> None:
    """The customer wrote again after the reply."""
    await stage.in_review()
    await stage.presses("approve")
    await stage.works()
    stage.clock.move(60)
    await stage.says("Thanks, and what of the other one?")
    found = await asks(stage, "audit support/1")
    assert found.cards[0].review == (await stage.reviews())[-1].id
    assert len(await stage.reviews()) == 2


async def test_a_long_story_is_cut_at_its_beginning(stage: Stage) -> None:
    """The page has all of it."""
    await stage.in_review()
    for _ in range(25):
        await stage.presses("claim")
    notes = (await asks(stage, f"audit {(await stage.review()).id}")).notes
    assert notes[0] == "Earlier steps, on the review's page: 7"
    assert len(notes) == 21


async def test_a_review_of_another_desk_is_not_there(stage: Stage, sqlite: sa.URL) -> None:
    """Somebody with a role at one desk reads nothing of the others, however they name it."""
    ben = Person("stage", "ben", "Ben")
    sales = replace(DESK, id="sales", listens=(Place("stage", "shop"),), people={str(ben): Role.ADMIN})
    ways = await named(stage)
    both = front(stage, DESK, sales)
    for way in ways.values():
        assert said(await asks(stage, f"audit {way}", ben, both)) == "There is no such review."
        assert (await asks(stage, f"audit {way}", ANA, both)).cards
    assert not (await asks(stage, "queue", ben, both)).cards
    assert len((await asks(stage, "stats", ben, both)).sentences) == 4


# --- pause and resume


@pytest.fixture
def sisters(stage: Stage) -> FrontDesk:
    """Lea leads two desks, and is an agent at a third."""
    sales = replace(DESK, id="sales", name="Sales & Returns", listens=(Place("stage", "shop"),))
    third = replace(sales, id="third", name="Third", listens=(Place("stage", "x"),), people={str(LEA): Role.AGENT})
    return front(stage, DESK, sales, third)


async def paused(desk: FrontDesk) -> list[str]:
    """The desks whose drafting rests."""
    return sorted(name for name, _ in await desk.paused())


@pytest.mark.parametrize(
    ("text", "rests"),
    [
        ("pause", ["Sales & Returns", "Support"]),
        ("pause sales", ["Sales & Returns"]),
        ("PAUSE SALES & returns", ["Sales & Returns"]),
        ("pause  Support ", ["Support"]),
        ("pause third", []),
        ("pause everything", []),
    ],
)
async def test_pause_is_for_the_desks_one_leads(stage: Stage, sisters: FrontDesk, text: str, rests: list[str]) -> None:
    """All of them, or the one that was named by its id or its name."""
    answer = said(await asks(stage, text, LEA, sisters))
    assert await paused(sisters) == rests
    if rests:
        assert all(f"Drafting at {name} is paused." in answer for name in rests)
    else:
        assert answer == f"You lead no desk called “{text[6:]}”. You lead: Support, Sales & Returns."


async def test_resume_undoes_it(stage: Stage, sisters: FrontDesk) -> None:
    """At one desk, then at the others; what was not paused says so."""
    await asks(stage, "pause", LEA, sisters)
    await asks(stage, "resume support", LEA, sisters)
    assert await paused(sisters) == ["Sales & Returns"]
    answer = said(await asks(stage, "resume", LEA, sisters))
    assert answer.splitlines() == [
        "Drafting at Support is not paused.",
        "Drafting at Sales & Returns goes on. Reviews that came without a draft keep waiting; Redraft makes one.",
    ]
    assert await paused(sisters) == []


@pytest.mark.parametrize("word", ["queue", "stats"])
async def test_a_pause_shows(stage: Stage, word: str) -> None:
    """To the agents who wonder where the drafts are."""
    await asks(stage, "pause", LEA)
    since = wording.time(stage.clock())
    assert (await asks(stage, word)).sentences[0] == f"Drafting at Support is paused by Lea since {since}."


@pytest.mark.parametrize("text", ["", *COMMANDS, "audit 1", "dance"])
async def test_without_the_database_nothing_is_answered(stage: Stage, text: str) -> None:
    """The channel says that it did not work, as for a button."""
    with stage.gone(), pytest.raises(NotStored):
        await asks(stage, text, LEA)
