"""The world as Slack keeps it: workspaces, people, channels, messages. Plain data; what happens to it is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.slack.clock import Moment
from tests.doubles.slack.wire import Json, serial


@dataclass(eq=False)
class Enterprise:
    """An organisation on Enterprise Grid, above its workspaces."""

    id: str
    name: str


@dataclass(eq=False)
class Workspace:
    """A team. `paid` is whether its plan has user groups."""

    id: str
    name: str
    domain: str
    enterprise: Enterprise | None = None
    paid: bool = True

    def same_company(self, other: Workspace) -> bool:
        """One workspace, or two of the same organisation."""
        return self is other or (self.enterprise is not None and self.enterprise is other.enterprise)


@dataclass(eq=False)
class User:
    """Somebody with an account. `guest` is "", "multi" or "single"; a bot has a `bot_id`."""

    id: str
    team: Workspace
    name: str
    real_name: str
    guest: str = ""
    bot_id: str = ""
    app_id: str = ""
    admin: bool = False
    deleted: bool = False
    email: str = ""
    locale: str = "en-US"
    tz: str = "Europe/Copenhagen"

    def __str__(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False)
class Group:
    """A user group, such as @agents."""

    id: str
    team: Workspace
    handle: str
    name: str
    members: list[User]


@dataclass(eq=False)
class File:
    """A file: a name and a size, and of a file of our app's what is in it."""

    id: str
    name: str
    user: User
    mimetype: str = "application/octet-stream"
    size: int = 1024
    title: str = ""
    words: str = ""  # its description for those who do not see it
    content: bytes = b""  # of what our app brought


@dataclass(eq=False)
class Message:
    """A message as it stands now."""

    channel: Channel
    ts: str
    user: User
    text: str
    thread_ts: str = ""
    blocks: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    subtype: str = ""
    client_msg_id: str = ""
    edited: Json | None = None
    deleted: bool = False
    hidden_for: float = 0.0  # posted, but for so many Slack seconds nobody can read it
    hidden_since: Moment | None = None
    locked: bool = False
    broadcast: bool = False
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)
    more: Json = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts

    @property
    def replies(self) -> list[Message]:
        """The messages below this one, oldest first."""
        return [reply for reply in self.channel.threads.get(self.ts, ()) if not reply.deleted]

    def elements(self) -> Iterator[tuple[str, Json]]:
        """Everything that can be pressed, with the block_id it stands in."""
        return pressable(self.blocks)


def pressable(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """The elements with an action_id, each with its block_id."""
    for block in blocks:
        for element in (block.get("accessory"), block.get("element"), *block.get("elements", ())):
            if isinstance(element, dict) and "action_id" in element:
                yield str(block["block_id"]), element


@dataclass(eq=False)
class Channel:
    """A conversation. `connected` are the other workspaces it is shared with; `refuses` is the error of every post."""

    id: str
    name: str
    home: Workspace
    kind: str = "channel"  # or "im"
    private: bool = False
    archived: bool = False
    connected: list[Workspace] = field(default_factory=list)
    members: list[User] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)  # by the parent's ts: the replies, oldest first
    refuses: str = ""

    @property
    def ext_shared(self) -> bool:
        """Shared with another company (Slack Connect)."""
        return any(not team.same_company(self.home) for team in self.connected)

    @property
    def org_shared(self) -> bool:
        """Shared among workspaces of one organisation."""
        return any(team.same_company(self.home) for team in self.connected)

    def put(self, message: Message) -> Message:
        """A new message at its place."""
        self.messages[message.ts] = message
        if message.is_reply:
            self.threads.setdefault(message.thread_ts, []).append(message)
        return message


@dataclass
class App:
    """Our app as Slack knows it: identity, secrets, what it may do and what it asked to be told."""

    id: str
    bot: User
    team: Workspace
    bot_token: str = "xoxb-1000000000001-1000000000002-fakebottoken"
    app_token: str = "xapp-1-A0COUNTERSIGN-1000000000003-fakeapptoken"
    signing_secret: str = "0123456789abcdef0123456789abcdef"
    verification_token: str = "fakeverificationtoken"
    name: str = "Countersign"
    scopes: set[str] = field(
        default_factory=lambda: {
            "chat:write", "channels:history", "channels:read", "groups:history", "groups:read", "users:read",
            "commands", "team:read", "usergroups:read", "reactions:write", "files:read",
            "reactions:read", "files:write",
        }
    )  # fmt: skip
    events: set[str] = field(
        default_factory=lambda: {
            "message.channels", "message.groups", "reaction_added", "reaction_removed", "app_home_opened", "member_joined_channel", "member_left_channel",
            "channel_shared", "channel_unshared", "channel_id_changed", "app_uninstalled", "tokens_revoked",
        }
    )  # fmt: skip
    commands: set[str] = field(default_factory=lambda: {"/countersign"})
    socket_mode: bool = False
    delayed_events: bool = False
    home_tab: bool = True
    state: str = "installed"  # or "token_revoked", "account_inactive"


class World:
    """Everything there is, by id."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.workspaces: dict[str, Workspace] = {app.team.id: app.team}
        self.users: dict[str, User] = {app.bot.id: app.bot}
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.posts: list[Message] = []  # what our app ever posted, oldest first
        self.ephemerals: list[Message] = []  # what only one person sees: `more["to"]` says who
        self._channel_ids, self._dm_ids = serial("C"), serial("D")
        self._user_ids, self._file_ids, self._team_ids = serial("U"), serial("F"), serial("T")

    def workspace(self, name: str, enterprise: Enterprise | None = None, **more: Any) -> Workspace:
        """A new workspace."""
        team = Workspace(next(self._team_ids), name, name.lower().replace(" ", "-"), enterprise, **more)
        self.workspaces[team.id] = team
        return team

    def user(self, name: str, team: Workspace | None = None, **more: Any) -> User:
        """A new person, or a bot when a `bot_id` is given."""
        real = more.pop("real_name", name.capitalize())
        more.setdefault("email", f"{name}@{(team or self.app.team).domain}.example")
        user = User(more.pop("id", "") or next(self._user_ids), team or self.app.team, name, real, **more)
        self.users[user.id] = user
        return user

    def group(self, handle: str, *members: User) -> Group:
        """A new user group of our workspace."""
        group = Group(f"S{len(self.groups) + 1:010d}", self.app.team, handle, handle.capitalize(), list(members))
        self.groups[group.id] = group
        return group

    def channel(self, name: str, *members: User, bot: bool = True, **more: Any) -> Channel:
        """A new channel of our workspace, with our bot in it unless told otherwise."""
        inside = [*members, *([self.app.bot] if bot else [])]
        channel = Channel(more.pop("id", "") or next(self._channel_ids), name, self.app.team, members=inside, **more)
        self.channels[channel.id] = channel
        return channel

    def dm(self, user: User) -> Channel:
        """The direct conversation of this person with our bot."""
        for channel in self.channels.values():
            if channel.kind == "im" and user in channel.members:
                return channel
        channel = Channel(
            next(self._dm_ids), user.name, self.app.team, kind="im", private=True, members=[user, self.app.bot]
        )
        self.channels[channel.id] = channel
        return channel

    def file(self, name: str, user: User) -> File:
        """A new file."""
        file = File(next(self._file_ids), name, user)
        self.files[file.id] = file
        return file

    def is_stranger(self, user: User) -> bool:
        """From another company, and not even in a channel that is shared with ours."""
        if user.team.same_company(self.app.team):
            return False
        return not any(channel.ext_shared and user in channel.members for channel in self.channels.values())
