"""The audit's search: by what reviews are like and by the words in them, at one's own desks; searches are kept by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot import wiring
from bot.channels.base import Person
from bot.console.assets import Assets
from bot.console.audit import Asked
from bot.console.render import Pages, harmless
from bot.console.viewer import Viewer
from bot.insight.outlines import Outcome
from bot.insight.searching import AuditFilter, AuditPage, Choices, Found, audit_page, choices
from bot.review.actions import BY_VERB, Approve
from bot.review.model import Actor, Line, Role, State
from bot.store.audit import Entry
from tests.console.conftest import House, running, settings
from tests.console.test_audit import QUESTIONS
from tests.console.test_pages import Reader


@pytest.fixture
async def busy(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[House]:
    """One review approved and sent, one rejected, one open; their outlines are made."""
    async with running(settings(root, tmp_path, database)) as house:
        for number, text in enumerate(QUESTIONS):
            await house.say(text, by=f"web:customer-{number % 2}")
        cards = [await house.card(text=text) for text in QUESTIONS]
        await house.decide(cards[0], "approve")
        await house.decide(cards[1], "reject", reason="tone")
        await house.card(State.SENT, QUESTIONS[0])
        await wiring.outline(house.program.engine, house.program.clock)
        yield house


async def _reviews(house: House, wanted: AuditFilter) -> int:
    page: AuditPage = await house.program.engine.read(lambda conn: audit_page(conn, wanted))
    return len({found.entry.line.review for found in page.found})


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (Asked(decision="all", words="jack"), 1),
        (Asked(decision="all", words="JACKET return"), 1),
        (Asked(decision="all", words="jacket password"), 0),
        (Asked(decision="all", words='" NEAR * jacket'), 0),
        (Asked(decision="all", outcome="as_is"), 1),
        (Asked(decision="all", outcome="rejected"), 1),
        (Asked(decision="all", outcome="open"), 1),
        (Asked(decision="all", outcome="none"), 0),
        (Asked(decision="all", language="en"), 3),
        (Asked(decision="all", model="offline"), 3),
        (Asked(decision="all", model="%"), 0),
        (Asked(decision="all", risk="%"), 0),
        (Asked(decision="all", desk="no-such-desk"), 0),
        (Asked(reviewer="web:ana", outcome="rejected"), 1),
        (Asked(reviewer="web:leo", outcome="rejected"), 0),
    ],
)
async def test_a_search(busy: House, asked: Asked, count: int) -> None:
    """Each part narrows it down, alone and together; signs that mean something to a database are plain signs."""
    assert await _reviews(busy, asked.filter(None, tuple(busy.program.settings.desks))) == count
    await busy.page(asked.address())


async def test_only_their_own_desks(busy: House) -> None:
    """Whoever leads another desk finds nothing here, whatever they ask for, and is offered nothing."""
    for asked in (Asked(decision="all"), Asked(decision="all", words="jacket"), Asked(desk="support", decision="all")):
        assert await _reviews(busy, asked.filter(None, ("sales",))) == 0
        assert await _reviews(busy, asked.filter(None, ())) == 0
    offered = await busy.program.engine.read(lambda conn: choices(conn, ("sales",)))
    assert (offered.templates, offered.intents) == ((), ())
    assert not any(who.startswith("web:") for who, _ in offered.people)


async def test_every_page_of_a_narrow_search(busy: House) -> None:
    """Page by page gives every line of the reviews that fit, once and in order."""
    desks = tuple(busy.program.settings.desks)
    everything = AuditFilter(language="en", desks=desks, limit=500)
    whole = [one.entry.number for one in (await busy.program.engine.read(lambda c: audit_page(c, everything))).found]
    seen: list[int] = []
    before = None
    while True:
        some = AuditFilter(language="en", desks=desks, limit=4, before=before)
        page: AuditPage = await busy.program.engine.read(lambda conn, some=some: audit_page(conn, some))  # type: ignore[misc]
        seen += [one.entry.number for one in page.found]
        if page.older is None:
            break
        before = page.older
    assert seen == whole == sorted(whole, reverse=True)


async def test_a_search_is_kept(either: House) -> None:
    """Under a name, once; it leads back to the search, and can be deleted."""
    name = "Angry <b>\u202eones"
    for query in ("outcome=rejected&nonsense=1&before=7", "outcome=open&words=%22%3Cscript%3E"):
        answer = await either.post("/audit/searches", {"name": f"  {name} ", "query": query})
        assert answer.status_code == 200
    page = Reader(await either.page("/audit"))
    links = [
        attributes["href"]
        for tag, attributes in page.elements
        if tag == "a" and "outcome=" in (attributes.get("href") or "")
    ]
    assert links == ["/audit?words=%22%3Cscript%3E&outcome=open"]
    assert name in page.text
    await either.page(links[0] or "")
    await either.post("/audit/searches/delete", {"name": name})
    assert name not in Reader(await either.page("/audit")).text


async def test_what_cannot_be_kept(either: House) -> None:
    """A search without a name, and more of them than anybody reads through."""
    for name in ("", "   ", "x" * 61):
        assert (await either.post("/audit/searches", {"name": name})).status_code in (400, 422)
    answers = [await either.post("/audit/searches", {"name": f"search {number}"}) for number in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [400]


HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        '"><script>alert(1)</script>',
        "<img src=x onerror=alert(1)>",
        "\u202e\u2066x",
        "\x00\ud800",
        "' onfocus='x",
        "{{7*7}}",
    ]
)
PAGES = Pages(Assets())


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_text_is_text(words: str, name: str, customer: str, kind: str) -> None:
    """Whatever was typed, written, proposed or called so reads as it is and makes no element and no attribute."""

    def drawn(words: str, name: str, customer: str, kind: str) -> Reader:
        by = Actor("web:x", name, Role.AGENT)
        line = Line("r1", 2, Approve(by=by, at=0.0, seen=1, limit=9), State.IN_REVIEW, State.RELEASED)
        row = Found(Entry(1, line, None, True), "c1", customer, words)
        offered = Choices((kind,), (kind,), (kind,), (kind,), (kind,), ((kind, name),))
        values: dict[str, Any] = {
            "asked": Asked(words=words, conversation=name, reviewer=kind, intent=words, template=name),
            "page": AuditPage((row,), 1),
            "rows": [
                {"entry": row.entry, "step": "Approve", "customer": customer, "conversation": "c1", "words": words}
            ],
            "kept": [(name, "words=x")],
        }
        viewer = Viewer(Person("web", "local", "Local"), {"support": Role.ADMIN}, local=True)
        page = PAGES.draw(
            "audit.html",
            here="audit",
            viewer=viewer,
            verbs=tuple(BY_VERB),
            outcomes=tuple(Outcome),
            offered=offered,
            first=True,
            **values,
        )
        return Reader(page)

    plain, found = drawn("a", "a", "a", "a"), drawn(words or "a", name or "a", customer or "a", kind or "a")
    shape = [(tag, sorted(attributes)) for tag, attributes in found.elements if tag != "option"]
    assert shape == [(tag, sorted(attributes)) for tag, attributes in plain.elements if tag != "option"]
    assert " ".join(str(harmless(customer or "a")).split()) in " ".join(found.text.split())
