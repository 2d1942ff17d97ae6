"""Around the decision: commands, pausing, calling the leads and whoever may not decide, with Countersign at work in Teams."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

from tests.channels.slack.process import PATIENCE
from tests.channels.teams.conftest import asked
from tests.channels.teams.house import QUESTION, House, decidable, living, says, verbs
from tests.doubles.teams import Message, Town, User
from tests.doubles.teams.world import ADAPTIVE


async def answer(house: House, user: User, words: str) -> Message:
    """What is answered in the review channel to somebody who mentions the bot there."""
    teams, town = house.teams, house.teams.town
    written = await teams.act.write(user, town.review, f"{town.bot} {words}")
    await teams.until(lambda: teams.posts(written), PATIENCE, "no answer")
    return teams.posts(written)[0]


async def test_commands_show_what_waits(house: House) -> None:
    """To whoever may decide, and to nobody else."""
    teams, town = house.teams, house.teams.town
    _, card = await asked(house)
    link = f"https://teams.microsoft.com/l/message/{quote(town.review.id)}/{card.id}?tenantId={teams.app.tenant.id}"
    assert says(await answer(house, town.ana, "queue"), "parcel")
    assert says(await answer(house, town.ana, "mine"), "You are on no open review")
    assert says(await answer(house, town.ana, f"audit {link}"), "The customer wrote.")
    assert says(await answer(house, town.ana, "stats"), "Waiting now: 1,")
    for words in ("queue", "stats", f"audit {link}"):
        post = await answer(house, town.ben, words)
        assert says(post, "You have no role")
        assert not says(post, "parcel")
    await house.settled()


async def test_a_lead_is_shown_a_chart(house: House) -> None:
    """Below the figures, with its description; for agents the words do."""
    teams, town = house.teams, house.teams.town
    await asked(house)
    agents = await answer(house, town.ana, "stats")
    written = await teams.act.write(town.lea, town.review, f"{town.bot} stats")
    await teams.until(lambda: len(teams.posts(written)) > 1, PATIENCE, "no chart")
    figures, chart = teams.posts(written)
    assert says(figures, "Waiting now: 1,")
    assert says(chart, "28 days, by what became of them")
    assert says(chart, "Opened: 1. Sent as drafted: 0,")
    (address,) = [one["contentUrl"] for one in chart.attachments if one["contentType"] == "image/png"]
    assert base64.b64decode(address.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    await house.settled()
    assert [one["contentType"] for one in agents.attachments] == [ADAPTIVE]
    assert not any(post.attachments[1:] for post in teams.posts() if post not in (figures, chart))


async def test_a_lead_pauses_and_resumes_drafting(house: House) -> None:
    """Meanwhile questions come without a draft, and agents read why."""
    teams, town = house.teams, house.teams.town
    assert says(await answer(house, town.ana, "pause"), "Only the leads")
    assert says(await answer(house, town.lea, "pause"), "is paused.")
    await teams.act.write(town.kim, town.support, QUESTION)
    bare = await house.card(lambda post: "edit" in verbs(post.card or {}))
    assert not decidable(bare)
    assert says(bare, "Drafting is paused by Lea Lund since ")
    assert says(await answer(house, town.ana, "queue"), "is paused by")
    assert says(await answer(house, town.lea, "resume"), "goes on")
    await asked(house, town.kai)
    assert not decidable(bare)
    assert house.verified() == 2


async def test_an_escalation_calls_the_lead(house: House) -> None:
    """Once, in the card's thread, by a mention; what was typed to her stands there as letters."""
    town = house.teams.town
    _, card = await asked(house)
    await house.press(town.ana, card, "escalate", note="Refund of 900 kr? <at>Ben Bak</at>")
    await house.teams.until(lambda: card.replies, PATIENCE, "nobody is called")
    (call,) = card.replies
    assert call.card
    assert [one["mentioned"]["id"] for one in call.card["msteams"]["entities"]] == [town.lea.aad]
    assert says(call, "Refund of 900 kr? <at>Ben Bak</at>")
    await house.shows(card, "Escalated")
    await house.settled()
    assert card.replies == [call]
    assert not house.teams.warnings


async def test_one_person_alone_can_try_it(tmp_path: Path) -> None:
    """As docs/teams.md has it: everybody may decide, nobody is named, and in a team without guests one's own test message
    gets its draft.
    """
    lobby = Town().lobby.id
    async with living(tmp_path, people={"teams:*": "agent"}, listens=[f"teams:{lobby}"]) as house:
        town = house.teams.town
        await house.teams.admin.install(town.club, channel=town.lobby)
        town.staff_team.members.append(town.tom)
        question, card = await asked(house, town.tom, channel=town.lobby)
        await house.press(town.tom, card, "approve")
        await house.replies(question)
        await house.shows(card, "Delivered.")


async def test_a_guest_reads_and_decides_nothing(tmp_path: Path) -> None:
    """Guests of our own tenant count as customers: whatever `teams:*` may, they may not, by command or by button."""
    async with living(tmp_path, people={"teams:*": "agent"}) as house:
        town = house.teams.town
        question, card = await asked(house)
        town.staff_team.members.append(town.kai)
        assert not says(await answer(house, town.kai, "queue"), "parcel")
        await house.press(town.kai, card, "approve")
        (said,) = house.teams.whispers(town.kai)
        assert "own organisation" in said
        await house.settled()
        assert not house.teams.posts(question)
        assert says(await answer(house, town.ben, "queue"), "parcel")


async def test_a_picture_is_named_on_the_card(house: House) -> None:
    """And never a reason to lose the message, with words or without."""
    teams, town = house.teams, house.teams.town
    picture = {"contentType": "image/png", "name": "torn.png", "contentUrl": f"{teams.base}/torn.png"}
    for words in ("It arrived broken, see the photo.", ""):
        said = teams.activities.said(teams.happenings.say(town.support, town.kim, words=words))
        delivery = await teams.act.deliver(said | {"attachments": [*said["attachments"], picture]})
        assert delivery.status == 200
    for number in (0, 1):
        await house.card(lambda post: says(post, "torn.png"), number)
