"""What owners, administrators and Microsoft do: the app installed and removed, people moved, keys changed."""

from __future__ import annotations

from tests.doubles.teams.core import Core
from tests.doubles.teams.courier import Delivery
from tests.doubles.teams.world import Channel, Team, User


class Admin:
    """`await teams.admin.install(town.club)`. Each verb returns once the bot has answered the first try."""

    def __init__(self, core: Core) -> None:
        self.core = core

    async def install(self, team: Team, *consent: str, channel: Channel | None = None) -> None:
        """An owner adds the app to a team and agrees to these permissions, or to those the team already has."""
        team.installed = True
        team.consent = set(consent) or team.consent
        where = channel or team.channels[0]
        owner, acts = team.owners[0], self.core.activities
        await self._tell(acts.membership(owner, team, [self.core.app.bot], added=True), where)
        await self._tell(acts.installation(owner, team, where, "add"), where)

    async def uninstall(self, team: Team) -> None:
        """And takes it away: the last thing that the bot hears of that team."""
        owner, acts, general = team.owners[0], self.core.activities, team.channels[0]
        await self._tell(acts.installation(owner, team, general, "remove"), general)
        await self._tell(acts.membership(owner, team, [self.core.app.bot], added=False), general)
        team.installed = False

    async def upgrade(self, team: Team, *consent: str, version: str = "1.1.0") -> None:
        """A new version of the app, with what its owner agrees to now."""
        self.core.app.version = version
        team.consent = set(consent) or team.consent
        general = team.channels[0]
        await self._tell(self.core.activities.installation(team.owners[0], team, general, "add-upgrade"), general)

    def consent(self, team: Team, *permissions: str) -> None:
        """Exactly these resource-specific permissions hold; nobody is told."""
        team.consent = set(permissions)

    async def enable(self, channel: Channel, *, on: bool = True) -> None:
        """A member adds the app to a private or shared channel, or takes it away."""
        bot, by = self.core.app.bot, (channel.members or channel.team.owners)[0]
        channel.enabled = True
        told = self.core.activities.channel_membership(by, channel, [bot], added=on)
        await self._tell(told, channel)
        channel.enabled = on

    async def add(self, user: User, team: Team) -> None:
        """Somebody joins a team."""
        team.members.append(user)
        await self._tell(self.core.activities.membership(team.owners[0], team, [user], added=True), team.channels[0])

    async def remove(self, user: User, team: Team) -> None:
        """Somebody leaves a team."""
        team.members.remove(user)
        await self._tell(self.core.activities.membership(team.owners[0], team, [user], added=False), team.channels[0])

    async def add_to_channel(self, user: User, channel: Channel) -> None:
        """Somebody joins a private or shared channel."""
        channel.members.append(user)
        by = channel.members[0]
        await self._tell(self.core.activities.channel_membership(by, channel, [user], added=True), channel)

    async def remove_from_channel(self, user: User, channel: Channel) -> None:
        """Somebody leaves it."""
        channel.members.remove(user)
        by = (channel.members or [user])[0]
        await self._tell(self.core.activities.channel_membership(by, channel, [user], added=False), channel)

    async def rename(self, place: Team | Channel, name: str) -> None:
        """A team or a channel has another name."""
        place.name = name
        acts = self.core.activities
        if isinstance(place, Team):
            await self._tell(acts.event(place.owners[0], place, "teamRenamed"), place.channels[0])
        else:
            team = place.team
            await self._tell(acts.event(team.owners[0], team, "channelRenamed", place), team.channels[0])

    async def remove_channel(self, channel: Channel) -> None:
        """The channel is deleted; nothing is found under its id any more."""
        team = channel.team
        team.channels.remove(channel)
        del self.core.world.channels[channel.id]
        await self._tell(self.core.activities.event(team.owners[0], team, "channelDeleted", channel), team.channels[0])

    def move(self, region: str) -> None:
        """Activities carry another serviceUrl from now on; calls to the old one are refused."""
        self.core.activities.region = region

    def rotate_keys(self, *, keep: bool = False) -> None:
        """The connector signs with another key; the old one is no longer published, unless it is kept."""
        self.core.passport.ring.rotate(keep)

    def rotate_secret(self, secret: str) -> None:
        """The app has another password, and the old one has expired."""
        self.core.app.old_secrets.append(self.core.app.secret)
        self.core.app.secret = secret

    def revoke_tokens(self) -> None:
        """Every token that Entra gave so far gets 401."""
        self.core.entra.revoke()

    async def _tell(self, activity: dict[str, object], channel: Channel) -> Delivery | None:
        delivery = self.core.happenings.tell(activity, channel)
        return await self.core.courier.tried(delivery) if delivery else None
