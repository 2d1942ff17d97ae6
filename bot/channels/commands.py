"""What can be asked for by typing, the same in every channel: one table of words, and what each answers.

A channel hands over what was typed and by whom, and draws the `Readout`. Only the one who asks should read it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from bot.channels import wording
from bot.channels.base import Inbox, Person, Place, Queue, Thread
from bot.channels.card import Card
from bot.channels.pictures import Picture
from bot.channels.prompts import Listed, Printed
from bot.channels.standing import Standing
from bot.phrases import say

# How many reviews, and how many steps of one, an answer lists; the pages have them all.
_MOST, _STEPS = 10, 20


@dataclass(frozen=True, slots=True)
class Readout:
    """An answer: sentences, then reviews to be listed with a link to the page of each, then more sentences.

    `code` is a long text to be shown letter by letter, as much of it as the channel can; `link` the page that has it all.
    `picture` draws a chart, if there is one for where this was asked; that takes a while, so it is shown when it is there,
    and everybody there sees it. It raises `NotStored`.
    """

    sentences: tuple[str, ...]
    cards: tuple[Card, ...] = ()
    notes: tuple[str, ...] = ()
    code: str = ""
    link: str = ""
    picture: Callable[[], Awaitable[Picture | None]] | None = None

    def cut(self, most: int, rows: int) -> str:
        """As much of `code` as so many characters and lines hold, and that there is more, in a sentence."""
        kept = "\n".join(self.code.split("\n")[:rows])[:most]
        return kept if kept == self.code else f"{kept.rstrip()}…\n\n{say('prompts.cut')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What a channel knows about itself.

    `call` is how a command is begun there, as in `/countersign`; `here` is where it was typed; `thread_of` gives the thread
    that a link of the channel's own leads to; `now` is in unix seconds; `version` is the program's.
    """

    call: str
    here: Place
    thread_of: Callable[[str], Thread | None]
    now: float
    version: str


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for something. `desks` are those at which they may decide; `argument` is what stood behind the
    word."""

    inbox: Inbox
    by: Person
    desks: tuple[Standing, ...]
    argument: str
    manner: Manner


class Who(StrEnum):
    """Who may ask: `staff` may decide at some desk, a `lead` or admin leads one."""

    ANYBODY = "anybody"
    STAFF = "staff"
    LEAD = "lead"

    def includes(self, desks: tuple[Standing, ...]) -> bool:
        """Whether somebody is one of them, from how the desks stand for them."""
        return self is Who.ANYBODY or any(desk.leads or self is Who.STAFF for desk in desks)


@dataclass(frozen=True, slots=True)
class Command:
    """A word, who may use it, and what it answers. `days` is whether the answer needs the figures of the day."""

    who: Who
    handle: Callable[[Request], Awaitable[Readout]]
    days: bool = False


async def answer(inbox: Inbox, by: Person, text: str, manner: Manner) -> Readout:
    """The answer to what somebody typed. Raises `NotStored`."""
    word, *rest = text.split(maxsplit=1) or [""]
    command = COMMANDS.get(word.lower() or "help")
    desks = await inbox.desks(by, days=command is not None and command.days)
    request = Request(inbox, by, desks, " ".join(rest).strip(), manner)
    if command is None:
        known = await _help(request)
        return Readout((say("command.unknown", word=word[:40]), *known.sentences))
    if not command.who.includes(desks):
        return Readout((say("command.leads_only") if desks else say("command.no_role"),))
    return await command.handle(request)


def facts(card: Card, now: float) -> tuple[str, ...]:
    """How a review stands, for a line in a list: `now` in unix seconds."""
    found = [card.headline, say("command.opened", time=wording.when(card.opened_at, now))]
    if card.holder:
        found.append(say("command.holder", name=card.holder))
    if card.deadline is not None:
        time = wording.when(card.deadline, now)
        found.append(say("command.overdue", time=time) if card.overdue else say("command.deadline", time=time))
    return tuple(found)


def pauses(desks: tuple[Standing, ...], now: float) -> tuple[str, ...]:
    """Where drafting is paused, a sentence each."""
    return tuple(wording.resting(desk.name, desk.pause, now) for desk in desks if desk.pause)


def figures(desk: Standing) -> tuple[str, ...]:
    """What today was like at a desk, a sentence for each kind of figure; none where that was not asked for."""
    day = desk.day
    if day is None:
        return ()
    decision, reply = (
        say("stats.none") if one is None else wording.lasting(one) for one in (day.to_decision, day.to_reply)
    )
    return (
        say(
            "stats.done",
            came_in=day.came_in,
            as_drafted=day.as_drafted,
            edited=day.edited,
            rejected=day.rejected,
            by_hand=day.by_hand,
            withdrawn=day.withdrawn,
            corrected=day.corrected,
        ),
        say("stats.waiting", waiting=day.waiting, angry=day.angry, overdue=day.overdue, stuck=day.stuck),
        say("stats.times", decision=decision, reply=reply),
    )


async def _help(request: Request) -> Readout:
    offered = [word for word, command in COMMANDS.items() if command.who.includes(request.desks)]
    lines = tuple(f"`{request.manner.call} {word}` {say(f'command.help.{word}')}" for word in offered)
    return Readout(lines if request.desks else (*lines, say("command.no_role")))


async def _version(request: Request) -> Readout:
    return Readout((say("command.version", version=request.manner.version),))


async def _queue(request: Request) -> Readout:
    found = await request.inbox.queue(request.by, _MOST)
    listed = _listed(found, say("command.queue", count=found.count), say("command.queue_empty"))
    return Readout((*pauses(request.desks, request.manner.now), *listed.sentences), listed.cards, listed.notes)


async def _mine(request: Request) -> Readout:
    found = await request.inbox.queue(request.by, _MOST, mine=True)
    return _listed(found, say("command.mine", count=found.count), say("command.mine_empty"))


def _listed(found: Queue, some: str, none: str) -> Readout:
    if not found.cards:
        return Readout((none,))
    more = found.count - len(found.cards)
    return Readout((some,), found.cards, (say("command.more", count=more),) if more > 0 else ())


async def _stats(request: Request) -> Readout:
    lines = [line for desk in request.desks for line in (say("stats.desk", desk=desk.name), *figures(desk))]
    chart = partial(request.inbox.pictures.chart, request.by, request.manner.here)
    led = any(desk.leads for desk in request.desks)
    return Readout((*pauses(request.desks, request.manner.now), *lines), picture=chart if led else None)


async def _audit(request: Request) -> Readout:
    asked = next(iter(request.argument.split()), "")
    if not asked:
        return Readout((say("command.audit_what"),))
    card = await request.inbox.story(request.by, request.manner.thread_of(asked) or _id_in(asked))
    if card is None:
        return Readout((say("refused.unknown"),))
    steps = tuple(f"{wording.when(step.at, request.manner.now)} {step.text}" for step in card.history[-_STEPS:])
    earlier = len(card.history) - len(steps)
    return Readout((), (card,), ((say("command.earlier", count=earlier),) if earlier else ()) + steps)


def _id_in(asked: str) -> str:
    """The review that is named: its id stands at the end of its page's address."""
    return asked.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]


