"""A bot that only speaks: it asks for a token, keeps it, and never tries twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from tests.doubles.teams.entra import CONNECTOR, GRAPH
from tests.doubles.teams.server import FakeTeams
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import ADAPTIVE


@dataclass
class Answer:
    """What came back. `json` is None for an empty body."""

    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> str:
        """The code of an error."""
        told = self.json.get("error", {}) if isinstance(self.json, dict) else {}
        return str(told.get("code", "")) if isinstance(told, dict) else str(told)


def card(*body: Json, **more: Any) -> Json:
    """A message that is an Adaptive Card and nothing else."""
    content = {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}
    return {"type": "message", "attachments": [{"contentType": ADAPTIVE, "content": content}]}


def words(text: str, **more: Any) -> Json:
    """A message in plain words."""
    return {"type": "message", "text": text, "textFormat": "plain", **more}


class Mouth:
    """`async with Mouth(teams) as mouth:`, then `await mouth.send(message.conversation, words("Hi"))`."""

    def __init__(self, teams: FakeTeams) -> None:
        self.teams = teams
        self.tokens: dict[str, str] = {}

    async def __aenter__(self) -> Mouth:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, conversation: str, activity: Json) -> Answer:
        """Say it in a thread, or at the top of a channel."""
        return await self.connector("POST", f"conversations/{quote(conversation, safe='')}/activities", activity)

    async def update(self, conversation: str, own: str, activity: Json) -> Answer:
        """Say it otherwise."""
        return await self.connector("PUT", f"conversations/{quote(conversation, safe='')}/activities/{own}", activity)

    async def delete(self, conversation: str, own: str) -> Answer:
        """Unsay it."""
        return await self.connector("DELETE", f"conversations/{quote(conversation, safe='')}/activities/{own}")

    async def create(self, **given: Any) -> Answer:
        """Begin a thread."""
        return await self.connector("POST", "conversations", given)

    async def members(self, conversation: str, path: str = "pagedmembers") -> Answer:
        """Who is there."""
        return await self.connector("GET", f"conversations/{quote(conversation, safe='')}/{path}")

    async def replies(self, channel: str, root: str, team: str = "", **query: Any) -> Answer:
        """What Graph sees of a thread."""
        group = team or self.teams.town.support_team.group
        options = "&".join(f"${name}={value}" for name, value in query.items())
        return await self.graph(f"teams/{group}/channels/{quote(channel, safe='')}/messages/{root}/replies?{options}")

    async def connector(self, verb: str, path: str, body: Any = None, **request: Any) -> Answer:
        """A call of the connector."""
        return await self.call(verb, f"{self.teams.service_url}v3/{path}", CONNECTOR, body, **request)

    async def graph(self, path: str, **request: Any) -> Answer:
        """A call of Graph."""
        return await self.call("GET", f"{self.teams.graph_url}/v1.0/{path}", GRAPH, **request)

    async def call(self, verb: str, url: str, audience: str, body: Any = None, **request: Any) -> Answer:
        """A call with a token for this resource."""
        if "headers" not in request:
            request["headers"] = {"authorization": f"Bearer {await self.token(audience)}"}
        if body is not None:
            request["json"] = body
        return await self._asked(verb, url, **request)

    async def token(self, audience: str) -> str:
        """The token, asked for once."""
        if audience not in self.tokens:
            self.tokens[audience] = (await self.ask(scope=f"{audience}/.default")).json["access_token"]
        return self.tokens[audience]

    async def ask(self, tenant: str = "", **given: str) -> Answer:
        """The token endpoint; what is not given is right."""
        app = self.teams.app
        form = {"grant_type": "client_credentials", "client_id": app.id, "client_secret": app.secret}
        url = f"{self.teams.login_url}/{tenant or app.tenant.id}/oauth2/v2.0/token"
        return await self._asked("POST", url, data={**form, "scope": f"{CONNECTOR}/.default", **given})

    async def _asked(self, verb: str, url: str, **request: Any) -> Answer:
        async with self._session.request(verb, URL(url, encoded=True), **request) as answer:
            body = await answer.read()
            is_json = answer.content_type == "application/json" and body
            return Answer(answer.status, json.loads(body) if is_json else None, answer.headers)
