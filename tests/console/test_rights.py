"""Every route against everybody who may ask, taken from the table of routes: a new route without a rule fails here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from bot.channels.base import Person
from bot.console.doorman import proof
from bot.console.guard import PROOF
from bot.console.viewer import Rule
from bot.phrases import say
from bot.store import sessions, tokens
from bot.store.tokens import Scope
from tests.console.conftest import PATIENCE, House, running, settings
from tests.console.signing import Issuer, open_house, signing_in

NOBODY, STRANGER, AGENT, LEAD, ADMIN, SOUTH = "nobody", "stranger", "agent", "lead", "admin", "south"
LOCAL, TOKEN, BAD_TOKEN, OTHER_TOKEN = "local", "token", "bad token", "token of no scope"
PEOPLE = {
    STRANGER: "stranger@north.example",
    AGENT: "agent@north.example",
    LEAD: "lead@north.example",
    ADMIN: "admin@north.example",
    SOUTH: "agent@south.example",
}
STAFF = {AGENT, LEAD, ADMIN, SOUTH, LOCAL}
# Who may use a route with each rule; the rest may not.
MAY = {
    Rule.OPEN: {NOBODY, *PEOPLE, LOCAL, TOKEN, BAD_TOKEN, OTHER_TOKEN},
    Rule.LOCAL: {LOCAL},
    Rule.KNOWN: {*PEOPLE, LOCAL},
    Rule.STAFF: STAFF,
    Rule.LEADS: {LEAD, ADMIN, LOCAL},
    Rule.ADMINS: {ADMIN, LOCAL},
}
SCOPED = {Scope.REVIEWS: STAFF, Scope.AUDIT: {LEAD, ADMIN, LOCAL}, Scope.FIGURES: {LEAD, ADMIN, LOCAL}}
EVERYBODY = (NOBODY, *PEOPLE, LOCAL, TOKEN, BAD_TOKEN, OTHER_TOKEN)


@dataclass(frozen=True, slots=True)
class Asked:
    """A route, one of its methods, and the rules it carries."""

    method: str
    path: str
    needs: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def may(self, who: str) -> bool:
        """Whether somebody fulfils all of its rules."""
        return all(
            who in (MAY[need.rule] if need.rule is not Rule.TOKENS else {TOKEN, *SCOPED[need.scope]})
            for need in self.needs
        )


def table(app: FastAPI) -> Iterator[Asked]:
    """Every route of the application by each of its methods."""
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        path = str(found.path or getattr(route, "path", "?"))
        dependant = getattr(found, "dependant", None) or getattr(route, "dependant", None)
        for method in sorted((found.methods or {"GET"}) - {"HEAD"}):
            yield Asked(method, path, tuple(_needs(dependant)) if dependant else ())


def _needs(dependant: Any) -> Iterator[Any]:
    for part in dependant.dependencies:
        if isinstance(getattr(part.call, "rule", None), Rule):
            yield part.call
        yield from _needs(part)


def unruled(app: FastAPI) -> list[str]:
    """The routes that carry no rule."""
    return [str(asked) for asked in table(app) if not asked.needs]


def _app(house: House) -> FastAPI:
    app = house.program.server.config.app
    assert isinstance(app, FastAPI)
    return app


@asynccontextmanager
async def _signed(root: Path, folder: Path, database: sa.URL) -> AsyncIterator[tuple[House, dict[str, dict[str, str]]]]:
    """A Countersign with everybody signed in to it, by the headers that each sends."""
    async with open_house(signing_in(root, folder, database, Issuer("http://localhost:1"))) as house:
        engine, now = house.program.engine, house.program.clock()
        headers: dict[str, dict[str, str]] = {NOBODY: {}, BAD_TOKEN: {"authorization": "Bearer cst_none"}}
        for who, id_ in PEOPLE.items():
            held, person = f"held-by-{who}", Person("web", id_, who)
            await engine.write(partial(sessions.begin, held=held, person=person, now=now, ends=now + 600))
            headers[who] = {"cookie": f"countersign={held}", PROOF: proof(held)}
        desks = list(house.program.settings.desks)
        for who, scopes in ((TOKEN, list(Scope)), (OTHER_TOKEN, [])):
            made = await engine.write(
                partial(tokens.make, name="t", scopes=scopes, desks=desks, by="t", now=now, ends=now + 600)
            )
            headers[who] = {"authorization": f"Bearer {made}"}
        yield house, headers


async def _ask(client: httpx2.AsyncClient, asked: Asked, headers: dict[str, str]) -> tuple[int, str, str]:
    """Status, where it leads to, and what it says."""
    path = re.sub(r"\{[^}]*\}", "x", asked.path)
    body: dict[str, str] | None = None if asked.method == "GET" else {}
    headers = {PROOF: "page", **headers}
    async with client.stream(asked.method, path, headers=headers, json=body) as answer:
        stream = "event-stream" in answer.headers.get("content-type", "")
        text = "" if stream else (await answer.aread()).decode("utf-8", "replace")
        return answer.status_code, answer.headers.get("location", ""), text


RULES = [f"page.rule.{rule.value}" for rule in (Rule.LOCAL, Rule.STAFF, Rule.LEADS, Rule.ADMINS)]


def _fits(asked: Asked, who: str, status: int, location: str, text: str) -> bool:
    """Whether this is the answer that the rule demands."""
    turned_away = location.startswith("/signin") or any(say(key) in text for key in RULES)
    if asked.may(who):
        return status not in (401, 500) and not turned_away
    if who in (NOBODY, BAD_TOKEN, TOKEN, OTHER_TOKEN):
        if any(need.rule is Rule.TOKENS for need in asked.needs):
            return status == (403 if who == OTHER_TOKEN else 401)
        page = asked.method == "GET" and asked.path != "/live"
        return (status, location.startswith("/signin?next=")) == ((303, True) if page else (401, False))
    if asked.path == "/" and who != STRANGER:
        return (status, location) == (303, "/inbox")
    return status == 403


async def test_every_route_against_everybody(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Who may use it does, who may not is turned away, by each route's own rule."""
    async with _signed(root, tmp_path, sqlite) as (house, headers):
        routes = list(table(_app(house)))
        assert len(routes) > 20
        wrong: list[str] = []
        async with httpx2.AsyncClient(base_url=house.address, timeout=PATIENCE) as client:
            for asked in routes:
                for who, sent in headers.items():
                    if asked.path.startswith("/signout") and who in PEOPLE:
                        continue  # it would end the session; test_signin.py does that
                    status, location, text = await _ask(client, asked, sent)
                    if not _fits(asked, who, status, location, text):
                        wrong.append(f"{asked} answers {who} with {status} {location} {text[:200]}")
        assert wrong == []