async def _pause(request: Request) -> Readout:
    return await _drafting(request, paused=True)


async def _resume(request: Request) -> Readout:
    return await _drafting(request, paused=False)


async def _drafting(request: Request, *, paused: bool) -> Readout:
    """At the desk that was named, or at all that this person leads."""
    led = [desk for desk in request.desks if desk.leads]
    wanted = request.argument.casefold()
    meant = [desk for desk in led if not wanted or wanted in (desk.desk.casefold(), desk.name.casefold())]
    if not meant:
        named = ", ".join(desk.name for desk in led)
        return Readout((say("command.no_desk", word=request.argument[:60], desks=named),))
    answers = [await request.inbox.pause(request.by, desk.desk, paused=paused) for desk in meant]
    return Readout(tuple(one.sentence for one in answers))


async def _prompts(request: Request) -> Readout:
    """`list`, `show NAME`, `preview NAME REVIEW` or `rollback NAME WHY`."""
    prompts, by = request.inbox.prompts, request.by
    match request.argument.split(maxsplit=2):
        case [] | ["list"]:
            found, link = await prompts.listed(by)
            lines = tuple(_template(one, request.manner.now) for one in found)
            return Readout(lines or (say("prompts.none"),), link=link if lines else "")
        case ["show", wanted]:
            return _printed(await prompts.shown(by, wanted))
        case ["preview", wanted, review]:
            return _printed(await prompts.previewed(by, wanted, _id_in(review)))
        case ["rollback", name, note]:
            return Readout(((await prompts.rolled_back(by, name, note)).sentence,))
        case ["rollback", _]:
            return Readout((say("template.note_needed"),))
    return Readout((say("prompts.usage", call=request.manner.call),))


def _template(one: Listed, now: float) -> str:
    line = say("prompts.line", version=one.version, time=wording.when(one.at, now), name=one.by)
    return f"{line}; {say('prompts.drafts', count=one.drafts)}" if one.drafts else line


def _printed(printed: Printed) -> Readout:
    return Readout((printed.sentence,), code=printed.text, link=printed.link)


COMMANDS: dict[str, Command] = {
    "help": Command(Who.ANYBODY, _help),
    "queue": Command(Who.STAFF, _queue),
    "mine": Command(Who.STAFF, _mine),
    "stats": Command(Who.STAFF, _stats, days=True),
    "audit": Command(Who.STAFF, _audit),
    "pause": Command(Who.LEAD, _pause),
    "resume": Command(Who.LEAD, _resume),
    "prompts": Command(Who.LEAD, _prompts),
    "version": Command(Who.ANYBODY, _version),
}
