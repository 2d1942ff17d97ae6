"""Who a user id is, asked of Slack once and remembered. A message never waits long for it, and never fails for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import SlackClient
from bot.channels.slack.payload import Payload, part, text
from bot.channels.slack.people import Profile
from bot.channels.words import clean, cut
from bot.log import log

# How long a message may wait for its writer's name (seconds): Slack wants its answer within three.
_PATIENCE = 1.0
_FRESH = 3600.0
# After a failure nobody waits for the same user again for so long (seconds).
_SORE = 60.0
_MOST = 20_000
# For so long (seconds) the members of a user group count as they were last read: it gives rights, also on the pages, which
# can be reached while Slack refuses to tell who has left it.
_TRUSTED = 3600.0


class Directory:
    """The people of the workspace, and the members of the user groups that the desks name."""

    def __init__(self, client: SlackClient, groups: frozenset[str], clock: Callable[[], float]) -> None:
        self._client = client
        self._groups = groups
        self._clock = clock
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._known: dict[str, tuple[float, Profile]] = {}
        self._asked: dict[str, asyncio.Task[Profile]] = {}

    async def look(self, user: str, fallback: Profile) -> Profile:
        """The user's profile; the fallback, made from what the message itself says, when Slack does not tell in time."""
        now = asyncio.get_running_loop().time()
        until, profile = self._known.get(user, (0.0, fallback))
        if until > now or not user:
            return profile if profile.known else fallback
        task = self._asked.get(user)
        if task is None:
            task = self._asked[user] = asyncio.create_task(self._ask(user))
            task.add_done_callback(lambda _: self._asked.pop(user, None))
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await asyncio.shield(task)
        except TimeoutError:
            self._remember(Profile(user, "", known=False), _SORE)
            return fallback
        return found if found.known else fallback

    def groups_of(self, user: str) -> frozenset[str]:
        """Which of the named user groups the user is in, or was when they were last read, an hour ago at most."""
        since = self._clock() - _TRUSTED
        return frozenset(group for group, (at, members) in self._members.items() if at > since and user in members)

    async def refresh_groups(self) -> None:
        """Read the members of the named user groups again; on failure the last known ones stay for a while."""
        for group in sorted(self._groups):
            try:
                answer = await self._client.ask("usergroups.users.list", usergroup=group)
            except (Refusal, Silence) as error:
                # User groups are a feature of paid plans: https://docs.slack.dev/reference/methods/usergroups.users.list
                log.warning("slack_group_unread", group=group, said=str(error))
                continue
            users = answer.get("users")
            self._members[group] = (self._clock(), frozenset(one for one in users or () if isinstance(one, str)))

    async def close(self) -> None:
        """Stop asking."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _ask(self, user: str) -> Profile:
        try:
            profile = profile_of(part(await self._client.ask("users.info", user=user), "user"))
            lasting = _FRESH
        except (Refusal, Silence):
            profile, lasting = Profile(user, "", known=False), _SORE
        self._remember(profile if profile.id else Profile(user, "", known=False), lasting)
        return profile

    def _remember(self, profile: Profile, lasting: float) -> None:
        if len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)))
        self._known[profile.id] = (asyncio.get_running_loop().time() + lasting, profile)


def profile_of(user: Payload) -> Profile:
    """A `user` object as `users.info` gives it: https://docs.slack.dev/reference/objects/user-object"""
    homes = {text(user, "team_id"), text(user, "enterprise_user", "enterprise_id"), text(user, "profile", "team")}
    return Profile(
        id=text(user, "id"),
        name=name_of(user),
        homes=frozenset(homes - {""}),
        guest=user.get("is_restricted") is True or user.get("is_ultra_restricted") is True,
        stranger=user.get("is_stranger") is True,
        bot=user.get("is_bot") is True,
    )


def name_of(user: Payload) -> str:
    """The name to show, the way Slack itself chooses it; empty without one."""
    names = (text(user, "profile", "display_name"), text(user, "profile", "real_name"), text(user, "real_name"))
    found = next((name for name in (*names, text(user, "name")) if name.strip()), "")
    return cut(clean(found).strip(), 80)
