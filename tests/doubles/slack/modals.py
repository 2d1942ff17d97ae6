"""Views: the stack of modals a person has open, their Home tab, and the triggers that open them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.slack.clock import Clock, Moment
from tests.doubles.slack.kit import blocks
from tests.doubles.slack.pulse import Pulse
from tests.doubles.slack.wire import Json, Refused, scribble, serial
from tests.doubles.slack.world import User, World

STACK = 3


@dataclass(eq=False)
class View:
    """A modal or a Home tab as it is shown now. `fields` is what the app sent."""

    id: str
    user: User
    fields: Json
    hash: str
    root: str = ""
    previous: str = ""
    closed: bool = False
    values: dict[str, dict[str, Json]] = field(default_factory=dict)

    def inputs(self) -> list[Json]:
        """The input blocks."""
        return [block for block in self.fields["blocks"] if block["type"] == "input"]

    @property
    def title(self) -> str:
        return str(self.fields.get("title", {}).get("text", ""))


@dataclass
class Trigger:
    """A trigger_id: good once, for three seconds. `view` is the modal it was pressed in."""

    user: User
    issued: Moment
    view: View | None = None
    used: bool = False


class Modals:
    """Who sees what."""

    def __init__(self, world: World, clock: Clock, pulse: Pulse) -> None:
        self.world, self.clock, self.pulse = world, clock, pulse
        self.stacks: dict[User, list[View]] = {}
        self.homes: dict[User, View] = {}
        self._triggers: dict[str, Trigger] = {}
        self._ids = serial("V")
        self._hashes = itertools.count(1)

    def trigger(self, user: User, view: View | None = None) -> str:
        """A new trigger_id for what this person has just done."""
        name = f"{int(self.clock.wall())}.{len(self._triggers) + 1}.{scribble(12)}"
        self._triggers[name] = Trigger(user, self.clock.mark(), view)
        return name

    def top(self, user: User) -> View | None:
        """The modal this person looks at."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def open(self, trigger_id: str, given: Any) -> View:
        """A modal; one that is open already gives way."""
        fields = self._checked(given, "modal")  # a view that is refused does not use up the trigger
        return self._show(self._exchange(trigger_id).user, [], fields)

    def push(self, trigger_id: str, given: Any) -> View:
        """A modal on top of the one it was pressed in."""
        self._checked(given, "modal")
        trigger = self._exchange(trigger_id)
        if trigger.view is None or trigger.view.closed:
            raise Refused("not_found")
        return self.onto(trigger.user, given)

    def onto(self, user: User, given: Any) -> View:
        """One more view on this person's stack."""
        stack = self.stacks.get(user, [])
        if len(stack) >= STACK:
            raise Refused("push_limit_reached")
        return self._show(user, stack, self._checked(given, "modal"))

    def update(self, view: View, given: Any, expected: str = "") -> View:
        """The same view with other content."""
        if view.closed:
            raise Refused("not_found")
        fields = self._checked(given, "home" if view.fields["type"] == "home" else "modal", view)
        if expected and expected != view.hash:
            raise Refused("hash_conflict")
        view.fields, view.hash = fields, self._hash()
        self.pulse.beat()
        return view

    def publish(self, user: User, given: Any, expected: str = "") -> View:
        """A person's Home tab."""
        home = self.homes.get(user)
        if home:
            return self.update(home, given, expected)
        if expected:
            raise Refused("hash_conflict")
        fields = self._checked(given, "home")
        self.homes[user] = home = View(next(self._ids), user, fields, self._hash())
        home.root = home.id
        self.pulse.beat()
        return home

    def find(self, view_id: str = "", external_id: str = "") -> View:
        """By its id or by the app's name for it. Raises `Refused`."""
        for view in self.all():
            if (view_id and view.id == view_id) or (external_id and view.fields.get("external_id") == external_id):
                return view
        raise Refused("not_found")

    def all(self) -> list[View]:
        """Every view that is shown to somebody."""
        return [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())

    def close(self, user: User, every: bool = False) -> None:
        """The top view goes, or all of them."""
        stack = self.stacks.get(user, [])
        while stack:
            stack.pop().closed = True
            if not every:
                break
        self.pulse.beat()

    def shape(self, view: View) -> Json:
        """A view object."""
        app = self.world.app
        shape: Json = {"private_metadata": "", "callback_id": "", "external_id": "", **view.fields}
        shape |= {
            "id": view.id,
            "team_id": view.user.team.id,
            "state": {"values": view.values},
            "hash": view.hash,
            "previous_view_id": view.previous or None,
            "root_view_id": view.root,
            "app_id": app.id,
            "app_installed_team_id": app.team.id,
            "bot_id": app.bot.bot_id,
        }
        if view.fields["type"] == "modal":
            shape = {"submit": None, "close": None, "clear_on_close": False, "notify_on_close": False, **shape}
        return shape

    def _show(self, user: User, below: list[View], fields: Json) -> View:
        for gone in self.stacks.get(user, []):
            gone.closed = gone not in below
        view = View(next(self._ids), user, fields, self._hash())
        view.root = below[0].id if below else view.id
        view.previous = below[-1].id if below else ""
        self.stacks[user] = [*below, view]
        self.pulse.beat()
        return view

    def _checked(self, given: Any, kind: str, same: View | None = None) -> Json:
        fields = blocks.view(given, kind)
        name = fields.get("external_id")
        if name and any(view is not same and view.fields.get("external_id") == name for view in self.all()):
            raise Refused("duplicate_external_id")
        return fields

    def _exchange(self, trigger_id: str) -> Trigger:
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self.clock.overdue(trigger.issued):
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def _hash(self) -> str:
        return f"{int(self.clock.wall())}.{next(self._hashes):08x}"
