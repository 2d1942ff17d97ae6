"""bolt between the doors and what we do: one listener for each kind of payload, and an answer to every one of them.

Three ways in which bolt loses work are closed here. It answers an event before its listener ran, so listeners run
first (`process_before_response`): what could not be stored is not acknowledged and comes again, and nothing is raised
after an answer. It answers 404 to what has no listener, so there is one for everything. And it asks Slack who we are
before it lets an event in, so `authorize` answers by itself.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.channels.base import NotStored
from bot.channels.slack import commands, home
from bot.channels.slack.clicks import Clicks
from bot.channels.slack.listening import Listening
from bot.channels.slack.office import Office
from bot.channels.slack.payload import Payload, parts, text
from bot.log import log

_ANY = re.compile(r"")
# bolt's log quotes what it could not handle, which may be what a customer wrote; ours says what it needs to.
_MUTE = logging.getLogger("countersign.slack.bolt")
_MUTE.disabled = True


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a payload: an HTTP status and a body, which Socket Mode sends as the acknowledgement's payload."""

    status: int = 200
    body: str = ""

    @property
    def json(self) -> dict[str, Any] | None:
        """The body, if it is an object."""
        return json.loads(self.body) if self.body.startswith("{") else None


class Switchboard:
    """Takes a payload whose sender is proved, from whichever door."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._listening = Listening(office)
        self._clicks = Clicks(office)
        self._bolt = self._connected()

    async def take(self, payload: Payload) -> Reply:
        """The answer to a payload. Anything but 200 makes Slack tell it again."""
        if not _is_readable(payload):
            return _odd(payload)
        try:
            # As bolt takes what came over a socket: already parsed, its sender already proved.
            request = AsyncBoltRequest(body=dict(payload), mode="socket_mode")
            answer = await self._bolt.async_dispatch(request)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, BoltError):
            # bolt reaches into the payload before it calls us; what we raise goes to `_failed`.
            return _odd(payload)
        return Reply(answer.status, answer.body or "")

    def _connected(self) -> AsyncApp:
        """bolt with a listener for everything."""
        office = self._office

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            """Who we are, without asking: a failing `auth.test` would lose the event silently."""
            return AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=team_id,
                bot_id=office.us.bot or None,
                bot_user_id=office.us.user or None,
                bot_token=office.setup.token,
            )

        app = AsyncApp(
            name="countersign",
            logger=_MUTE,
            client=office.client.web,
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,  # done on the raw bytes, before anything is parsed
            ignoring_self_events_enabled=False,  # our own posts are witnesses of their delivery
            attaching_conversation_kwargs_enabled=False,
        )
        app.event(_ANY)(self._event)
        app.action(_ANY)(self._button)
        app.view_submission(_ANY)(self._submission)
        app.view_closed(_ANY)(self._nothing)
        app.message_shortcut(_ANY)(self._shortcut)
        app.global_shortcut(_ANY)(self._nothing)
        app.command(_ANY)(self._command)
        app.error(self._failed)
        return app

    async def _event(self, body: dict[str, Any]) -> BoltResponse:
        await self._listening.event(body)
        return _answer({})

    async def _button(self, body: dict[str, Any]) -> BoltResponse:
        if home.concerns(body):
            return _answer(await home.pressed(self._office, body))
        return _answer(await self._clicks.button(body))

    async def _submission(self, body: dict[str, Any]) -> BoltResponse:
        return _answer(await self._clicks.submission(body))

    async def _shortcut(self, body: dict[str, Any]) -> BoltResponse:
        return _answer(await self._clicks.shortcut(body))

    async def _command(self, body: dict[str, Any]) -> BoltResponse:
        return _answer(await commands.answer(self._office, body))

    async def _nothing(self) -> BoltResponse:
        return _answer({})

    async def _failed(self, error: Exception) -> BoltResponse:
        """Only what was not stored is asked for again by name; a fault of ours is in the log, and is too."""
        if isinstance(error, NotStored):
            log.error("slack_not_stored")
            return BoltResponse(status=503)
        log.error("slack_broke", exc_info=error)
        return BoltResponse(status=500)


def _odd(payload: Payload) -> Reply:
    """Proved to be from Slack, but of a shape we do not know: it would not read better the second time."""
    log.warning("slack_odd", kind=text(payload, "type")[:40])
    return Reply()


def _answer(body: dict[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=body or "")


def _is_readable(payload: Payload) -> bool:
    """Whether the payload has what bolt reaches for without looking."""
    match text(payload, "type"):
        case "event_callback":
            return bool(text(payload, "event", "type"))
        case "block_actions":
            actions = payload.get("actions")
            named = [bool(text(action, "action_id")) for action in parts(payload, "actions")]
            return isinstance(actions, list) and 0 < len(actions) == sum(named)
        case "view_submission" | "view_closed":
            return bool(text(payload, "view", "callback_id") and text(payload, "view", "type"))
        case "message_action" | "shortcut":
            return bool(text(payload, "callback_id"))
        case "url_verification":
            return bool(text(payload, "challenge"))
        case "":
            return bool(text(payload, "command"))
    return False
