"""A Countersign with two desks, each filled through its doors with everything a desk can have.

Whatever belongs to the second one carries `MARK`: its texts, names, ids, people, customers and templates.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa
import yaml

from bot import wiring
from bot.channels.base import Person, Speaker
from bot.channels.card import Card
from bot.console.doorman import proof
from bot.console.guard import PROOF
from bot.insight.days import DAY
from bot.lookout import day_named
from bot.review.model import State
from bot.settings import Settings
from bot.store import alerts, sessions, templates, tokens, trials
from bot.store.alerts import Alert
from bot.store.tokens import Scope
from bot.store.trials import State as Trying
from tests.console.conftest import PATIENCE, House, running
from tests.doubles.openai_answers import good
from tests.doubles.openai_server import OpenAIServer

OURS, MARK = "billing", "zqtravel"
# By hand and by name, so that a card of each is there.
MATTERS = (
    "open", "claimed", "angry", "approved", "edited", "rejected", "redrafted", "escalated", "snoozed", "corrected",
    "gone", "reworded", "answered",
)  # fmt: skip
AGENT, LEAD, ADMIN, BOTH, THEIR_ADMIN = "agent", "lead", "admin", "both", "their admin"
# Who signs in, and what the desks' settings make of them.
PEOPLE = {
    AGENT: "agent@billing.example",
    LEAD: "lead@billing.example",
    ADMIN: "admin@billing.example",
    BOTH: "both@billing.example",
    THEIR_ADMIN: f"{MARK}-ada@travel.example",
}
NAMES = {who: who.capitalize() for who in PEOPLE} | {THEIR_ADMIN: "Zqtravel Ada"}


@dataclass(frozen=True, slots=True)
class Things:
    """What one can name of a desk in an address: one of each kind."""

    desk: str
    review: str
    version: int
    conversation: str
    root: str
    reply: str
    customer: str
    person: str
    template: str
    test: int
    intent: str
    search: str
    watch: str

    @property
    def words(self) -> tuple[str, ...]:
        """Those that nothing else is called, the longest first."""
        named = (getattr(self, name) for name in self.__slots__)
        return tuple(sorted({one for one in named if isinstance(one, str) and not one.isdecimal()}, key=len)[::-1])


@dataclass(frozen=True, slots=True)
class World:
    """The two desks before those who sign in. `headers` are what each of them sends, `token` what a program does that may
    read our desk; `reviews` are the ids of all reviews by desk."""

    house: House
    ours: Things
    theirs: Things
    headers: Mapping[str, Mapping[str, str]]
    token: Mapping[str, str]
    reviews: Mapping[str, frozenset[str]]

    async def ask(self, headers: Mapping[str, str], method: str, path: str, body: object = None) -> httpx2.Response:
        """Ask as somebody's browser would that comes through a proxy."""
        sent = {"x-forwarded-for": "192.0.2.7", PROOF: "page", **headers}
        return await self.house.client.request(method, path, headers=sent, json=body)

    def rows(self, *tables: str) -> list[Any]:
        """Everything that stands in these tables."""
        with self.house.program.engine.snapshot() as conn:
            return [sorted(map(repr, conn.execute(sa.text(f'SELECT * FROM "{name}"')))) for name in tables]


def _desk(first: dict[str, Any], key: str, **people: str) -> dict[str, Any]:
    return first | {
        "name": f"{key.capitalize()} office",
        "listens": [f"web:{key}-front"],
        "reviews": f"web:{key}-office",
        "leads_channel": f"web:{key}-leads",
        "people": {f"web:{key}-tom": "admin", **people},
        "template": f"{key}_reply",
        "tone": f"{key} and warm",
        "internal_links": [f"{key}.example.org"],
        "settle_seconds": 0,
        "answer_within_minutes": 1,
        "hour_costs": 40,
        "record_looks": True,
        "show_individuals": True,
    }


def told(
    root: Path, folder: Path, database: sa.URL, model: OpenAIServer, front: str, *, signing_in: bool = False
) -> Settings:
    """The shipped settings with the two desks and a workspace that is the front of one of them."""
    values = yaml.safe_load((root / "config" / "countersign.yaml").read_text("utf-8"))
    (first,) = values["desks"].values()
    values["desks"] = {
        OURS: _desk(
            first, OURS, **{f"web:{PEOPLE[who]}": who for who in (AGENT, LEAD, ADMIN)}, **{f"web:{PEOPLE[BOTH]}": ADMIN}
        ),
        MARK: _desk(first, MARK, **{f"web:{PEOPLE[THEIR_ADMIN]}": ADMIN, f"web:{PEOPLE[BOTH]}": AGENT}),
    }
    values["workspace"] = {
        "place": f"web:{front}-front",
        "customers": [f"{front.capitalize()} Mia", f"{front.capitalize()} Jonas"],
        "reviewers": {f"{front}-tom": f"{front.capitalize()} Tom"},
    }
    prompts = folder / "prompts"
    prompts.mkdir(exist_ok=True)
    shipped = (root / "prompts" / "support_reply.md").read_text("utf-8")
    for key in (OURS, MARK):
        (prompts / f"{key}_reply.md").write_text(
            shipped.replace("support_reply", f"{key}_reply").replace("You draft", f"For {key} you draft", 1), "utf-8"
        )
    if signing_in:
        values["signin"] |= {
            "provider": "oidc",
            "discovery_url": "http://localhost:1/.well-known/openid-configuration",
            "client_id": "countersign",
            "client_secret": "hush",
        }
    values |= {name: root / values[name] for name in ("knowledge", "samples")} | {"prompts": prompts}
    return Settings(
        _env_file=None,
        DATABASE_URL=database.render_as_string(hide_password=False),
        OPENAI_BASE_URL=model.url,
        OPENAI_API_KEY="sk-test",
        seal_key=folder / "seal.key",
        **values,
    )


