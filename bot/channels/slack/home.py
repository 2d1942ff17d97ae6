"""The Home tab: what waits, how today went, and what one may set. Each sees only the desks at which they may decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.channels import commands
from bot.channels.base import Person, Queue
from bot.channels.slack.blocks import Block
from bot.channels.slack.commands import COMMAND, listed, paragraphs, section
from bot.channels.slack.office import Office
from bot.channels.slack.payload import NOTHING, Payload, parts, text
from bot.channels.slack.words import cut_escaped
from bot.channels.standing import Standing
from bot.channels.words import cut
from bot.phrases import say

# The Home tab takes 100 blocks: https://docs.slack.dev/surfaces/app-home. These and the headings make 80 at most.
_MINE, _QUEUE, _DESKS = 15, 30, 20
# What the action_id of everything that can be pressed here begins with.
_HOME = "home."
_PAUSE, _RESUME, _CALLS = f"{_HOME}pause", f"{_HOME}resume", f"{_HOME}calls"
_YES = "yes"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What somebody sees. `called` is whether they want to be called, None for those who never are."""

    notice: str
    mine: Queue
    queue: Queue
    desks: tuple[Standing, ...]
    called: bool | None


async def opened(office: Office, body: Payload) -> None:
    """Somebody opened their Home tab. Raises `NotStored`, `Refusal`, `Silence`."""
    user = text(body, "event", "user")
    by = await office.presser({"user_id": user, "team_id": text(body, "team_id")})
    await _publish(office, user, by)


def concerns(body: Payload) -> bool:
    """Whether what was pressed stands on the Home tab."""
    return text(_action(body), "action_id").startswith(_HOME)


async def pressed(office: Office, body: Payload) -> dict[str, Any]:
    """Do what was pressed on the Home tab, and draw it again. Raises `NotStored`."""
    by = await office.presser(body)
    notice = await _done(office, by, _action(body)) if by else ""
    office.errands.run("home", _publish(office, text(body, "user", "id"), by, notice))
    return {}


async def _done(office: Office, by: Person, action: Payload) -> str:
    """What came of it, in a sentence; empty when the tab shows it anyway."""
    name = text(action, "action_id")
    if name in (_PAUSE, _RESUME):
        answer = await office.inbox.pause(by, text(action, "value"), paused=name == _PAUSE)
        return answer.sentence
    if name == _CALLS:
        chosen = [text(one, "value") for one in parts(action, "selected_options")]
        await office.inbox.be_called(by, wanted=_YES in chosen)
    return ""


def _action(body: Payload) -> Payload:
    return next(iter(parts(body, "actions")), NOTHING)


async def _publish(office: Office, user: str, by: Person | None, notice: str = "") -> None:
    """Draw the Home tab for a user; for somebody of another organisation, one that shows nothing."""
    blocks = _drawn(office, await _seen(office, by, notice)) if by else paragraphs([say("slack.click.foreign")])
    await office.client.tell("views.publish", user_id=user, view={"type": "home", "blocks": blocks})


async def _seen(office: Office, by: Person, notice: str) -> _Seen:
    inbox = office.inbox
    desks = await inbox.desks(by, days=True)
    leads = any(desk.leads for desk in desks)
    return _Seen(
        notice=notice,
        mine=await inbox.queue(by, _MINE, mine=True),
        queue=await inbox.queue(by, _QUEUE),
        desks=desks,
        called=await inbox.is_called(by) if leads else None,
    )


def _drawn(office: Office, seen: _Seen) -> list[Block]:
    blocks = paragraphs([seen.notice]) if seen.notice else []
    if not seen.desks:
        return [*blocks, *paragraphs([say("command.no_role")])]
    blocks += _list(office, say("slack.home.mine"), seen.mine, say("command.mine_empty"))
    blocks += _list(office, say("slack.home.queue"), seen.queue, say("command.queue_empty"))
    blocks += [_heading(say("slack.home.today")), *(_desk(office, desk) for desk in seen.desks[:_DESKS])]
    blocks += _settings(seen.called) if seen.called is not None else []
    return [*blocks, {"type": "divider"}, *paragraphs([say("slack.home.more", command=COMMAND)])]


def _list(office: Office, title: str, queue: Queue, nothing: str) -> list[Block]:
    if not queue.cards:
        return [_heading(title), *paragraphs([nothing])]
    more = queue.count - len(queue.cards)
    rest = paragraphs([say("command.more", count=more)]) if more > 0 else []
    return [_heading(f"{title} ({queue.count})"), *listed(office, queue.cards), *rest]


def _desk(office: Office, desk: Standing) -> Block:
    """A desk's day, and the button by which its leads pause its drafting."""
    said = (*commands.figures(desk), *commands.pauses((desk,), office.setup.clock()))
    lines = [f"*{cut_escaped(desk.name, 100)}*", *(cut_escaped(one, 500) for one in said)]
    return section("\n".join(lines)) | ({"accessory": _button(desk)} if desk.leads else {})


def _button(desk: Standing) -> Block:
    label = say("slack.home.resume" if desk.pause else "slack.home.pause")
    return {
        "type": "button",
        "action_id": _RESUME if desk.pause else _PAUSE,
        "text": {"type": "plain_text", "text": label, "emoji": False},
        "value": cut(desk.desk, 2000),
    }


def _settings(called: bool) -> list[Block]:
    option = {"text": {"type": "plain_text", "text": say("slack.home.calls"), "emoji": False}, "value": _YES}
    # An empty list of initial options is refused.
    chosen = {"initial_options": [option]} if called else {}
    boxes = {"type": "checkboxes", "action_id": _CALLS, "options": [option]} | chosen
    return [_heading(say("slack.home.settings")), {"type": "actions", "elements": [boxes]}]


def _heading(title: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
