"""All parts of the fake Slack, put together."""

from __future__ import annotations

from tests.doubles.slack.call import Call
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.courier import Courier
from tests.doubles.slack.envelopes import Envelopes
from tests.doubles.slack.faults import Faults
from tests.doubles.slack.happenings import Happenings
from tests.doubles.slack.limits import Limits, Meter
from tests.doubles.slack.modals import Modals
from tests.doubles.slack.pulse import Pulse
from tests.doubles.slack.sockets import Sockets
from tests.doubles.slack.world import Channel, Message, World


class Core:
    """`warnings` are what Slack advises against, `complaints` what a person would see as an error of the bot."""

    def __init__(self, world: World, clock: Clock, limits: Limits, bot_url: str) -> None:
        self.world, self.clock, self.limits = world, clock, limits
        self.app = world.app
        self.pulse = Pulse()
        self.meter = Meter(clock, limits)
        self.faults = Faults()
        self.modals = Modals(world, clock, self.pulse)
        self.sockets = Sockets(world.app, clock, self.pulse, limits)
        self.courier = Courier(world.app, clock, self.pulse, bot_url, self.sockets)
        self.envelopes = Envelopes(world, clock, self.modals)
        self.happenings = Happenings(world, clock, self.pulse, self.courier, self.envelopes)
        self.calls: list[Call] = []
        self.warnings: list[str] = []
        self.complaints: list[str] = []
        self.base = ""

    def posts(self, channel: Channel | None = None, thread: Message | None = None, after: int = 0) -> list[Message]:
        """What our bot has posted and not deleted, oldest first; `after` leaves out so many of the oldest."""
        found = self.world.posts[after:] if thread is None else thread.replies
        return [
            post
            for post in found
            if post.user is self.app.bot and not post.deleted and (channel is None or post.channel is channel)
        ]

    def readable(self, message: Message) -> bool:
        """Whether history and replies show it yet."""
        since = message.hidden_since
        return not message.hidden_for or (since is not None and self.clock.since(since) >= message.hidden_for)