async def test_every_route_at_this_machine(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Where nobody signs in, whoever sits there may everything, and there is no way in."""
    async with running(settings(root, tmp_path, sqlite)) as house:
        routes = list(table(_app(house)))
        assert not [asked for asked in routes if asked.path.startswith("/sign")]
        wrong: list[str] = []
        for asked in routes:
            status, location, text = await _ask(house.client, asked, {})
            if not _fits(asked, LOCAL, status, location, text):
                wrong.append(f"{asked} answers with {status} {location} {text[:200]}")
        assert wrong == []


async def test_a_post_needs_the_proof_on_every_route(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Whoever is signed in and posts without what their page carries is refused, whatever they may do."""
    async with _signed(root, tmp_path, sqlite) as (house, headers):
        posts = [one for one in table(_app(house)) if one.method not in ("GET", "HEAD")]
        assert posts
        async with httpx2.AsyncClient(base_url=house.address, timeout=PATIENCE) as client:
            for asked in posts:
                status, _, text = await _ask(client, asked, headers[ADMIN] | {PROOF: "page"})
                assert (status, say("signin.proof") in text) == (403, True), asked


async def test_every_route_has_a_rule(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """And one that has none is found."""
    async with _signed(root, tmp_path, sqlite) as (house, _):
        app = _app(house)
        assert unruled(app) == []

        async def planted() -> str:
            return "for anybody"

        app.add_api_route("/planted", planted)
        assert unruled(app) == ["GET /planted"]


def test_everybody_is_asked() -> None:
    """The table of who may what names nobody else."""
    assert set().union(*MAY.values(), *SCOPED.values()) <= set(EVERYBODY)
    assert MAY.keys() == set(Rule) - {Rule.TOKENS}


@pytest.mark.parametrize("change", ["ends_at = at", "revoked_at = 1"])
async def test_a_token_that_is_over(change: str, root: Path, tmp_path: Path, database: sa.URL) -> None:
    """At its end or revoked it is good for nothing; and the store holds nothing of it that one could use."""
    async with _signed(root, tmp_path, database) as (house, headers):
        doors = [one for one in table(_app(house)) if any(n.rule is Rule.TOKENS for n in one.needs)]
        engine = house.program.engine
        passes: Any = _app(house).state.passes
        token = headers[TOKEN]["authorization"].split()[1]
        found = await passes.admit(token, Scope.AUDIT)
        assert found.desks == tuple(sorted(house.program.settings.desks))
        assert (await passes.admit(headers[OTHER_TOKEN]["authorization"].split()[1], Scope.AUDIT)).desks == ()
        with engine.snapshot() as conn:
            rows = conn.execute(sa.text("SELECT * FROM tokens")).all()
            assert token.encode() not in b"".join(bytes(row.digest) for row in rows)
            assert [row.used_at is not None for row in rows] == [True, True]
        await engine.write(lambda conn: conn.execute(sa.text(f"UPDATE tokens SET {change}")))
        assert await passes.admit(token, Scope.AUDIT) is None
        async with httpx2.AsyncClient(base_url=house.address, timeout=PATIENCE) as client:
            for door in doors:
                assert (await _ask(client, door, headers[TOKEN]))[0] == 401
