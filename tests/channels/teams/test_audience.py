"""Whom words are for: replies go to those they were written for, and what is none of their business stays in the box.

In Teams, with Countersign as a process of its own.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from bot.channels.teams.channel import LIMIT
from bot.drafting.knowledge import Knowledge
from tests.channels.slack.process import PATIENCE
from tests.channels.teams.conftest import asked
from tests.channels.teams.house import QUESTION, ROOT, House, decidable, living, says, verbs
from tests.doubles.openai_answers import long_reply
from tests.doubles.openai_server import OpenAIServer


async def test_a_reply_stays_when_somebody_else_reads_along_since(house: House) -> None:
    """It was drafted for Acme, and a guest of Globex joined the team. The draft made for both goes."""
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    await teams.admin.add(teams.world.user("zoe", town.globex, guest=True), town.support_team)
    await house.press(town.ana, card, "approve")
    await house.shows(card, "written for the members of the channel and people of acme.example; by now")
    assert says(card, "people of acme.example, globex.example can read the channel")
    assert not teams.posts(question)
    await house.press(town.ana, card, "redraft", instruction="")
    await house.card(lambda post: decidable(post) and not says(post, "by now"))
    await house.press(town.ana, card, "approve")
    await house.replies(question)
    await house.shows(card, "Delivered.", pressable=False)


async def test_what_a_customer_must_not_read_stays_in_the_box(tmp_path: Path) -> None:
    """An internal article, links for colleagues and another customer: each is named to whoever pressed, and the card with
    what was typed stays as it is. Without them the words go.
    """
    internal = next(section for section in Knowledge.read(ROOT / "config" / "knowledge") if not section.public)
    async with living(tmp_path, internal_links=["wiki.example.org"]) as house:
        teams, town = house.teams, house.teams.town
        await asked(house, town.mia, channel=town.shared)
        question, card = await asked(house)
        for words, why in (
            (internal.text, "an internal article"),
            ("See https://wiki.example.org/x", "wiki.example.org/x"),
            (f"See {house.bot.address}/audit/1", "for colleagues only"),
            (f"https://teams.microsoft.com/l/message/{quote(town.review.id)}/1", "for colleagues only"),
            ("We have told Mia Moe.", "Mia Moe"),
        ):
            before = teams.card(card, town.ana)
            assert await house.press(town.ana, card, "edit", words=words) == before
            assert why in teams.whispers(town.ana)[-1], words
        await house.press(town.ana, card, "edit", words="See https://shop.example/x, Kim.")
        (reply,) = await house.replies(question)
        assert "shop.example" in reply.text
        await house.settled()


@pytest.mark.parametrize("old_client", [False, True])
async def test_an_edit_that_is_too_long_is_not_lost(house: House, old_client: bool) -> None:
    """Clients need not heed the length of a box: a sentence says how long it may be, the card stays with what was typed
    on it, and an old client, which clears its boxes, gets the words back below the card.
    """
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    before, words = teams.card(card), "o" * (LIMIT + 1)
    await teams.act.press(town.ana, card, "edit", inputs={"edit_words": words}, old_client=old_client)
    if old_client:
        await teams.until(lambda: card.replies, PATIENCE, "nothing is said below the card")
        (told,) = card.replies
        assert says(told, words)
        assert says(told, f"takes {LIMIT}")
    else:
        (sentence,) = teams.whispers(town.ana)
        assert f"takes {LIMIT}" in sentence
    assert teams.card(card, town.ana) == before
    await house.press(town.ana, card, "edit", words="o" * LIMIT)
    (reply,) = await house.replies(question)
    assert "o" * LIMIT in reply.text


async def test_a_draft_that_is_too_long_is_not_what_is_offered(tmp_path: Path) -> None:
    """The model is asked again, then the card says why it holds no such draft."""
    async with OpenAIServer() as model, living(tmp_path, start=False) as house:
        model.script(*[long_reply(LIMIT + 1)] * 9)
        budget = {"COUNTERSIGN_MODEL__TIMEOUT_SECONDS": "2", "COUNTERSIGN_MODEL__BUDGET_SECONDS": "2.5"}
        house.bot.environment |= budget | {"OPENAI_BASE_URL": model.url}
        await house.bot.start()
        teams, town = house.teams, house.teams.town
        question = await teams.act.write(town.kim, town.support, QUESTION)
        card = await house.card(lambda post: "edit" in verbs(post.card or {}))
        assert says(card, f"the model's reply was longer than {LIMIT} characters")
        await house.press(town.ana, card, "edit", words="Short and kind.")
        await house.replies(question)
        await teams.until(lambda: says(card, "Delivered."), PATIENCE)
