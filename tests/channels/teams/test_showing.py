"""Cards in the review channel: drawn once, redrawn where they stand, and not where others would read the drafts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.base import Refusal, Silence
from bot.channels.teams import cards
from bot.channels.teams.channel import TeamsChannel
from bot.channels.teams.people import Staff
from tests.channels.slack.cards import card
from tests.channels.slack.conftest import Notebook
from tests.channels.teams.office import made, place, setup
from tests.doubles.teams import FakeTeams, Limits
from tests.doubles.teams.kit import walk

SEND, UPDATE = "connector.send", "connector.update"


async def test_a_card_is_posted_and_then_redrawn(channel: TeamsChannel, teams: FakeTeams) -> None:
    """The first drawing is a message, the next ones change it; each is a card alone, with a line to announce it."""
    review = place(teams.town.review)
    ref = await channel.show_card(review, card(), "", look=False)
    assert await channel.show_card(review, card(version=4, headline="Sending"), ref, look=False) == ref
    (post,) = teams.posts(teams.town.review)
    assert not post.is_reply
    assert "Sending · Mia" in str(teams.card(post)["body"])
    assert [call.json.get("text") for call in teams.calls if call.method in (SEND, UPDATE)] == [None, None]
    assert teams.called(SEND)[0].json["summary"] == "Needs a decision · Mia"
    assert not teams.warnings


@pytest.mark.parametrize("staff", [Staff(), Staff(guests="staff")])
async def test_no_card_goes_where_others_would_read_the_drafts(teams: FakeTeams, inbox: Notebook, staff: Staff) -> None:
    """A guest in the review channel stops it, unless the desk counts guests or this one among its staff."""
    (desk,) = setup(teams).desks
    channel = await made(teams, inbox, desks=(replace(desk, staff=staff),))
    teams.town.staff_team.members.append(teams.town.kim)
    if staff.guests == "staff":
        assert await channel.show_card(place(teams.town.review), card(), "", look=False)
    else:
        with pytest.raises(Refusal) as caught:
            await channel.show_card(place(teams.town.review), card(), "", look=False)
        assert "another organisation" in caught.value.reason
        assert channel.notes() == [f"No card can be shown in {teams.town.review.id}: {caught.value.reason}"]
    assert bool(teams.called(SEND)) is (staff.guests == "staff")
    await channel.close()


@pytest.mark.parametrize(("status", "code"), [(400, "BadSyntax"), (413, "MessageSizeTooBig")])
async def test_a_refused_card_falls_back_to_a_smaller_one(
    channel: TeamsChannel, teams: FakeTeams, status: int, code: str
) -> None:
    """Never to silence: at the worst, where it stands and its buttons."""
    teams.faults.error(SEND, status, code, times=2)
    assert await channel.show_card(place(teams.town.review), card(), "", look=False)
    drawn = [call.json["attachments"][0]["content"] for call in teams.called(SEND)]
    assert [cards.weight(one) for one in drawn] == sorted((cards.weight(one) for one in drawn), reverse=True)
    assert "approve" in str(drawn[-1]["actions"])


async def test_a_card_that_teams_will_not_have_at_all_is_noted(channel: TeamsChannel, teams: FakeTeams) -> None:
    """Where it can be decided all the same is said where somebody looks; once it is drawn, the note is gone."""
    teams.faults.error(SEND, 400, "BadSyntax", times=3)
    with pytest.raises(Refusal):
        await channel.show_card(place(teams.town.review), card(), "", look=False)
    (note,) = channel.notes()
    assert "https://countersign.example/audit/01REVIEW" in note
    await channel.show_card(place(teams.town.review), card(), "", look=False)
    assert channel.notes() == []


async def test_a_card_that_is_not_found_at_random_keeps_its_place(channel: TeamsChannel, teams: FakeTeams) -> None:
    """The desk comes again, and then it is there; nothing is posted twice."""
    review = place(teams.town.review)
    ref = await channel.show_card(review, card(), "", look=False)
    teams.faults.vanish(times=2)
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            await channel.show_card(review, card(version=4), ref, look=False)
        assert not caught.value.final
    assert await channel.show_card(review, card(version=4), ref, look=False) == ref
    assert len(teams.posts(teams.town.review)) == 1


async def test_a_card_that_is_gone_is_posted_anew(channel: TeamsChannel, teams: FakeTeams) -> None:
    """Somebody deleted it; the review still needs a decision. Only the third time counts, see the test above."""
    review = place(teams.town.review)
    ref = await channel.show_card(review, card(), "", look=False)
    await teams.act.delete(teams.posts(teams.town.review)[0])
    for _ in range(2):
        with pytest.raises(Refusal):
            await channel.show_card(review, card(version=4), ref, look=False)
    assert await channel.show_card(review, card(version=4), ref, look=False) != ref
    assert len(teams.posts(teams.town.review)) == 1


@pytest.mark.parametrize("there", [True, False])
async def test_a_first_drawing_that_landed_unseen_is_found(
    channel: TeamsChannel, teams: FakeTeams, there: bool
) -> None:
    """By the review that its buttons carry; otherwise it is posted."""
    review, shown = place(teams.town.review), card(opened_at=teams.clock.wall())
    teams.faults.lose(SEND, landed=there)
    with pytest.raises(Silence):
        await channel.show_card(review, shown, "", look=False)
    ref = await channel.show_card(review, replace(shown, version=4), "", look=True)
    (post,) = teams.posts(teams.town.review)
    assert post.id == ref
    assert '"version": 4' in str(teams.card(post)).replace("'", '"')


async def test_without_consent_two_cards_are_better_than_none(channel: TeamsChannel, teams: FakeTeams) -> None:
    """Both show the same; a click on either counts once."""
    teams.town.staff_team.consent.clear()
    teams.faults.lose(SEND, landed=True)
    with pytest.raises(Silence):
        await channel.show_card(place(teams.town.review), card(), "", look=False)
    assert await channel.show_card(place(teams.town.review), card(), "", look=True)
    assert len(teams.posts(teams.town.review)) == 2


async def test_a_private_review_channel_that_the_app_was_not_added_to_is_named(
    teams: FakeTeams, inbox: Notebook
) -> None:
    """Private channels have a list of apps of their own."""
    (desk,) = setup(teams).desks
    channel = await made(teams, inbox, desks=(replace(desk, reviews=teams.town.vault.id),))
    with pytest.raises(Refusal) as caught:
        await channel.show_card(place(teams.town.vault), card(), "", look=False)
    assert caught.value.final
    assert channel.notes()
    await channel.close()


async def test_posts_keep_within_what_teams_allows(inbox: Notebook) -> None:
    """Twenty cards at once: as many as fit in a second go, the rest stand in line or are put off, and none is refused."""
    async with FakeTeams(limits=Limits()) as teams:
        channel = await made(teams, inbox)
        refs = [
            await channel.show_card(place(teams.town.review), card(review=f"R{number}"), "", look=False)
            for number in range(10)
        ]
        assert len(set(refs)) == 10
        assert not teams.meter.refusals
        await channel.close()


async def test_the_leads_are_called_below_an_escalated_card(channel: TeamsChannel, teams: FakeTeams) -> None:
    """By a mention each, for those who are in the channel; nothing that an agent wrote becomes one."""
    town = teams.town
    sentence = "Ana Alves asked a lead: <at>Ben Bak</at> [look](https://evil.example)"
    called = card(call=sentence, calls=(f"teams:{town.lea.aad}", f"teams:{town.tom.aad}", "slack:U0LEA"))
    ref = await channel.show_card(place(town.review), called, "", look=False)
    shown, call = teams.posts(town.review)
    assert (shown.id, call.root) == (ref, ref)
    drawn = teams.card(call)
    assert drawn["msteams"]["entities"] == [
        {"type": "mention", "text": "<at>Lea Lund</at>", "mentioned": {"id": town.lea.aad, "name": "Lea Lund"}}
    ]
    assert [one for one in walk.texts(drawn) if one[0] == "TextBlock"] == [("TextBlock", "<at>Lea Lund</at>")]
    assert ("TextRun", sentence) in list(walk.texts(drawn))


async def test_a_call_that_is_refused_is_tried_again(channel: TeamsChannel, teams: FakeTeams) -> None:
    """The card stands there all the same."""
    town = teams.town
    called = card(call="Ana asked a lead.", calls=(f"teams:{town.lea.aad}",))
    ref = await channel.show_card(place(town.review), card(), "", look=False)
    teams.faults.ratelimit(SEND, retry_after=None)
    assert await channel.show_card(place(town.review), called, ref, look=False) == ref
    await teams.until(lambda: len(teams.posts(town.review)) == 2)
