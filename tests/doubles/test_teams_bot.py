"""A good bot in sixty lines gets through a whole story with the fake Teams, without a warning or a complaint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.doubles.teams import FakeTeams
from tests.doubles.teams.ear import Ear
from tests.doubles.teams.mouth import Mouth, card, words

TYPE = "application/vnd.microsoft.activity.message"


class Bot:
    """Shows what customers write to the staff; Approve sends what stands in the field."""

    def __init__(self, ear: Ear, mouth: Mouth, review: str) -> None:
        self.ear, self.mouth, self.review = ear, mouth, review
        self.seen: set[str] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def card(self, activity: dict[str, Any], decided: str = "") -> dict[str, Any]:
        """What was asked, and a field with a button or the decision."""
        asked = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": activity["text"]}]}
        field = {"type": "Input.Text", "id": "reply", "label": "Reply", "isMultiline": True, "value": "Soon."}
        carried = {"conversation": activity["conversation"]["id"], "asked": activity["text"]}
        fallback = {"type": "Action.Submit", "title": "Approve", "data": {**carried, "verb": "approve"}}
        button = {"type": "Action.Execute", "title": "Approve", "verb": "approve", "data": carried}
        if decided:
            return card(asked, {"type": "TextBlock", "text": decided, "wrap": True})
        return card(asked, field, actions=[{**button, "fallback": fallback}])

    async def serve(self, request: web.Request) -> web.Response:
        """Check, acknowledge, work later."""
        activity = await request.json()
        if await self.ear.doubt(request.headers.get("authorization", ""), activity):
            return web.Response(status=401)
        if activity["type"] == "invoke":
            data = activity["value"]["action"]["data"]
            self.later(self.approve(activity, data))
            return web.json_response({"statusCode": 200, "type": TYPE, "value": "On its way."})
        if activity["type"] == "message" and activity["id"] not in self.seen:
            self.seen.add(activity["id"])
            if "value" in activity:
                self.later(self.approve(activity, activity["value"]))
            elif not activity["conversation"]["id"].startswith(self.review):
                self.later(self.ask(activity))
        return web.Response()

    def later(self, work: Any) -> None:
        """Not while Teams waits."""
        self.tasks.add(asyncio.create_task(work))

    async def ask(self, activity: dict[str, Any]) -> None:
        assert (await self.mouth.send(self.review, self.card(activity))).status == 201

    async def approve(self, activity: dict[str, Any], data: dict[str, Any]) -> None:
        if data["conversation"] in self.seen:
            return
        self.seen.add(data["conversation"])
        assert (await self.mouth.send(data["conversation"], words(data["reply"]))).status == 201
        told = self.card({"text": data["asked"], "conversation": {"id": ""}}, f"Sent by {activity['from']['name']}")
        assert (await self.mouth.update(activity["conversation"]["id"], activity["replyToId"], told)).status == 200


@asynccontextmanager
async def at_work() -> AsyncIterator[tuple[FakeTeams, Bot]]:
    """The bot and Teams, each on its socket."""
    async with FakeTeams(scale=0.01, patience=15.0) as teams, Ear() as ear, Mouth(teams) as mouth:
        ear.app_id, ear.openid_url = teams.app.id, teams.openid_url
        bot = Bot(ear, mouth, teams.town.review.id)
        application = web.Application()
        application.router.add_post("/api/messages", bot.serve)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        teams.courier.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        yield teams, bot
        await asyncio.gather(*bot.tasks)
        await runner.cleanup()


async def test_a_good_bot_gets_through_a_whole_story() -> None:
    """A guest asks, a card stands in the review channel, Approve answers in the guest's thread, once."""
    async with at_work() as (teams, _bot):
        town = teams.town
        teams.courier.doubled = True
        asked = await teams.act.write(town.kim, town.support, f"{town.bot} where is 1 < 2 & <b>it</b>?")
        [shown] = await teams.until(lambda: teams.posts(town.review))
        delivery = await teams.act.press(town.ana, shown, "approve", inputs={"reply": "It is *here* <at>x</at>"})
        assert delivery.answer["value"] == "On its way."
        await teams.until(lambda: shown.edited_at)
        assert [post.text for post in teams.posts(asked)] == ["It is *here* <at>x</at>"]
        assert "Sent by Ana Alves" in str(teams.card(shown))
        assert teams.whispers(town.ana) == ["On its way."]
        await teams.settled()
        assert (teams.warnings, teams.complaints, teams.courier.lost()) == ([], [], [])
        assert len(teams.entra.issued) == 1
        assert teams.connections("connector") <= 2


async def test_an_old_client_presses_the_fallback() -> None:
    """It comes as a message with a value, and changes nothing about the rest."""
    async with at_work() as (teams, _bot):
        town = teams.town
        asked = await teams.act.write(town.kim, town.support, "Where is it?")
        [shown] = await teams.until(lambda: teams.posts(town.review))
        await teams.act.press(town.ben, shown, "approve", old_client=True)
        [sent] = await teams.until(lambda: teams.posts(asked))
        assert sent.text == "Soon."


async def test_a_bot_without_a_token_or_a_check_is_found_out() -> None:
    """The same story fails where the bot is careless: no token, and every caller believed."""
    async with at_work() as (teams, bot):
        async with aiohttp.ClientSession() as session, session.post(f"{teams.service_url}v3/conversations") as answer:
            assert answer.status == 401
        bot.ear.lax = {"audience"}
        forged = teams.activities.said(await teams.act.write(teams.town.kim, teams.town.support, "Hi"))
        assert (await teams.act.intrude("another audience", forged)).status == 200
        assert (await teams.act.intrude("another issuer", forged)).status == 401
