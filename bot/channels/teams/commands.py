"""Mentioned in the review channel, the bot takes what follows for a command and answers in that message's thread."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qs, unquote, urlsplit

from bot.channels import commands
from bot.channels.base import NotStored, Place, Thread
from bot.channels.card import Card
from bot.channels.commands import Manner, Readout
from bot.channels.payload import Payload, text
from bot.channels.pictures import Picture
from bot.channels.teams import activities
from bot.channels.teams.activities import Spot
from bot.channels.teams.heard import heard
from bot.channels.teams.office import NAME, Office, Stranger
from bot.channels.teams.runs import Element, Run, line, run
from bot.channels.words import clean, cut
from bot.phrases import say

# "Copy link" of a message: its channel, its id, and in a thread the id of the first message.
_LINK = re.compile(r"/l/message/(19(?::|%3[Aa])[^/]+)/([0-9]+)")
# How many commands are remembered, so that one that is told again is not answered again.
_MOST = 500
_NAME, _LAST, _SENTENCE = 60, 100, 1500
# How much of a long text is shown: a message holds 28 KB, and every line of it is an element of its own.
_CODE, _ROWS = 2500, 60


class Commands:
    """What staff type. Everybody in the review channel reads the answer."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._answered: OrderedDict[str, None] = OrderedDict()

    def asked(self, activity: Payload, at: Spot) -> None:
        """Answer beside everything else, once. Raises `Odd`."""
        ref = f"{at.channel} {text(activity, 'id')}"
        if activities.writer_of(activity).bot or ref in self._answered:
            return
        self._answered[ref] = None
        if len(self._answered) > _MOST:
            self._answered.popitem(last=False)
        self._office.errands.run("command", self._answer(activity, at))

    async def _answer(self, activity: Payload, at: Spot) -> None:
        thread = Thread(at.place, at.root or text(activity, "id"))
        try:
            said = await self._said(activity, at)
        except Stranger as stranger:
            said = Readout((str(stranger),))
        except NotStored:
            said = Readout((say("teams.click.not_stored"),))
        await self._office.tell(thread, self._drawn(said))
        if said.picture:
            await self._show(thread, said.picture)

    async def _show(self, thread: Thread, draw: Callable[[], Awaitable[Picture | None]]) -> None:
        try:
            picture = await draw()
        except NotStored:
            await self._office.tell(thread, [_sentence(say("teams.click.not_stored"))])
            return
        if picture:
            await self._office.tell(thread, [_sentence(picture.title), _sentence(picture.words)], picture.png)

    async def _said(self, activity: Payload, at: Spot) -> Readout:
        """Raises `NotStored`, `Stranger`."""
        setup = self._office.setup
        call = f"@{text(activity, 'recipient', 'name') or 'Countersign'}"
        manner = Manner(call=call, here=at.place, thread_of=thread_of, now=setup.clock(), version=setup.version)
        by = await self._office.presser(activity, at.place)
        return await commands.answer(self._office.inbox, by, heard(activity, setup.bot, addresses=True), manner)

    def _drawn(self, said: Readout) -> list[Element]:
        """An answer as the body of a card. Nothing in it is read as Markdown."""
        sentences, notes = map(_sentence, said.sentences), map(_sentence, said.notes)
        listed = [element for card in said.cards for element in self._listed(card)]
        code = [_code(row) for row in said.cut(_CODE, _ROWS).split("\n")] if said.code else []
        page = [line(run(say("prompts.page"), selectAction={"type": "Action.OpenUrl", "url": said.link}))]
        return [*sentences, *listed, *notes, *code, *(page if said.link else [])]

    def _listed(self, card: Card) -> Iterable[Element]:
        """A review in two lines, the first with a link to its page."""
        setup = self._office.setup
        link = setup.link(card.review)
        leads = {"selectAction": {"type": "Action.OpenUrl", "url": link}} if link else {}
        angry = [run("😡 ")] if card.sentiment and card.sentiment.angry else []
        name = run(cut(_flat(card.customer), _NAME) or say("command.nobody"), weight="Bolder", **leads)
        facts = "".join(f" · {fact}" for fact in commands.facts(card, setup.clock()))
        yield line(*angry, name, run(_flat(facts)), spacing="Medium")
        if card.messages and (last := _flat(card.messages[-1].text)):
            yield line(run(cut(last, _LAST), isSubtle=True), spacing="None")


def thread_of(link: str) -> Thread | None:
    """The thread that a link to a message leads to; None when it is none."""
    try:
        address = urlsplit(link)
        found = _LINK.fullmatch(address.path)
        query = parse_qs(address.query)
    except ValueError:
        return None
    if found is None:
        return None
    root = next(iter(query.get("parentMessageId", ())), "") or found[2]
    return Thread(Place(NAME, unquote(found[1])), root)


def _sentence(said: str) -> Element:
    """A sentence; what stands between backticks is to be typed."""
    runs: list[Run] = []
    for number, piece in enumerate(cut(_flat(said), _SENTENCE).split("`")):
        if piece:
            runs.append(run(piece, fontType="Monospace") if number % 2 else run(piece))
    return line(*(runs or [run(" ")]), spacing="Small")


def _code(row: str) -> Element:
    """A line of a long text."""
    return line(run(clean(row) or " ", fontType="Monospace", size="Small"), spacing="None")


def _flat(words: str) -> str:
    return " ".join(clean(words).split(" ")).replace("\n", " ")
