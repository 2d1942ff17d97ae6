"""POST /_control: every verb, fault and question as JSON, `{"do": "write", "user": "kim", "channel": "review", ...}`.

Things are given by name or id, messages as `{"channel": ..., "ts": ...}`, modals by id.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from tests.doubles.slack import shapes
from tests.doubles.slack.admin import Admin
from tests.doubles.slack.core import Core
from tests.doubles.slack.courier import Delivery
from tests.doubles.slack.faults import Fault
from tests.doubles.slack.modals import View
from tests.doubles.slack.pulse import NotSoon
from tests.doubles.slack.verbs import Verbs
from tests.doubles.slack.wire import Json, NotOffered, Refused
from tests.doubles.slack.world import Channel, Group, Message, User, Workspace


class Unknown(Exception):
    """There is no such thing in this Slack."""


class Control:
    """Finds the verb, turns names into things, and turns what comes back into JSON."""

    def __init__(self, core: Core, act: Verbs, admin: Admin) -> None:
        self.core, self.act, self.admin = core, act, admin

    async def serve(self, request: web.Request) -> web.Response:
        """One order."""
        try:
            asked = json.loads(await request.read())
            return web.json_response({"ok": True, "result": self._shown(await self._do(asked.pop("do"), asked))})
        except (NotOffered, NotSoon, Unknown, Refused, KeyError, TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)

    async def _do(self, verb: str, given: Json) -> Any:
        own: dict[str, Callable[..., Any]] = {
            "fault": self._fault,
            "clear_faults": self.core.faults.clear,
            "skip": self._skip,
            "settled": self.core.courier.settled,
            "posts": self._posts,
            "wait_for_posts": self._wait_for_posts,
            "whispers": lambda user: [m for m in self.core.world.ephemerals if m.more["to"] == self._user(user).id],
            "modal": lambda user: self.core.modals.top(self._user(user)),
            "state": self._state,
            "double": lambda on: setattr(self.core.courier, "doubled", on),
            "hold": self.core.courier.hold,
            "release": lambda reverse=False: self.core.courier.release(lambda held: held[:: -1 if reverse else 1]),
            "bot": lambda url: setattr(self.core.courier, "bot_url", url),
            "refresh_sockets": self.core.sockets.refresh,
            "stall_sockets": lambda pongs=True: self.core.sockets.stall(pongs=pongs),
            "drop_sockets": self.core.sockets.drop,
        }
        if verb in own:
            result = own[verb](**given)
        else:
            whose = next(
                (one for one in (self.act, self.admin) if hasattr(one, verb) and not verb.startswith("_")), None
            )
            if whose is None:
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
                positional += [self._found(kinds, value) for value in given.pop(name, [])]
            elif name in given:
                value = self._found(kinds, given.pop(name))
                if parameter.kind is parameter.KEYWORD_ONLY:
                    given[name] = value
                else:
                    positional.append(value)
            elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is not parameter.empty:
                positional.append(parameter.default)
        return positional

    def _found(self, kinds: set[Any], value: Any) -> Any:
        if Message in kinds and isinstance(value, dict):
            channel = self._channel(value["channel"])
            whispered = (m for m in self.core.world.ephemerals if m.channel is channel and m.ts == value["ts"])
            return channel.messages.get(value["ts"]) or _one(whispered, str(value))
        if not isinstance(value, str):
            return value
        world = self.core.world
        if View in kinds:
            return self.core.modals.find(value)
        if User in kinds:
            return self._user(value)
        if Channel in kinds:
            return self._channel(value)
        if Group in kinds:
            return _one((g for g in world.groups.values() if value in (g.id, g.handle)), value)
        if Workspace in kinds:
            return _one((w for w in world.workspaces.values() if value in (w.id, w.name)), value)
        return value

    def _user(self, value: str) -> User:
        return _one((user for user in self.core.world.users.values() if value in (user.id, user.name)), value)

    def _channel(self, value: str) -> Channel:
        return _one(
            (channel for channel in self.core.world.channels.values() if value in (channel.id, channel.name)), value
        )

    def _fault(self, **given: Any) -> Fault:
        if unknown := given.keys() - {field.name for field in fields(Fault)}:
            raise Unknown(str(unknown))
        return self.core.faults.add(Fault(**given))

    def _skip(self, seconds: float) -> None:
        self.core.clock.skip(seconds)
        self.core.pulse.beat()

    def _posts(self, channel: str = "", thread: str = "", after: int = 0) -> list[Message]:
        place = self._channel(channel) if channel else None
        parent = place.messages[thread] if place and thread else None
        return self.core.posts(place, parent, after)

    async def _wait_for_posts(self, count: int, seconds: float = 10, **which: Any) -> Any:
        def enough() -> list[Message]:
            found = self._posts(**which)
            return found if len(found) >= count else []

        return await self.core.pulse.until(enough, seconds, f"fewer than {count} posts")

    def _state(self) -> Json:
        core = self.core
        return {
            "bot_token": core.app.bot_token,
            "app_token": core.app.app_token,
            "signing_secret": core.app.signing_secret,
            "channels": {channel.name: channel.id for channel in core.world.channels.values()},
            "users": {user.name: user.id for user in core.world.users.values()},
            "calls": [{"method": call.method, "ok": call.ok, "error": call.error} for call in core.calls],
            "deliveries": core.courier.deliveries,
            "lost": len(core.courier.lost()),
            "warnings": core.warnings,
            "complaints": core.complaints,
            "connections": len(core.sockets.connections),
        }

    def _shown(self, thing: Any) -> Any:
        match thing:
            case Message():
                return {**shapes.message(self.core.world, thing, metadata=True), "channel": thing.channel.id}
            case Delivery():
                told = {"kind": thing.kind, "payload": thing.payload, "acknowledged": thing.acknowledged}
                return {**told, "lost": thing.lost, "attempts": [asdict(attempt) for attempt in thing.attempts]}
            case View():
                return self.core.modals.shape(thing)
            case Fault():
                return asdict(thing)
            case list():
                return [self._shown(one) for one in thing]
            case dict():
                return {name: self._shown(one) for name, one in thing.items()}
            case _:
                return thing


T = typing.TypeVar("T")


def _one(found: typing.Iterator[T], name: str) -> T:
    for thing in found:
        return thing
    raise Unknown(name)
