"""All parts of the fake Teams, put together."""

from __future__ import annotations

from typing import Any

from tests.doubles.slack.pulse import Pulse
from tests.doubles.teams.activities import Activities
from tests.doubles.teams.call import Call
from tests.doubles.teams.callers import CALLERS
from tests.doubles.teams.clicks import Clicks
from tests.doubles.teams.clock import Clock
from tests.doubles.teams.courier import Courier
from tests.doubles.teams.entra import Entra
from tests.doubles.teams.faults import Faults
from tests.doubles.teams.happenings import Happenings
from tests.doubles.teams.limits import Limits, Meter
from tests.doubles.teams.passport import Passport
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import Channel, Message, User, World


class Core:
    """`warnings` are what Teams shows otherwise than meant, `complaints` what a person would see as an error.

    With `html_only` Graph gives even a bot's plain text back as HTML. `lines` are the connections per door.
    """

    def __init__(self, world: World, clock: Clock, limits: Limits, bot_url: str) -> None:
        self.world, self.clock, self.limits = world, clock, limits
        self.app = world.app
        self.pulse = Pulse()
        self.meter = Meter(clock, limits)
        self.faults = Faults()
        self.entra = Entra(world, clock)
        self.passport = Passport(world.app, clock)
        self.activities = Activities(world, clock)
        self.courier = Courier(clock, self.pulse, self.passport, self.activities, bot_url)
        self.happenings = Happenings(world, clock, self.pulse, self.courier, self.activities)
        self.complaints: list[str] = []
        self.clicks = Clicks(self.complaints)
        self.calls: list[Call] = []
        self.warnings: list[str] = []
        self.html_only = False
        self.lines: dict[str, set[Any]] = {}
        self.base = ""

    def posts(self, place: Channel | Message | None = None, after: int = 0) -> list[Message]:
        """What our bot has posted and not deleted, oldest first, in a channel, a thread or anywhere.

        `after` leaves out so many of the oldest.
        """
        found = [post for post in self.world.posts if not post.deleted]
        if isinstance(place, Channel):
            found = [post for post in found if post.channel is place]
        elif place is not None:
            found = [post for post in found if post.channel is place.channel and post.root == place.root]
        return found[after:]

    def card(self, message: Message, user: User | None = None) -> Json:
        """The card as everybody sees it, or as this person does, to whom a click may have shown another."""
        seen = self.clicks.card(message, user)
        assert seen, f"there is no card on {message.id}"
        return seen

    def forged(self, caller: str) -> str:
        """The Authorization header of one of `callers.CALLERS`."""
        return CALLERS[caller](self.passport, self.entra, self.activities.service_url)

    def readable(self, message: Message) -> bool:
        """Whether Graph shows it yet."""
        since = message.hidden_since
        return not message.hidden_for or (since is not None and self.clock.since(since) >= message.hidden_for)
