"""Who looks at a page and what they may see there. Every route carries a rule; a test holds the table of routes to it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import Depends, Request

from bot.channels.base import Person
from bot.console.guard import HARMLESS, PROOF
from bot.console.sorry import Sorry
from bot.phrases import say
from bot.review.model import Role
from bot.review.rights import ORDER
from bot.store.tokens import Scope


class Rule(StrEnum):
    """Who may use a route."""

    OPEN = "open"  # anybody: what the machine asks, what a page looks like, and the way in
    LOCAL = "local"  # whoever sits at this machine, when nobody has to sign in
    KNOWN = "known"  # whoever is signed in, also with no right at any desk
    STAFF = "staff"  # whoever may decide at a desk
    LEADS = "leads"  # leads and admins of a desk
    ADMINS = "admins"  # admins of a desk
    TOKENS = "tokens"  # programs with a token, and people who may see the same on a page


_LEAST = {Rule.STAFF: Role.AGENT, Rule.LEADS: Role.LEAD, Rule.ADMINS: Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks.

    `roles` are what they may do at the desks, by the desks' ids; a desk at which they may do nothing is not in it.
    `local` is whoever sits at this machine when nobody has to sign in. `proof` is what a form of theirs has to carry.
    """

    person: Person
    roles: Mapping[str, Role]
    local: bool = False
    proof: str = ""

    def at(self, rule: Rule) -> tuple[str, ...]:
        """The desks at which they fulfil a rule."""
        least = ORDER.index(_LEAST[rule])
        return tuple(desk for desk, role in self.roles.items() if ORDER.index(role) >= least)

    def may(self, rule: Rule) -> bool:
        """Whether they may use a route with this rule."""
        if rule is Rule.LOCAL:
            return self.local
        return rule not in _LEAST or bool(self.at(rule))

    @property
    def desks(self) -> tuple[str, ...]:
        """Where they may decide."""
        return self.at(Rule.STAFF)

    @property
    def leads(self) -> tuple[str, ...]:
        """Where they lead."""
        return self.at(Rule.LEADS)

    @property
    def admins(self) -> tuple[str, ...]:
        """Where they may change how things work."""
        return self.at(Rule.ADMINS)


class Doorman(Protocol):
    """Knows who asks. Two: one for this machine alone, one for people who sign in."""

    async def viewer(self, request: Request) -> Viewer | None:
        """Who asks; None for somebody who has to sign in first."""
        ...


class LocalDoorman:
    """Nobody signs in, and the program listens on this machine alone: whoever sits at it may see everything."""

    def __init__(self, desks: tuple[str, ...]) -> None:
        name = say("page.frame.local")
        self._viewer = Viewer(Person("web", "local", name), dict.fromkeys(desks, Role.ADMIN), local=True)

    async def viewer(self, request: Request) -> Viewer:
        """Always the same."""
        return self._viewer


class Unknown(Exception):
    """Nobody is signed in. `program` tells who asks: one that should have sent a token."""

    def __init__(self, *, program: bool = False) -> None:
        super().__init__(type(self).__doc__)
        self.program = program


class Denied(Sorry):
    """Somebody known asked for what is not theirs."""

    def __init__(self, sentence: str, viewer: Viewer) -> None:
        super().__init__(403, sentence)
        self.viewer = viewer


class Needs:
    """A route's rule, as a dependency of FastAPI. Raises `Unknown`, or `Sorry` for somebody who may not."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    async def __call__(self, request: Request) -> Viewer | None:
        if self.rule is Rule.OPEN:
            return None
        doorman: Doorman = request.app.state.doorman
        viewer = await doorman.viewer(request)
        if viewer is None:
            raise Unknown
        if request.method not in HARMLESS and not _proven(request, viewer):
            raise Sorry(403, say("signin.proof"))
        if not viewer.may(self.rule):
            raise Denied(say(f"page.rule.{self.rule.value}"), viewer)
        return viewer


def _proven(request: Request, viewer: Viewer) -> bool:
    """Whether what changes something carries what only a page that was made for this session knows."""
    told = request.headers.get(PROOF, "")
    return viewer.local or hmac.compare_digest(told.encode(), viewer.proof.encode())


@dataclass(frozen=True, slots=True)
class ApiViewer:
    """Who reads the API, and which desks they may read. `name` is for the log."""

    name: str
    desks: tuple[str, ...]


class Passes(Protocol):
    """Knows the tokens of programs."""

    async def admit(self, token: str, scope: Scope) -> ApiViewer | None:
        """Whose token it is; None for one that is good for nothing, no desks for one that is not for this."""
        ...


# What people need who read on a page what the token would show.
_INSTEAD = {Scope.REVIEWS: Rule.STAFF, Scope.AUDIT: Rule.LEADS, Scope.FIGURES: Rule.LEADS}


class NeedsToken:
    """A route of the API, as a dependency of FastAPI. Raises `Unknown`, or `Sorry` for a token of another scope."""

    rule = Rule.TOKENS

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> ApiViewer:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind:
            passes: Passes = request.app.state.passes
            found = await passes.admit(token.strip(), self.scope) if kind.lower() == "bearer" else None
            if found is None:
                raise Unknown(program=True)
        else:
            doorman: Doorman = request.app.state.doorman
            viewer = await doorman.viewer(request)
            if viewer is None:
                raise Unknown(program=True)
            found = ApiViewer(str(viewer.person), viewer.at(_INSTEAD[self.scope]))
        if not found.desks:
            raise Sorry(403, say("signin.scope", scope=self.scope.value))
        return found


OPEN = Depends(Needs(Rule.OPEN))
LOCAL = Depends(Needs(Rule.LOCAL))
Local = Annotated[Viewer, Depends(Needs(Rule.LOCAL))]
Staff = Annotated[Viewer, Depends(Needs(Rule.STAFF))]
Lead = Annotated[Viewer, Depends(Needs(Rule.LEADS))]
Admin = Annotated[Viewer, Depends(Needs(Rule.ADMINS))]
Known = Annotated[Viewer, Depends(Needs(Rule.KNOWN))]
ReviewsCaller = Annotated[ApiViewer, Depends(NeedsToken(Scope.REVIEWS))]
AuditCaller = Annotated[ApiViewer, Depends(NeedsToken(Scope.AUDIT))]
FiguresCaller = Annotated[ApiViewer, Depends(NeedsToken(Scope.FIGURES))]
