"""Who may take which step."""

from __future__ import annotations

from collections.abc import Iterator

from bot.review.actions import (
    Action,
    Amended,
    Claiming,
    Delivered,
    Handling,
    Received,
    Renew,
    Result,
    Verdict,
    Wake,
    Withdrawn,
)
from bot.review.model import Role

# Each may whatever those before it may.
ORDER = (Role.NOBODY, Role.AGENT, Role.LEAD, Role.ADMIN)
STAFF = frozenset(ORDER[1:])

# A step falls under one row; one that falls under none is nobody's.
RIGHTS: tuple[tuple[type[Action], frozenset[Role]], ...] = (
    (Verdict, STAFF),
    (Handling, STAFF),
    (Wake, STAFF | {Role.SYSTEM}),  # a snooze ends by itself
    (Received, frozenset({Role.CUSTOMER})),
    # A colleague's answer in the thread changes the conversation too.
    (Amended, STAFF | {Role.CUSTOMER}),
    (Withdrawn, STAFF | {Role.CUSTOMER, Role.SYSTEM}),
    (Claiming, frozenset({Role.SYSTEM})),
    (Renew, frozenset({Role.SYSTEM})),
    (Result, frozenset({Role.SYSTEM})),
    (Delivered, frozenset({Role.SYSTEM})),
)


def _with_kinds(step: type[Action]) -> Iterator[type[Action]]:
    yield step
    for kind in step.__subclasses__():
        yield from _with_kinds(kind)


_ROLES = {kind: roles for step, roles in RIGHTS for kind in _with_kinds(step)}


def may(role: Role, step: type[Action]) -> bool:
    """Whether somebody in this role may take this step."""
    return role in _ROLES.get(step, frozenset())
