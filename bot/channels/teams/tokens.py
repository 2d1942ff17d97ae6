"""Tokens with which we speak to Microsoft: one per scope for its whole life, renewed before it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bot.channels.base import Refusal, Silence
from bot.channels.payload import text
from bot.channels.teams.wire import Answer, Wire
from bot.log import log
from bot.phrases import say

# https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
CONNECTOR = "https://api.botframework.com/.default"
GRAPH = "https://graph.microsoft.com/.default"
# A token that ends sooner is renewed while it still serves (seconds); Entra's live for an hour or more.
_EARLY = 300.0
# What Entra says when the settings are wrong; anything else may pass.
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_SAID = {
    700016: "app",  # the application is not in the tenant
    7000215: "secret",  # the client secret is wrong
    7000222: "secret_old",  # the client secret has expired
    90002: "tenant",  # there is no such tenant
    900023: "tenant",  # the tenant's id is malformed
}


@dataclass(frozen=True, slots=True)
class _Token:
    """`until` is by the loop's clock, in seconds; `life` is how long it was good for when it came."""

    words: str
    until: float
    life: float


class Tokens:
    """The tokens of one app. Whoever asks at the same time shares the question.

    `locked_out` says in a sentence why Entra ID gives none; empty while it does. Without a password there are no
    tokens: a local connector asks for none.
    """

    def __init__(self, wire: Wire, app: str, password: str, tenant: str, login_url: str) -> None:
        self._wire = wire
        self._form = {"grant_type": "client_credentials", "client_id": app, "client_secret": password}
        self._url = f"{login_url.rstrip('/')}/{quote(tenant, safe='')}/oauth2/v2.0/token"
        self._kept: dict[str, _Token] = {}
        self._asked: dict[str, asyncio.Task[_Token]] = {}
        self.locked_out = ""

    async def headers(self, scope: str) -> dict[str, str]:
        """What a request to this resource says of who we are. Raises `Refusal`: without a token nothing is sent."""
        if not self._form["client_secret"]:
            return {}
        return {"Authorization": f"Bearer {await self._token(scope)}"}

    def forget(self, scope: str) -> None:
        """The token was not taken: ask for another one next time."""
        self._kept.pop(scope, None)

    async def introduced(self) -> Answer:
        """Entra's answer to a question for a token that is not kept. Raises `Refusal`."""
        return await self._answer(CONNECTOR)

    async def close(self) -> None:
        """Stop asking."""
        left = list(self._asked.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _token(self, scope: str) -> str:
        kept, now = self._kept.get(scope), asyncio.get_running_loop().time()
        if kept is None or now >= kept.until:
            return (await asyncio.shield(self._renewed(scope))).words
        if kept.until - now < min(_EARLY, kept.life / 2):
            self._renewed(scope)
        return kept.words

    def _renewed(self, scope: str) -> asyncio.Task[_Token]:
        task = self._asked.get(scope)
        if task is None:
            task = self._asked[scope] = asyncio.create_task(self._ask(scope))
            task.add_done_callback(lambda done: self._came(scope, done))
        return task

    def _came(self, scope: str, task: asyncio.Task[_Token]) -> None:
        del self._asked[scope]
        # Asking for the exception also keeps asyncio from complaining when nobody waits for the answer any more.
        if not task.cancelled() and task.exception() is None:
            self._kept[scope] = task.result()

    async def _ask(self, scope: str) -> _Token:
        given = (await self._answer(scope)).payload
        life = given.get("expires_in")
        # A life that is no number counts as none: the token serves once.
        seconds = float(life) if isinstance(life, int | str) and str(life).isdecimal() else 0.0
        self.locked_out = ""
        return _Token(text(given, "access_token"), asyncio.get_running_loop().time() + seconds, seconds)

    async def _answer(self, scope: str) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = await self._wire.ask("POST", self._url, headers, urlencode(self._form | {"scope": scope}))
        except Silence as silence:
            # Nobody was told anything yet, so nothing can have been said twice.
            raise Refusal(say("teams.token.silent")) from silence
        if answer.status == 200 and text(answer.payload, "access_token"):
            return answer
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> Refusal:
        codes = answer.payload.get("error_codes")
        numbers = [code for code in codes if isinstance(code, int)] if isinstance(codes, list) else []
        log.warning("teams_no_token", status=answer.status, code=answer.code, numbers=numbers)
        known = next((_SAID[number] for number in numbers if number in _SAID), "")
        if not known:
            code = f"AADSTS{numbers[0]}" if numbers else answer.code or str(answer.status)
            return Refusal(say("teams.token.refused", code=code), wait=answer.wait if answer.status == 429 else 0.0)
        self.locked_out = say(f"teams.entra.{known}")
        return Refusal(self.locked_out, final=True)