@asynccontextmanager
async def filled(root: Path, folder: Path, database: sa.URL) -> AsyncIterator[OpenAIServer]:
    """Fill both desks, one after the other; what drafts for them stays there while the block lasts."""
    async with OpenAIServer() as model:
        for key in (MARK, OURS):
            model.script(*[good(reply=_reply(key), intent=f"{key} matter")] * 200)
            async with running(told(root, folder, database, model, key)) as house:
                await _fill(house, key)
            model.forget()
        yield model


@asynccontextmanager
async def two_desks(root: Path, folder: Path, database: sa.URL) -> AsyncIterator[World]:
    """Both desks full, and everybody signed in."""
    async with (
        filled(root, folder, database) as model,
        running(told(root, folder, database, model, OURS, signing_in=True)) as house,
    ):
        headers = {who: await _signed(house, who) for who in PEOPLE}
        ours, theirs = await _things(house, OURS), await _things(house, MARK)
        engine, now = house.program.engine, house.program.clock()
        token = await engine.write(
            partial(tokens.make, name="t", scopes=list(Scope), desks=[OURS], by="t", now=now, ends=now + 600)
        )
        with engine.snapshot() as conn:
            rows = conn.execute(sa.text("SELECT id, desk FROM reviews")).all()
        reviews = {key: frozenset(row.id for row in rows if row.desk == key) for key in (OURS, MARK)}
        world = World(house, ours, theirs, headers, {"authorization": f"Bearer {token}"}, reviews)
        for who, things in ((THEIR_ADMIN, theirs), (ADMIN, ours)):
            await _at_the_pages(world, who, things)
        yield world


def _reply(key: str) -> str:
    return f"Hi, thank you for writing to {key}. A colleague will look into it today. Kind regards, the desk"


async def _fill(house: House, key: str) -> None:
    """What customers and reviewers do in the workspace, and what comes of it by itself."""
    who = f"web:{key}-tom"
    for number, matter in enumerate(MATTERS):
        words = "This is ridiculous, I am furious!" if matter == "angry" else "Where is my parcel, please?"
        await house.say(f"{key} {matter}: {words}", by=f"web:customer-{number % 2}")
    cards = {matter: await house.card(text=f"{key} {matter}:") for matter in MATTERS}

    async def decide(matter: str, verb: str, **fields: str) -> None:
        answer = await house.decide(cards[matter], verb, by=who, **fields)
        assert answer.json()["done"], (matter, answer.text)

    await decide("claimed", "claim")
    await decide("approved", "approve")
    await decide("edited", "edit", words=f"Hello, {key} sent your parcel this morning. Kind regards, the desk")
    await decide("rejected", "reject", reason="other", note=f"{key} rejects this")
    await decide("redrafted", "redraft", instruction=f"{key} wants it shorter")
    await decide("escalated", "escalate", note=f"{key} has no idea")
    await decide("snoozed", "snooze", minutes="30")
    await decide("corrected", "correct", feeling="angry")
    posts = {post.text: (thread, post) for thread in await house.program.web.threads(100) for post in thread.posts}

    def about(matter: str) -> Any:
        return next(found for text, found in posts.items() if text.startswith(f"{key} {matter}:"))

    gone, reworded, answered = about("gone")[1], about("reworded")[1], about("answered")[0]
    await house.post("/messages/delete", {"by": str(gone.by), "ref": gone.ref})
    await house.post(
        "/messages/edit", {"by": str(reworded.by), "ref": reworded.ref, "text": f"{key} reworded: never mind"}
    )
    by_hand = {"by": who, "root": answered.root, "text": f"{key} answered by hand", "nonce": "by-hand-1"}
    assert (await house.post("/messages/answer", by_hand)).json()["done"]
    for matter in ("approved", "edited"):
        await house.card(State.SENT, f"{key} {matter}:")
    for thread in await house.program.web.threads(100):
        for post in thread.posts:
            if post.speaker is Speaker.BOT:
                body = {"by": str(thread.posts[0].by), "ref": post.ref}
                assert (await house.post("/messages/thumbs/up/add", body)).json()["done"]
    await _template(house, key)
    await _radar(house, key, [cards["angry"], cards["open"]])
    await house.post(f"/desks/{key}/pause", {"paused": True, "by": who})
    await house.say(f"{key} draftless: Where is my parcel, please?")
    await house.card(text=f"{key} draftless:")
    if key == OURS:
        await house.post(f"/desks/{key}/pause", {"paused": False, "by": who})
    engine = house.program.engine
    await wiring.outline(engine, house.program.clock)
    await wiring.seal(engine, house.program.settings)


