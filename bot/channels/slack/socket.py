"""Socket Mode: a connection that Slack speaks through, so that no public address is needed.

The SDK's own client keeps a dead session for ever (python-slack-sdk#1922, #1110), so the connection is kept here. What
counts as alive is what was heard from Slack, not that a task is running.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import SlackClient
from bot.channels.slack.payload import Payload, part, text
from bot.channels.slack.switchboard import Switchboard
from bot.log import log
from bot.phrases import say

# Slack pings every few seconds, and we ping too. Nothing heard for so long means the line is dead (seconds).
PING, DEAF = 10.0, 30.0
_HELLO = 10.0
# A connection that was replaced may still bring what was under way (seconds).
_DRAIN = 30.0
_AGAIN, _AGAIN_MOST = 1.0, 30.0
# Why Slack turns a connection away before it has greeted it.
_CLOSED: dict[str, Callable[[], str]] = {
    "link_disabled": lambda: say("slack.socket.link_disabled"),
    "too_many_websockets": lambda: say("slack.socket.too_many_websockets"),
}
_SENT = frozenset({"events_api", "interactive", "slash_commands"})


class Link:
    """One connection. `greeted` is set by Slack's hello, `leaving` when another has to take its place, for the `reason`
    that Slack gave; `settled` when it is either."""

    def __init__(
        self, line: aiohttp.ClientWebSocketResponse, switchboard: Switchboard, ping: float, deaf: float
    ) -> None:
        self._line = line
        self._switchboard = switchboard
        self._ping = ping
        self._deaf = deaf
        self._heard = _now()
        self._tasks: set[asyncio.Task[None]] = set()
        self.greeted = asyncio.Event()
        self.leaving = asyncio.Event()
        self.settled = asyncio.Event()
        self.reason = ""

    async def listen(self) -> None:
        """Until the connection ends, by whichever side. What is under way is finished first."""
        pulse = asyncio.create_task(self._pulse())
        try:
            while (frame := await self._line.receive()).type not in _ENDS:
                self._heard = _now()
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(frame.data)
                elif frame.type is aiohttp.WSMsgType.PING:
                    await self._line.pong(frame.data)
        except (aiohttp.ClientError, ConnectionError) as error:
            log.warning("slack_socket_broke", error=type(error).__name__)
        finally:
            self._leave()
            pulse.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(pulse, *self._tasks, return_exceptions=True)
            await self._line.close()

    async def _pulse(self) -> None:
        """Ping, and hang up on a line that has gone quiet: TCP alone can take a quarter of an hour to notice."""
        while True:
            await asyncio.sleep(self._ping)
            if _now() - self._heard > self._deaf:
                log.warning("slack_socket_deaf")
                self._leave()
                await self._line.close()
                return
            with suppress(ConnectionError, aiohttp.ClientError):
                await self._line.ping()

    def _take(self, frame: str) -> None:
        try:
            said = json.loads(frame)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            log.warning("slack_odd", kind="socket")
            return
        kind = text(said, "type")
        if kind == "hello":
            self.greeted.set()
            self.settled.set()
        elif kind == "disconnect":
            self.reason = text(said, "reason")
            log.info("slack_socket_leaves", reason=self.reason)
            self._leave()
        elif kind in _SENT:
            task = asyncio.create_task(self._answer(said))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _leave(self) -> None:
        self.leaving.set()
        self.settled.set()

    async def _answer(self, said: Payload) -> None:
        """Hand the payload on. Without an acknowledgement Slack sends it again, perhaps to another of us."""
        reply = await self._switchboard.take(part(said, "payload"))
        if reply.status != 200:
            return
        answer: dict[str, object] = {"envelope_id": text(said, "envelope_id")}
        if said.get("accepts_response_payload") is True and reply.body:
            answer["payload"] = reply.json or {"text": reply.body}
        try:
            await self._line.send_str(json.dumps(answer))
        except (ConnectionError, aiohttp.ClientError):
            log.warning("slack_socket_unanswered")


_ENDS = frozenset(
    {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
)


class Socket:
    """Keeps a connection open, and opens the next before the old one goes.

    We ping every `ping` seconds; after `deaf` seconds without a sign of life the connection is replaced.
    """

    def __init__(
        self, client: SlackClient, token: str, switchboard: Switchboard, ping: float = PING, deaf: float = DEAF
    ) -> None:
        self._ping = ping
        self._deaf = deaf
        self._client = client
        self._token = token
        self._switchboard = switchboard
        self._links: dict[asyncio.Task[None], Link] = {}
        self._why = ""

    def trouble(self) -> str:
        """Why nothing comes in; empty while a greeted connection is there."""
        if any(link.greeted.is_set() and not link.leaving.is_set() for link in self._links.values()):
            return ""
        return say("slack.socket.down", why=self._why or say("slack.socket.connecting"))

    async def run(self) -> None:
        """Until cancelled."""
        pause = _AGAIN
        try:
            while True:
                old = list(self._links)
                link = await self._next()
                if link is None:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _AGAIN_MOST)
                    continue
                pause = _AGAIN
                for task in old:
                    asyncio.get_running_loop().call_later(_DRAIN, task.cancel)
                await link.leaving.wait()
        finally:
            for task in list(self._links):
                task.cancel()
            await asyncio.gather(*self._links, return_exceptions=True)

    async def _next(self) -> Link | None:
        """A new connection that Slack has greeted; None when there is none to be had now."""
        try:
            opened = await self._client.tell("apps.connections.open", token=self._token)
            line = await self._client.session.ws_connect(text(opened, "url"), autoping=False, timeout=_CLOSING)
        except (Refusal, Silence, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._why = str(error) or type(error).__name__
            log.error("slack_socket_refused", why=self._why)
            return None
        link = Link(line, self._switchboard, self._ping, self._deaf)
        task = asyncio.create_task(link.listen())
        self._links[task] = link
        task.add_done_callback(self._gone)
        with suppress(TimeoutError):
            async with asyncio.timeout(_HELLO):
                await link.settled.wait()
        if link.greeted.is_set():
            log.info("slack_socket_open")
            return link
        self._why = _CLOSED.get(link.reason, lambda: say("slack.socket.silent"))()
        log.error("slack_socket_refused", why=self._why)
        task.cancel()
        return None

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._links.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("slack_socket_broke", exc_info=error)


# Closing politely is not worth waiting for (seconds).
_CLOSING = aiohttp.ClientWSTimeout(ws_close=2.0)


def _now() -> float:
    return asyncio.get_running_loop().time()
