"""What `countersign doctor` says of Teams: each thing that can be missing, and how to mend it."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.channels.base import Place
from bot.channels.teams.address import AddressBook
from bot.channels.teams.checks import Finding, Nothing, examine
from bot.channels.teams.people import Staff
from bot.channels.teams.setup import NAME
from tests.channels.teams.house import ROOT, living
from tests.channels.teams.office import Notes, address, setup
from tests.doubles.teams import Channel, FakeTeams


async def looked(teams: FakeTeams, *heard: Channel, post: bool = False, **more: Any) -> list[Finding]:
    """What is found, after something was heard from these channels."""
    notes = Notes()
    for channel in heard:
        await AddressBook(notes).note(Place(NAME, channel.id), address(teams, channel))
    return [finding async for finding in examine(setup(teams, **more), notes, post=post)]


def failing(found: list[Finding]) -> list[Finding]:
    """What has to be mended."""
    assert all(finding.mend for finding in found if not finding.ok)
    return [finding for finding in found if not finding.ok]


async def test_all_is_well(teams: FakeTeams) -> None:
    """The token, the clock, every channel; and nothing was posted."""
    town = teams.town
    found = await looked(teams, town.support, town.shared, town.review)
    assert [finding.said for finding in found if not finding.mend] == [
        "Entra ID gives the app its token.",
        "This machine's clock agrees with Microsoft's.",
        *sorted(
            (f"Listening in {one.name}, to all messages." for one in (town.support, town.shared)),
            key=lambda said: next(one.id for one in (town.support, town.shared) if one.name in said),
        ),
        "Reviews go to Review.",
    ]
    assert not failing(found)
    assert not teams.called("connector.send")


async def test_a_wrong_secret_ends_it(teams: FakeTeams) -> None:
    """Nothing else can be looked at without a token."""
    (only,) = await looked(teams, password="wrong")
    assert (only.ok, "TEAMS_APP_PASSWORD" in only.said) == (False, True)


async def test_a_wrong_clock_is_noticed(teams: FakeTeams) -> None:
    """By the time that stands on Entra's answer."""
    (off, *_) = failing(await looked(teams, teams.town.review, clock=lambda: time.time() - 240))
    assert "240 s" in off.said or "239 s" in off.said or "241 s" in off.said


async def test_an_app_that_is_not_in_the_team_is_noticed(teams: FakeTeams) -> None:
    """The sentence says what to do, once for each channel."""
    town = teams.town
    town.support_team.installed = False
    said = [finding.said for finding in failing(await looked(teams, town.support, town.shared, town.review))]
    assert len(said) == 2
    assert all("Add it again" in one for one in said)


async def test_a_channel_nothing_was_heard_from_is_no_error_yet(teams: FakeTeams) -> None:
    """It says how to make it heard from; without a database too."""
    found = await looked(teams, teams.town.review)
    unheard = [finding for finding in found if "nothing was heard" in finding.said]
    assert len(unheard) == 2
    assert all(finding.ok and finding.mend for finding in unheard)
    assert not failing([finding async for finding in examine(setup(teams), Nothing())])


async def test_consent_decides_whether_all_messages_come(teams: FakeTeams) -> None:
    """Without it only mentions do, and the missing permission is named."""
    town = teams.town
    town.support_team.consent.discard("ChannelMessage.Read.Group")
    found = await looked(teams, town.support, town.shared, town.review)
    (told, _) = [finding for finding in found if "only messages that mention the app" in finding.said]
    assert told.ok
    assert "ChannelMessage.Read.Group" in told.said


async def test_a_guest_among_the_reviewers_is_named(teams: FakeTeams) -> None:
    """Unless the settings name them among the staff."""
    town = teams.town
    town.staff_team.members.append(town.kim)
    (told,) = failing(await looked(teams, town.support, town.shared, town.review))
    assert "Kim Kjær" in told.said
    (desk,) = setup(teams).desks
    known = replace(desk, staff=Staff(frozenset({town.kim.aad})))
    assert not failing(await looked(teams, town.support, town.shared, town.review, desks=(known,)))


async def test_a_post_is_tried_when_it_is_asked_for(teams: FakeTeams) -> None:
    """And taken away again; a team that does not let the app write is noticed only so."""
    town = teams.town
    found = await looked(teams, town.support, town.shared, town.review, post=True)
    assert found[-1] == Finding(True, "A message was posted in Review, and deleted again.")
    assert not teams.posts()
    assert len(teams.called("connector.send")) == 1
    town.review.refuses = "MessageWritesBlocked"
    (told,) = failing(await looked(teams, town.support, town.shared, town.review, post=True))
    assert "blocked" in told.said


async def test_a_local_connector_needs_no_token(teams: FakeTeams) -> None:
    """What is believed from it is said."""
    found = await looked(teams, allow_unsigned=True, password="", desks=())
    assert [finding.ok for finding in found] == [True]
    assert "TEAMS_ALLOW_UNSIGNED" in found[0].said


async def test_the_command_looks_at_the_teams_the_program_works_in(tmp_path: Path) -> None:
    """Green once something was heard from every channel, with the post that was asked for; or one mending line each."""

    async def doctor(*words: str) -> tuple[int | None, str]:
        command = f"from bot.cli import main; import sys; sys.argv = ['countersign', 'doctor', *{words!r}]; main()"
        environment = house.bot.environment | {"PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", command, cwd=house.bot.folder, env=environment, stdout=asyncio.subprocess.PIPE
        )
        return process.returncode, (await process.communicate())[0].decode()

    async with living(tmp_path) as house:
        teams, town = house.teams, house.teams.town
        for channel in (town.support, town.shared, town.review):
            await teams.act.write(town.ana, channel, "Good morning.")
        posts = len(teams.posts())
        said = (await doctor("--post"))[1]
        for line in (
            "ok    Teams: Entra ID gives the app its token.",
            "ok    Teams: Reviews go to Review.",
            "ok    Teams: A message was posted in Review, and deleted again.",
        ):
            assert line in said
        assert said.count("to all messages.") == 2
        assert "FAIL  Teams" not in said
        assert len(teams.posts()) == posts
        teams.app.secret = "changed"
        said = (await doctor())[1]
        assert "FAIL  Teams: Entra ID does not take the app's secret." in said
