"""What reaches the bot: activities, as the Bot Connector writes them for channel `msteams`."""

from __future__ import annotations

import uuid

from tests.doubles.teams import markup
from tests.doubles.teams.clock import Clock
from tests.doubles.teams.wire import Json, local, stamp
from tests.doubles.teams.world import Channel, Message, Team, User, World

CLIENT: Json = {"locale": "en-US", "country": "US", "platform": "Web", "timezone": "Europe/Copenhagen"}


class Activities:
    """Shapes activities. The service URL names a `region`, which may change.

    With `names_tenant`, `from` says which tenant somebody of another company comes from; it is not documented to.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock = world, clock
        self.region = "emea"
        self.names_tenant = False
        self.base = ""

    @property
    def service_url(self) -> str:
        """Where the bot has to send what it says."""
        return f"{self.base}/connector/{self.region}/{self.world.app.tenant.id}/"

    def said(self, message: Message) -> Json:
        """A message somebody wrote."""
        mentions = markup.mentioned(self.world, message.words)
        shape = self._within(message.channel, message.user, "message", message.id, message.conversation)
        shape["text"], shape["textFormat"] = markup.plain(self.world, message), "plain"
        shape["attachments"] = [{"contentType": "text/html", "content": markup.rich(self.world, message)}]
        shape["entities"] = [*map(_mention, mentions), *shape["entities"]]
        return shape

    def edited(self, message: Message) -> Json:
        """The same message with other words."""
        return self._changed(self.said(message), "messageUpdate", "editMessage")

    def undeleted(self, message: Message) -> Json:
        """Its author took the deletion back."""
        return self._changed(self.said(message), "messageUpdate", "undeleteMessage")

    def deleted(self, message: Message) -> Json:
        """It is gone, and so are its words."""
        shape = self._within(message.channel, message.user, "messageDelete", message.id, message.conversation)
        return self._changed(shape, "messageDelete", "softDeleteMessage")

    def reacted(self, user: User, message: Message, kind: str, *, added: bool) -> Json:
        """A reaction to something the bot posted."""
        shape = self._within(message.channel, user, "messageReaction", _fresh(), message.conversation)
        shape["replyToId"] = message.id
        shape["reactionsAdded" if added else "reactionsRemoved"] = [{"type": kind}]
        return shape

    def executed(self, user: User, message: Message, action: Json) -> Json:
        """Action.Execute was pressed on a card."""
        shape = self._on_card(user, message, "invoke", _fresh())
        shape["name"], shape["value"] = "adaptiveCard/action", {"action": action, "trigger": "manual"}
        return shape

    def again(self, invoke: Json) -> Json:
        """The same click once more, as if it were another one (botbuilder-dotnet#5005)."""
        return {**invoke, "id": _fresh(), **self._times()}

    def submitted(self, user: User, message: Message, data: object) -> Json:
        """Action.Submit was pressed: a message without words."""
        shape = self._on_card(user, message, "message", self.clock.id())
        return {**shape, "textFormat": "plain", "value": data}

    def installation(self, user: User, team: Team, channel: Channel, action: str) -> Json:
        """`add`, `remove`, `add-upgrade` or `remove-upgrade`."""
        shape = self._within(channel, user, "installationUpdate", _fresh(), channel.id)
        shape["conversation"]["name"] = channel.name
        shape["channelData"] |= {"team": _team(team), "settings": {"selectedChannel": {"id": channel.id}}}
        return {**shape, "action": action}

    def membership(self, by: User, team: Team, who: list[User], *, added: bool) -> Json:
        """People, or the bot, came into a team or left it."""
        shape = self._update(by, team, "teamMemberAdded" if added else "teamMemberRemoved")
        return {**shape, "membersAdded" if added else "membersRemoved": [self._account(user) for user in who]}

    def channel_membership(self, by: User, channel: Channel, who: list[User], *, added: bool) -> Json:
        """People, or the bot, came into a private or shared channel or left it."""
        kind = "channelMemberAdded" if added else "channelMemberRemoved"
        shape = self._update(by, channel.team, kind, channel)
        return {**shape, "membersAdded" if added else "membersRemoved": [self._account(user) for user in who]}

    def event(self, by: User, team: Team, kind: str, channel: Channel | None = None) -> Json:
        """channelCreated, channelRenamed, channelDeleted, teamRenamed, teamArchived, ..."""
        return self._update(by, team, kind, channel)

    def _update(self, by: User, team: Team, kind: str, channel: Channel | None = None) -> Json:
        general = team.channels[0]
        place = channel if channel and kind.startswith("channelMember") else general
        shape = self._within(place, by, "conversationUpdate", _fresh(), place.id)
        shape["channelData"] = {"team": _team(team), "eventType": kind, "tenant": {"id": team.tenant.id}}
        if channel:
            shape["channelData"]["channel"] = {"id": channel.id, "name": channel.name}
        return shape

    def _on_card(self, user: User, message: Message, kind: str, own: str) -> Json:
        shape = self._within(message.channel, user, kind, own, message.conversation)
        shape["replyToId"] = message.id
        shape["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{message.id}"}}
        return shape

    def _within(self, channel: Channel, user: User, kind: str, own: str, conversation: str) -> Json:
        team, bot = channel.team, self.world.app.bot
        return {
            "type": kind,
            "id": own,
            **self._times(),
            "localTimezone": "Europe/Copenhagen",
            "serviceUrl": self.service_url,
            "channelId": "msteams",
            "from": {**self._account(user), "name": user.real_name},
            "recipient": {"id": bot.id, "name": bot.real_name},
            "conversation": {
                "isGroup": True, "conversationType": "channel", "tenantId": team.tenant.id, "id": conversation,
            },
            "channelData": {
                "teamsChannelId": channel.id, "teamsTeamId": team.id, "channel": {"id": channel.id},
                "team": {"id": team.id}, "tenant": {"id": team.tenant.id},
            },
            "entities": [{**CLIENT, "type": "clientInfo"}],
            "locale": "en-US",
        }  # fmt: skip

    def _account(self, user: User) -> Json:
        shape = {"id": user.id, "aadObjectId": user.aad}
        if self.names_tenant and not user.guest:
            shape["tenantId"] = user.tenant.id
        return {name: value for name, value in shape.items() if value}

    def _changed(self, shape: Json, kind: str, event: str) -> Json:
        shape["channelData"]["eventType"] = event
        return {**shape, "type": kind}

    def _times(self) -> Json:
        now = self.clock.wall()
        return {"timestamp": stamp(now), "localTimestamp": local(now)}


def _mention(user: User) -> Json:
    return {"type": "mention", "mentioned": {"id": user.id, "name": user.real_name}, "text": markup.at(user)}


def _team(team: Team) -> Json:
    """Only what is told about the team itself has its group; messages do not."""
    return {"aadGroupId": team.group, "name": team.name, "id": team.id}


def _fresh() -> str:
    return f"f:{uuid.uuid4()}"
