"""What events, presses, submissions and commands look like when they reach the bot."""

from __future__ import annotations

import uuid
from typing import Any

from tests.doubles.slack import shapes
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.modals import Modals, View
from tests.doubles.slack.wire import Json, scribble, serial
from tests.doubles.slack.world import Channel, Message, User, World


class Envelopes:
    """Wraps. With `sender_outside` the outer `team_id` is the sender's, as it may be in Slack Connect."""

    def __init__(self, world: World, clock: Clock, modals: Modals) -> None:
        self.world, self.clock, self.modals = world, clock, modals
        self.sender_outside = False
        self.urls = ResponseUrls(clock)
        self._events = serial("Ev")
        self.base = ""

    def event(self, event: Json, channel: Channel | None, sender: User | None) -> Json:
        """The envelope of the Events API, with one authorization."""
        app = self.world.app
        org = app.team.enterprise.id if app.team.enterprise else None
        outer = sender.team if sender and self.sender_outside else app.team
        authorization = {"enterprise_id": org, "team_id": app.team.id, "user_id": app.bot.id, "is_bot": True}
        return {
            "token": app.verification_token,
            "team_id": outer.id,
            "context_team_id": app.team.id,
            "context_enterprise_id": org,
            **({"enterprise_id": org} if org else {}),
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": next(self._events),
            "event_time": int(self.clock.wall()),
            "authorizations": [{**authorization, "is_enterprise_install": False}],
            "is_ext_shared_channel": bool(channel and channel.ext_shared),
            "event_context": f"4-{scribble(60)}",
        }

    def pressed(self, user: User, action: Json, message: Message | None, view: View | None) -> Json:
        """block_actions: a button, a menu."""
        payload = self._interaction("block_actions", user, view)
        if message:
            payload["container"] = {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel.id,
                "is_ephemeral": "to" in message.more,
                **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            }
            payload |= self._place(message.channel)
            if "to" not in message.more:
                payload["message"] = shapes.message(self.world, message, metadata=True)
            payload["state"] = {"values": {}}
            payload["response_url"] = self._url(user, message.channel, message)
        elif view:
            payload["container"] = {"type": "view", "view_id": view.id}
            payload["view"] = self.modals.shape(view)
        payload["actions"] = [{**action, "action_ts": f"{self.clock.wall():.6f}"}]
        return payload

    def submitted(self, user: User, view: View, closed: bool = False) -> Json:
        """view_submission, or view_closed.

        From a foreign workspace the team is the presser's own, which made bolt fail to authorize (bolt-python#767).
        """
        payload = self._interaction("view_closed" if closed else "view_submission", user, view)
        payload["team"] = {"id": user.team.id, "domain": user.team.domain}
        payload["view"] = self.modals.shape(view)
        if closed:
            del payload["trigger_id"]
            return {**payload, "is_cleared": False}
        return {**payload, "response_urls": []}

    def shortcut(self, user: User, message: Message, callback_id: str) -> Json:
        """message_action: something chosen from a message's menu."""
        return {
            **self._interaction("message_action", user, None),
            **self._place(message.channel),
            "callback_id": callback_id,
            "action_ts": f"{self.clock.wall():.6f}",
            "message_ts": message.ts,
            "message": shapes.message(self.world, message, metadata=True),
            "response_url": self._url(user, message.channel, message),
        }

    def command(self, user: User, channel: Channel, command: str, text: str) -> Json:
        """The fields of a slash command."""
        team = self.world.app.team
        org = team.enterprise
        grid = {"enterprise_id": org.id, "enterprise_name": org.name} if org else {}
        return {
            "token": self.world.app.verification_token,
            "team_id": team.id,
            "team_domain": team.domain,
            **grid,
            **{f"channel_{key}": value for key, value in self._place(channel)["channel"].items()},
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self.world.app.id,
            "is_enterprise_install": "false",
            "response_url": self._url(user, channel, None),
            "trigger_id": self.modals.trigger(user),
        }

    def _interaction(self, kind: str, user: User, view: View | None) -> Json:
        team = self.world.app.team
        org = {"id": team.enterprise.id, "name": team.enterprise.name} if team.enterprise else None
        home = {"id": team.id, "domain": team.domain}
        if org:
            home |= {"enterprise_id": org["id"], "enterprise_name": org["name"]}
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team.id},
            "api_app_id": self.world.app.id,
            "token": self.world.app.verification_token,
            "trigger_id": self.modals.trigger(user, view),
            "team": home,
            "enterprise": org,
            "is_enterprise_install": False,
        }

    def _place(self, channel: Channel) -> Json:
        name = "directmessage" if channel.kind == "im" else "privategroup" if channel.private else channel.name
        return {"channel": {"id": channel.id, "name": name}}

    def _url(self, user: User, channel: Channel, message: Message | None) -> str:
        return f"{self.base}/_response/{self.urls.new(user, channel, message)}"


class ResponseUrls:
    """Addresses to answer at: five times within half an hour."""

    USES, SECONDS = 5, 1800.0

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.known: dict[str, Json] = {}

    def new(self, user: User, channel: Channel, message: Message | None) -> str:
        """The last part of a new address."""
        key = uuid.uuid4().hex
        entry: dict[str, Any] = {"user": user, "channel": channel, "message": message, "uses": 0}
        entry["at"] = self.clock.mark()
        self.known[key] = entry
        return key
