"""The world as Teams keeps it: tenants, people, teams, channels, messages. Plain data; what happens is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.teams.clock import Moment
from tests.doubles.teams.wire import Json, guid, mri, thread_id

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
MESSAGES, MEMBERS = "ChannelMessage.Read.Group", "ChannelMember.Read.Group"
SETTINGS, APPS = "ChannelSettings.Read.Group", "TeamsAppInstallation.Read.Group"


@dataclass(eq=False)
class Tenant:
    """A company in Entra ID."""

    id: str
    name: str
    domain: str


@dataclass(eq=False)
class User:
    """Somebody with an account. A `guest` (B2B) has one in the host's tenant too: `aad` is the object there.

    A bot has an `app_id`, and its id begins with 28.
    """

    id: str
    aad: str
    tenant: Tenant
    name: str
    real_name: str
    guest: bool = False
    app_id: str = ""

    def __str__(self) -> str:
        """A mention, to be put into what somebody writes."""
        return f"<at:{self.id}>"

    @property
    def email(self) -> str:
        return f"{self.name}@{self.tenant.domain}"

    def upn(self, host: Tenant) -> str:
        """The sign-in name; a guest's says where they come from."""
        return f"{self.email.replace('@', '_')}#EXT#@{host.domain}" if self.guest else self.email


@dataclass(eq=False)
class Team:
    """A team. `consent` are the resource-specific permissions its owner gave to our app."""

    id: str
    group: str
    name: str
    tenant: Tenant
    members: list[User] = field(default_factory=list)
    owners: list[User] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    installed: bool = True
    consent: set[str] = field(default_factory=lambda: {MESSAGES, MEMBERS, SETTINGS, APPS})


@dataclass(eq=False)
class Message:
    """A message as it stands now. What people write is `words`, with mentions; a bot's is `text`, verbatim."""

    channel: Channel
    id: str
    user: User
    root: str
    at: float
    words: str = ""
    text: str = ""
    html: str = ""
    text_format: str = "markdown"
    attachments: list[Json] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)
    edited_at: float | None = None
    deleted_at: float | None = None
    hidden_for: float = 0.0  # posted, but for so many Teams seconds Graph does not show it
    hidden_since: Moment | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)
    reacted_at: float | None = None

    @property
    def changed_at(self) -> float:
        """When it last changed; a reaction is a change too."""
        return max(self.at, self.edited_at or 0.0, self.deleted_at or 0.0, self.reacted_at or 0.0)

    @property
    def card(self) -> Json | None:
        """Its Adaptive Card, if it has one."""
        cards = (one["content"] for one in self.attachments if one.get("contentType") == ADAPTIVE)
        return next(cards, None)

    @property
    def deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_reply(self) -> bool:
        return self.root != self.id

    @property
    def conversation(self) -> str:
        """The id of its thread."""
        return f"{self.channel.id};messageid={self.root}"

    @property
    def replies(self) -> list[Message]:
        """The messages below this one, oldest first."""
        return [one for one in self.channel.messages.values() if one.root == self.id and one.is_reply]


@dataclass(eq=False)
class Channel:
    """A channel: `standard`, `private` or `shared`. The latter two have members and an app list of their own.

    `enabled` is whether our app was added to it; `refuses` is the code of a 403 that every post gets.
    """

    id: str
    name: str
    team: Team
    kind: str = "standard"
    members: list[User] = field(default_factory=list)
    enabled: bool = True
    refuses: str = ""
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def people(self) -> list[User]:
        """Who is in it."""
        return self.team.members if self.kind == "standard" else self.members

    @property
    def reachable(self) -> bool:
        """Whether the bot is there."""
        return self.team.installed and self.enabled


@dataclass
class App:
    """Our app: its registration in Entra, its bot, and what Teams knows of it. Old secrets are refused by name."""

    bot: User
    tenant: Tenant
    secret: str = "fake~client~secret"
    old_secrets: list[str] = field(default_factory=list)
    registered: bool = True
    manifest_id: str = field(default_factory=lambda: guid("manifest"))
    version: str = "1.0.0"

    @property
    def id(self) -> str:
        return self.bot.app_id


class World:
    """Everything there is, by id."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.tenants: dict[str, Tenant] = {app.tenant.id: app.tenant}
        self.users: dict[str, User] = {app.bot.id: app.bot}
        self.teams: dict[str, Team] = {}
        self.channels: dict[str, Channel] = {}
        self.posts: list[Message] = []  # what our app ever posted, oldest first

    def tenant(self, name: str) -> Tenant:
        """Another company."""
        tenant = Tenant(guid(f"tenant {name}"), name, f"{name.lower()}.example")
        self.tenants[tenant.id] = tenant
        return tenant

    def user(self, name: str, tenant: Tenant | None = None, **more: Any) -> User:
        """A new person, or another bot when an `app_id` is given."""
        real = more.pop("real_name", name.capitalize())
        own = f"28:{more['app_id']}" if "app_id" in more else mri(name)
        user = User(own, guid(f"user {name}"), tenant or self.app.tenant, name, real, **more)
        self.users[user.id] = user
        return user

    def team(self, name: str, *members: User, owner: User, **more: Any) -> Team:
        """A new team of ours with its General channel, which has the team's own id."""
        people = list(dict.fromkeys((owner, *members)))
        team = Team(thread_id(f"team {name}"), guid(f"group {name}"), name, self.app.tenant, people, [owner], **more)
        self.teams[team.id] = team
        self.channel("General", team, id=team.id)
        return team

    def channel(self, name: str, team: Team, *members: User, **more: Any) -> Channel:
        """A new channel."""
        own = more.pop("id", "") or thread_id(f"channel {team.name} {name}")
        channel = Channel(own, name, team, members=list(members), **more)
        team.channels.append(channel)
        self.channels[channel.id] = channel
        return channel

    def person(self, key: str) -> User | None:
        """Somebody by id, directory object or sign-in name."""
        for user in self.users.values():
            if key in (user.id, user.aad, user.upn(self.app.tenant)):
                return user
        return None

    def everything(self) -> Iterator[Message]:
        """All messages of all channels."""
        for channel in self.channels.values():
            yield from channel.messages.values()
