"""What the parts of the Slack channel share: its settings, the way to Slack, and who we and the others are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.base import Inbox, Person, Refusal, Silence, Speaker
from bot.channels.errands import Errands
from bot.channels.slack.client import SlackClient
from bot.channels.slack.directory import Directory, name_of
from bot.channels.slack.events import NAME, Told, us_of
from bot.channels.slack.pacing import Pace
from bot.channels.slack.payload import Payload, part, text
from bot.channels.slack.people import Profile, Staff, Us, is_ours, speaker
from bot.channels.slack.rooms import Rooms
from bot.channels.slack.words import escaped
from bot.log import log


@dataclass(frozen=True, slots=True)
class SlackDesk:
    """A desk as Slack sees it: ids of the channels it listens to and of the one it reviews in, empty when elsewhere."""

    name: str
    listens: frozenset[str]
    reviews: str
    staff: Staff = field(default_factory=Staff)
    disclosure: str = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the channel is made with. `link` gives the address of a review's page; `version` is the program's.

    `every` is the pace of posting in one channel, `look_again` the pause before what was not found is looked for a
    second time, because how soon a post can be read is not documented; both in seconds.
    """

    token: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    api_url: str = ""
    desks: tuple[SlackDesk, ...] = ()
    link: Callable[[str], str] = lambda _: ""
    every: float = 1.0
    look_again: float = 2.0
    version: str = ""
    clock: Callable[[], float]


class Office:
    """Everything the parts need, made once."""

    def __init__(self, setup: Setup, inbox: Inbox) -> None:
        self.setup = setup
        self.inbox = inbox
        self.client = SlackClient(setup.token, setup.api_url)
        self.pace = Pace(setup.every)
        self.rooms = Rooms(self.client, setup.clock)
        named = {one for desk in setup.desks for one in desk.staff.named}
        self.directory = Directory(self.client, frozenset(one for one in named if one.startswith("S")), setup.clock)
        self.errands = Errands()
        self.us = Us()
        self.reviews = sorted({desk.reviews for desk in setup.desks} - {""})
        self.listens = sorted({channel for desk in setup.desks for channel in desk.listens})
        self._listening = {channel: desk for desk in setup.desks for channel in desk.listens}
        # Whoever is named at any desk belongs to us; what they may do is the law's to say.
        guests = "staff" if any(desk.staff.guests == "staff" for desk in setup.desks) else "customers"
        self._everybody = Staff(frozenset(named), guests=guests)

    def desk_of(self, channel: str) -> SlackDesk | None:
        """The desk that listens to this channel."""
        return self._listening.get(channel)

    def reviews_in(self, channel: str) -> bool:
        """Whether a desk reviews in this channel."""
        return channel in self.reviews

    async def introduce(self) -> None:
        """Ask Slack who we are. Raises `Refusal` or `Silence`; everything but telling guests apart works without."""
        who, _ = await self.client.introduced()
        self.us = Us(
            team=text(who, "team_id"),
            enterprise=text(who, "enterprise_id"),
            user=text(who, "user_id"),
            bot=text(who, "bot_id"),
            app=text(who, "app_id") or self.us.app,
        )

    async def acquainted(self) -> None:
        """Know who we are, if it takes asking. Raises `Refusal` or `Silence`."""
        if not self.us.bot:
            await self.introduce()

    async def writer(self, told: Told, envelope: Payload) -> tuple[Person, Speaker]:
        """Who wrote a message, and whose side they are on."""
        profile = await self.directory.look(told.writer.id, told.writer)
        desk = self.desk_of(told.channel)
        staff = desk.staff if desk else Staff()
        whose = speaker(profile, self.directory.groups_of(profile.id), self._us(envelope), staff, shared=told.shared)
        return Person(NAME, profile.id, profile.name or profile.id), whose

    async def presser(self, body: Payload) -> Person | None:
        """Who pressed or typed something; None for a guest, or somebody of another organisation, who was not named.

        Buttons work for everyone in a channel: https://docs.slack.dev/apis/slack-connect/
        """
        user = part(body, "user")
        said = text(user, "id") or text(body, "user_id")
        home = text(user, "team_id") or text(body, "team_id")
        named = name_of(
            {"profile": {}, "name": text(user, "name") or text(user, "username") or text(body, "user_name")}
        )
        unseen = Profile(said, named or said, frozenset({home} - {""}), known=False)
        profile = await self.directory.look(said, unseen)
        if not said or profile.bot or not is_ours(profile, self._us(body), self._everybody):
            return None
        return Person(NAME, said, profile.name or named or said, self.groups_of(said))

    def groups_of(self, user: str) -> frozenset[str]:
        """The user groups that desks name and this user is in, written as in the settings."""
        return frozenset(f"{NAME}:{group}" for group in self.directory.groups_of(user))

    async def whisper(self, channel: str, user: str, sentence: str) -> None:
        """Tell one person something where only they read it. A failure is logged; it must not stop anything."""
        try:
            await self.client.tell("chat.postEphemeral", channel=channel, user=user, text=escaped(sentence))
        except (Refusal, Silence) as error:
            log.warning("slack_whisper_failed", error=type(error).__name__, said=str(error))

    async def close(self) -> None:
        """Finish what is under way and let the connections go."""
        await self.errands.close()
        await self.directory.close()
        await self.rooms.close()
        await self.client.close()

    def _us(self, body: Payload) -> Us:
        """Who we are: as Slack told when asked, else as the payload says whose installation it was sent to."""
        if self.us.homes:
            return self.us
        told = us_of(body)
        return Us(
            team=told.team or text(body, "team", "id"),
            enterprise=told.enterprise or text(body, "enterprise", "id"),
            user=told.user,
            app=told.app,
        )
