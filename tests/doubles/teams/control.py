"""POST /_control: every verb, fault and question as JSON, `{"do": "write", "user": "kim", "channel": "Review", ...}`.

Things are given by name or id, messages by id. `{name}` in what somebody writes is a mention of that person.
"""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from tests.doubles.slack.pulse import NotSoon
from tests.doubles.teams.admin import Admin
from tests.doubles.teams.awkward import AWKWARD, INVOKES, ODD
from tests.doubles.teams.core import Core
from tests.doubles.teams.courier import Attempt, Delivery
from tests.doubles.teams.faults import Fault
from tests.doubles.teams.verbs import Verbs
from tests.doubles.teams.wire import Json, NotOffered
from tests.doubles.teams.world import Channel, Message, Team, User

T = typing.TypeVar("T")


class Unknown(Exception):
    """There is no such thing in this Teams."""


class Control:
    """Finds the verb, turns names into things, and turns what comes back into JSON."""

    def __init__(self, core: Core, act: Verbs, admin: Admin) -> None:
        self.core, self.act, self.admin = core, act, admin

    async def serve(self, request: web.Request) -> web.Response:
        """One order."""
        try:
            asked = json.loads(await request.read())
            return web.json_response({"ok": True, "result": self._shown(await self._do(asked.pop("do"), asked))})
        except (NotOffered, NotSoon, Unknown, KeyError, TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)

    async def _do(self, verb: str, given: Json) -> Any:
        own: dict[str, Callable[..., Any]] = {
            "fault": self._fault,
            "clear_faults": self.core.faults.clear,
            "skip": self._skip,
            "settled": self.core.courier.settled,
            "posts": self._posts,
            "wait_for_posts": self._wait_for_posts,
            "card": lambda message, user="": self.core.card(self._message(message), self._user(user) if user else None),
            "whispers": lambda user: [words for who, words in self.core.clicks.whispers if who is self._user(user)],
            "state": self._state,
            "awkward": self._awkward,
            "double": lambda on: setattr(self.core.courier, "doubled", on),
            "hold": self.core.courier.hold,
            "release": lambda reverse=False: self.core.courier.release(lambda held: held[:: -1 if reverse else 1]),
            "bot": lambda url: setattr(self.core.courier, "bot_url", url),
        }
        if verb in own:
            result = own[verb](**given)
        else:
            whose = next((one for one in (self.act, self.admin) if hasattr(one, verb)), None)
            if whose is None or verb.startswith("_"):
                raise Unknown(verb)
            run = getattr(whose, verb)
            result = run(*self._arguments(run, given), **given)
        return await result if inspect.isawaitable(result) else result

    def _arguments(self, run: Callable[..., Any], given: Json) -> list[Any]:
        """Names become things by the types the verb declares; what it takes any number of is given as a list."""
        positional: list[Any] = []
        hints = typing.get_type_hints(run)
        for name, parameter in inspect.signature(run).parameters.items():
            kinds = set(typing.get_args(hints[name])) if isinstance(hints[name], types.UnionType) else {hints[name]}
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += given.pop(name, [])
            elif name in given:
                value = self._found(kinds, given.pop(name), name)
                if parameter.kind is parameter.KEYWORD_ONLY:
                    given[name] = value
                else:
                    positional.append(value)
        return positional

    def _found(self, kinds: set[Any], value: Any, name: str) -> Any:
        if not isinstance(value, str):
            return value
        if name == "words":
            return re.sub(r"\{(\w+)\}", lambda found: str(self._user(found[1])), value)
        for kind, find in ((Message, self._message), (User, self._user)):
            if kind in kinds:
                return find(value)
        if Channel in kinds or Team in kinds:
            return self._place(kinds, value)
        return value

    def _place(self, kinds: set[Any], value: str) -> Team | Channel:
        world = self.core.world
        places: list[Team | Channel] = [*world.channels.values()] if Channel in kinds else []
        places += world.teams.values() if Team in kinds else []
        return _one((place for place in places if value in (place.id, place.name)), value)

    def _channel(self, value: str) -> Channel:
        return _one((one for one in self.core.world.channels.values() if value in (one.id, one.name)), value)

    def _user(self, value: str) -> User:
        return _one((user for user in self.core.world.users.values() if value in (user.id, user.name)), value)

    def _message(self, value: str) -> Message:
        return _one((message for message in self.core.world.everything() if message.id == value), value)

    def _fault(self, **given: Any) -> Fault:
        if unknown := given.keys() - {field.name for field in fields(Fault)}:
            raise Unknown(str(unknown))
        return self.core.faults.add(Fault(**given))

    def _skip(self, seconds: float) -> None:
        self.core.clock.skip(seconds)
        self.core.pulse.beat()

    async def _awkward(self, name: str, message: str) -> Delivery:
        change = {**AWKWARD, **ODD, **INVOKES}[name]
        return await self.act.deliver(change(self.core.activities.said(self._message(message))))

    def _posts(self, channel: str = "", thread: str = "", after: int = 0) -> list[Message]:
        place = self._message(thread) if thread else self._channel(channel) if channel else None
        return self.core.posts(place, after)

    async def _wait_for_posts(self, count: int, seconds: float = 10, **which: Any) -> Any:
        def enough() -> list[Message]:
            found = self._posts(**which)
            return found if len(found) >= count else []

        return await self.core.pulse.until(enough, seconds, f"fewer than {count} posts")

    def _state(self) -> Json:
        core = self.core
        return {
            "service_url": core.activities.service_url,
            "app_id": core.app.id,
            "channels": {channel.name: channel.id for channel in core.world.channels.values()},
            "teams": {team.name: team.group for team in core.world.teams.values()},
            "users": {user.name: user.aad for user in core.world.users.values()},
            "calls": [{"method": call.method, "status": call.status, "error": call.error} for call in core.calls],
            "deliveries": core.courier.deliveries,
            "lost": len(core.courier.lost()),
            "silent": core.courier.silent,
            "tokens": len(core.entra.issued),
            "connections": {door: len(lines) for door, lines in core.lines.items()},
            "warnings": core.warnings,
            "complaints": core.complaints,
        }

    def _shown(self, thing: Any) -> Any:
        match thing:
            case Message():
                where = {"id": thing.id, "channel": thing.channel.id, "conversation": thing.conversation}
                return {**where, "by": thing.user.name, "text": thing.text or thing.words, "card": thing.card}
            case Delivery():
                told: Json = {"kind": thing.kind, "activity": thing.activity, "acknowledged": thing.acknowledged}
                return {**told, "lost": thing.lost, "attempts": [asdict(attempt) for attempt in thing.attempts]}
            case Fault() | Attempt():
                return asdict(thing)
            case list():
                return [self._shown(one) for one in thing]
            case dict():
                return {name: self._shown(one) for name, one in thing.items()}
            case _:
                return thing


def _one(found: typing.Iterable[T], name: str) -> T:
    for thing in found:
        return thing
    raise Unknown(name)