async def _template(house: House, key: str) -> None:
    """A second version, tried out and put into use."""
    name = f"{key}_reply"
    first = await house.program.engine.read(lambda conn: templates.get(conn, name, 1))
    text = first.text.replace("Answer what", f"Answer for {key} what")
    saved = await house.post(f"/templates/{name}/save", {"text": text, "note": f"{key} says so", "base": 1})
    assert saved.json()["done"], saved.text
    wanted = {"version": 2, "against": 1, "cases": 3, "calls": 50}
    ordered = (await house.post(f"/templates/{name}/tests", wanted)).json()
    number = int(ordered["go"].rpartition("/")[2])
    async with asyncio.timeout(PATIENCE):
        while (await house.program.engine.read(lambda conn: _trying(conn, number))) is Trying.OPEN:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    used = await house.post(
        f"/templates/{name}/activate",
        {"version": 2, "base": 1, "note": f"{key} tried it", "override": f"{key} wants it"},
    )
    assert used.json()["done"], used.text


def _trying(conn: sa.Connection, number: int) -> Trying:
    trial = trials.get(conn, number)
    assert trial is not None
    return trial.state


async def _radar(house: House, key: str, behind: list[Card]) -> None:
    """A word that rises, told to the leads of the desk."""
    program = house.program
    now = program.clock()
    reviews = tuple(card.review for card in behind)
    day = day_named(int(now // DAY))
    risen = Alert(0, key, "word", f"{key}ling", day, 9, 1.0, now, reviews)
    await program.engine.write(lambda conn: alerts.write(conn, risen))
    lookout = wiring.lookout(program)
    for _ in range(20):
        await lookout.look()
    with program.engine.snapshot() as conn:
        hung = conn.execute(sa.text("SELECT count(*) FROM posts WHERE place = :place"), {"place": f"{key}-leads"})
        assert hung.scalar()


async def _signed(house: House, who: str) -> dict[str, str]:
    held, person, now = (
        f"held-by-{who.replace(' ', '-')}",
        Person("web", PEOPLE[who], NAMES[who]),
        house.program.clock(),
    )
    await house.program.engine.write(partial(sessions.begin, held=held, person=person, now=now, ends=now + 600))
    return {"cookie": f"countersign={held}", PROOF: proof(held)}


async def _things(house: House, key: str) -> Things:
    """What there is to name, as it stands in the store."""
    with house.program.engine.snapshot() as conn:

        def one(query: str) -> Any:
            return conn.execute(sa.text(query), {"desk": key, "template": f"{key}_reply"}).first()

        row = one(
            "SELECT r.id, r.version, c.id AS conversation, c.root, c.customer_name FROM reviews r "
            "JOIN conversations c ON c.id = r.conversation "
            "WHERE r.desk = :desk AND r.state = 'in_review' AND r.holder = '' ORDER BY r.id LIMIT 1"
        )
        reply = one("SELECT p.ref FROM replies p JOIN reviews r ON r.id = p.review WHERE r.desk = :desk")
        test = one("SELECT number FROM backtests WHERE template = :template")
    return Things(
        desk=key,
        review=row.id,
        version=row.version,
        conversation=row.conversation,
        root=row.root,
        reply=reply.ref,
        customer=row.customer_name,
        person=f"web:{key}-tom",
        template=f"{key}_reply",
        test=test.number,
        intent=f"{key} matter",
        search=f"{key} search",
        watch=f"{key}-watch",
    )


async def _at_the_pages(world: World, who: str, things: Things) -> None:
    """Somebody looks at a review, is at another, keeps a search and takes the record elsewhere."""
    headers = world.headers[who]
    for path in (f"/audit/{things.review}", f"/audit/export?format=jsonl&watch={things.watch}", "/insight", "/inbox"):
        answer = await world.ask(headers, "GET", path)
        assert answer.status_code == 200, answer.text
        assert things.desk in answer.text.lower(), path
    for path, body in (
        ("/audit/searches", {"name": things.search, "query": f"words={things.desk}"}),
        ("/inbox/here", {"review": things.review, "typing": True}),
    ):
        answer = await world.ask(headers, "POST", path, body)
        assert answer.status_code == 200, answer.text
