"""User groups of Slack give their members rights on the pages: as Slack tells them, and as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.directory import Directory
from tests.console.conftest import PATIENCE, House
from tests.console.signing import SLACK_TEAM, SLACK_USER, Browser, Issuer, browser, issuer, open_house, signing_in
from tests.doubles.slack import FakeSlack, Limits
from tests.doubles.slack.world import User

ASKING = "usergroups.users.list"


@pytest.fixture(scope="module")
def at() -> Iterator[Issuer]:
    """Where people of Slack say who they are."""
    with issuer() as there:
        yield there


@dataclass(frozen=True, slots=True)
class Place:
    """A Countersign whose desks name user groups, and the Slack in which they are."""

    house: House
    slack: FakeSlack
    issuer: Issuer

    @property
    def directory(self) -> Directory:
        """What the running program knows of the people of Slack."""
        (chat,) = (channel for channel in self.house.program.channels if isinstance(channel, SlackChannel))
        return chat._office.directory

    @asynccontextmanager
    async def signed_in(self, user: User) -> AsyncIterator[Browser]:
        """The browser of somebody who has signed in with Slack."""
        self.issuer.know(user.id, name=user.real_name, **{SLACK_USER: user.id, SLACK_TEAM: self.slack.town.home.id})
        async with browser(self.house, self.issuer) as here:
            assert (await here.sign_in(user.id)).status_code == 303
            yield here


@asynccontextmanager
async def place(
    root: Path, folder: Path, database: sa.URL, at: Issuer, slack: FakeSlack, **people: str
) -> AsyncIterator[Place]:
    """A Countersign of which Slack is asked once for each group. `people` are those of the second desk, by handles."""
    town = slack.town
    said = signing_in(root, folder, database, at, "slack", team=town.home.id)
    first, second = said.desks
    named = {f"slack:{getattr(town, handle).id}": role for handle, role in people.items()}
    desks = {
        first: said.desks[first].model_copy(update={"people": {f"slack:{town.agents.id}": "agent"}}),
        second: said.desks[second].model_copy(update={"people": named}),
    }
    keys = {
        "slack_bot_token": SecretStr(slack.app.bot_token),
        "slack_signing_secret": SecretStr(slack.app.signing_secret),
        "slack_api_url": slack.api_url,
    }
    async with open_house(said.model_copy(update={"desks": desks, **keys})) as house:
        await slack.until(lambda: _asked(slack), PATIENCE, "nobody asked who is in the groups")
        yield Place(house, slack, at)


def _asked(slack: FakeSlack) -> bool:
    return any(call.method == ASKING for call in slack.calls)


async def _may(here: Browser) -> bool:
    """Whether they may decide at a desk; whoever may not is told who they are."""
    answer = await here.client.get("/inbox")
    assert answer.status_code in (200, 403)
    return answer.status_code == 200


async def test_whoever_is_in_the_group_has_its_role(root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer) -> None:
    """That role, at the desk that names the group; a colleague who is not in it has none."""
    async with (
        FakeSlack(limits=Limits.none()) as slack,
        place(root, tmp_path, sqlite, at, slack) as there,
        there.signed_in(slack.town.ana) as ana,
        there.signed_in(slack.town.tom) as tom,
    ):
        assert await _may(ana)
        assert (await ana.client.get("/audit")).status_code == 403
        assert not await _may(tom)
        assert f"slack:{slack.town.tom.id}" in (await tom.client.get("/inbox")).text


async def test_somebody_named_at_one_desk_and_in_the_group_of_another(
    root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer
) -> None:
    """What one's own name says counts at that desk, and the group at the other."""
    async with (
        FakeSlack(limits=Limits.none()) as slack,
        place(root, tmp_path, sqlite, at, slack, ana="lead") as there,
        there.signed_in(slack.town.ana) as ana,
    ):
        assert (await ana.client.get("/desks/south")).status_code == 200
        assert (await ana.client.get("/desks/nordlys")).status_code == 404
        page = (await ana.client.get("/inbox")).text
        assert all(f"<bdi>{desk}</bdi>" in page for desk in ("south", "nordlys"))


async def test_whoever_left_the_group_has_no_role_any_more(
    root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer
) -> None:
    """As soon as Slack is asked again, in the middle of a session; and whoever came in has one."""
    async with FakeSlack(limits=Limits.none()) as slack, place(root, tmp_path, sqlite, at, slack) as there:
        town = slack.town
        async with there.signed_in(town.ana) as ana, there.signed_in(town.tom) as tom:
            town.agents.members[:] = [town.tom]
            assert (await _may(ana), await _may(tom)) == (True, False)
            await there.directory.refresh_groups()
            assert (await _may(ana), await _may(tom)) == (False, True)
            assert (await ana.client.get("/live")).status_code == 403
            town.tom.deleted = True
            await there.directory.refresh_groups()
            assert not await _may(tom)


@pytest.mark.parametrize("failing", ["lose", "error", "unpaid"])
async def test_a_slack_that_does_not_tell_gives_no_right(
    failing: str, root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer
) -> None:
    """Not to those whom it would have named; but once it told, they keep their role while it fails."""
    async with FakeSlack(limits=Limits.none()) as slack:
        if failing == "lose":
            slack.faults.lose(ASKING, landed=False, times=None)
        elif failing == "error":
            slack.faults.error(ASKING, "internal_error", times=None)
        slack.town.home.paid = failing != "unpaid"
        async with place(root, tmp_path, sqlite, at, slack) as there, there.signed_in(slack.town.ana) as ana:
            await there.directory.refresh_groups()
            assert not await _may(ana)
            slack.faults.waiting.clear()
            slack.town.home.paid = True
            await there.directory.refresh_groups()
            assert await _may(ana)
            slack.faults.lose(ASKING, landed=False, times=None)
            await there.directory.refresh_groups()
            assert await _may(ana)


async def test_a_group_of_another_kind_gives_no_right(root: Path, tmp_path: Path, sqlite: sa.URL, at: Issuer) -> None:
    """What the issuer says of somebody's groups is not what Slack says of them."""
    async with FakeSlack(limits=Limits.none()) as slack, place(root, tmp_path, sqlite, at, slack) as there:
        tom, agents = slack.town.tom, slack.town.agents
        at.know(
            tom.id,
            name="Tom",
            groups=[agents.id, f"slack:{agents.id}"],
            **{SLACK_USER: tom.id, SLACK_TEAM: slack.town.home.id},
        )
        async with browser(there.house, at) as here:
            assert (await here.sign_in(tom.id)).status_code == 303
            assert not await _may(here)
