"""What administrators and Slack itself do: channels archived, shared and renamed, the bot invited, tokens revoked."""

from __future__ import annotations

import asyncio
import uuid

from tests.doubles.slack.core import Core
from tests.doubles.slack.courier import Delivery
from tests.doubles.slack.wire import Json
from tests.doubles.slack.world import Channel, Group, Message, User, Workspace


class Admin:
    """`await slack.admin.archive(town.support)`. Each verb returns once the bot has answered the first try."""

    def __init__(self, core: Core) -> None:
        self.core = core

    async def archive(self, channel: Channel) -> None:
        """Nobody can write there any more; reading still works."""
        channel.archived = True
        kind = "group_archive" if channel.private else "channel_archive"
        await self._tell({"type": kind, "channel": channel.id, "user": "USLACKBOT"}, channel)

    async def unarchive(self, channel: Channel) -> None:
        """And now they can."""
        channel.archived = False
        kind = "group_unarchive" if channel.private else "channel_unarchive"
        await self._tell({"type": kind, "channel": channel.id, "user": "USLACKBOT"}, channel)

    async def invite(self, user: User, channel: Channel, by: User | None = None) -> None:
        """Somebody joins, or our bot is invited; a message says so, and an event."""
        channel.members.append(user)
        event: Json = {"type": "member_joined_channel", "user": user.id, **_where(channel)}
        if by:
            event["inviter"] = by.id
        await self._tell(event, channel)
        await self._note(channel, user, "channel_join", f"<@{user.id}> has joined the channel")

    async def invite_bot(self, channel: Channel, by: User | None = None) -> None:
        """`/invite @countersign`."""
        await self.invite(self.core.app.bot, channel, by)

    async def remove(self, user: User, channel: Channel) -> None:
        """Somebody leaves or is removed; a removed bot is told only of its own leaving."""
        channel.members.remove(user)
        await self._tell({"type": "member_left_channel", "user": user.id, **_where(channel)}, channel)
        if user is self.core.app.bot:
            kind = "group_left" if channel.private else "channel_left"
            await self._tell({"type": kind, "channel": channel.id, "user": user.id}, channel)
        else:
            await self._note(channel, user, "channel_leave", f"<@{user.id}> has left the channel")

    async def remove_bot(self, channel: Channel) -> None:
        """`/remove @countersign`."""
        await self.remove(self.core.app.bot, channel)

    async def share(self, channel: Channel, team: Workspace, *members: User) -> None:
        """The channel is shared with another workspace, some of whose people join."""
        channel.connected.append(team)
        await self._tell({"type": "channel_shared", "connected_team_id": team.id, "channel": channel.id}, channel)
        for member in members:
            await self.invite(member, channel)

    async def unshare(self, channel: Channel, team: Workspace) -> None:
        """The share ends; their people are gone."""
        channel.connected.remove(team)
        channel.members[:] = [member for member in channel.members if member.team is not team]
        event: Json = {"type": "channel_unshared", "channel": channel.id, "previously_connected_team_id": team.id}
        await self._tell({**event, "is_ext_shared": channel.ext_shared}, channel)

    async def change_id(self, channel: Channel, new: str) -> None:
        """A share is offered or ends, and the channel has another id; under the old one nothing is found."""
        old = channel.id
        del self.core.world.channels[old]
        channel.id = new
        self.core.world.channels[new] = channel
        await self._tell({"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}, channel)

    async def change_group(self, group: Group, *members: User) -> None:
        """Other people are in the user group."""
        before, now = {user.id for user in group.members}, {user.id for user in members}
        group.members[:] = members
        event: Json = {"type": "subteam_members_changed", "subteam_id": group.id, "team_id": group.team.id}
        await self._tell({**event, "added_users": sorted(now - before), "removed_users": sorted(before - now)})

    def lock_thread(self, message: Message) -> None:
        """Replies are refused from now on."""
        message.locked = True

    async def revoke_token(self, tell: bool = True) -> None:
        """Every call gets `token_revoked`."""
        self.core.app.state = "token_revoked"
        if tell:
            await self._tell({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.core.app.bot.id]}})

    async def uninstall(self) -> None:
        """Every call gets `account_inactive`."""
        self.core.app.state = "account_inactive"
        await self._tell({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.core.app.bot.id]}})
        await self._tell({"type": "app_uninstalled"})

    def reinstall(self, token: str = "") -> None:
        """Installed again, with a new token or the old one."""
        self.core.app.state = "installed"
        self.core.app.bot_token = token or self.core.app.bot_token

    async def verify_url(self) -> bool:
        """What happens when the request URL is entered: the bot has to give the challenge back."""
        challenge = uuid.uuid4().hex
        payload = {"token": self.core.app.verification_token, "challenge": challenge, "type": "url_verification"}
        delivery = await self.core.courier.tried(self.core.courier.send("verification", payload))
        body = delivery.attempts[-1].body.strip()
        return delivery.acknowledged and challenge in (body, delivery.answer.get("challenge"))

    async def rate_limited(self) -> Delivery:
        """More than 30,000 events an hour: Slack says so once a minute, and drops the rest."""
        app = self.core.app
        payload = {"token": app.verification_token, "type": "app_rate_limited", "team_id": app.team.id}
        minute = {"minute_rate_limited": 1_790_000_000, "api_app_id": app.id}
        return await self.core.courier.tried(self.core.courier.send("event", {**payload, **minute}))

    async def _note(self, channel: Channel, user: User, subtype: str, text: str) -> None:
        said = self.core.happenings.say(channel, user, text, subtype=subtype)
        told = self.core.happenings.said(said)
        await asyncio.gather(*map(self.core.courier.tried, told))

    async def _tell(self, event: Json, channel: Channel | None = None) -> None:
        if delivery := self.core.happenings.tell(event, channel):
            await self.core.courier.tried(delivery)


def _where(channel: Channel) -> Json:
    return {"channel": channel.id, "channel_type": "G" if channel.private else "C", "team": channel.home.id}
