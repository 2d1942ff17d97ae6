"""Who may take which step."""

from __future__ import annotations

from collections.abc import Iterator

from bot.review.actions import (
    Act,
    Action,
    Amended,
    Claiming,
    Delivered,
    Received,
    Result,
    Wake,
    Withdrawn,
)
from bot.review.model import Role

STAFF = frozenset({Role.AGENT, Role.LEAD, Role.ADMIN})

# The first row that fits a step decides; a step that fits none is nobody's.
RIGHTS: tuple[tuple[type[Action], frozenset[Role]], ...] = (
    (Wake, STAFF | {Role.SYSTEM}),  # a snooze ends by itself
    (Act, STAFF),
    (Received, frozenset({Role.CUSTOMER})),
    # A colleague's answer in the thread changes the conversation too.
    (Amended, STAFF | {Role.CUSTOMER}),
    (Withdrawn, STAFF | {Role.CUSTOMER, Role.SYSTEM}),
    (Claiming, frozenset({Role.SYSTEM})),
    (Result, frozenset({Role.SYSTEM})),
    (Delivered, frozenset({Role.SYSTEM})),
)


def _with_kinds(step: type[Action]) -> Iterator[type[Action]]:
    yield step
    for kind in step.__subclasses__():
        yield from _with_kinds(kind)


_ROLES = {kind: roles for step, roles in reversed(RIGHTS) for kind in _with_kinds(step)}


def may(role: Role, step: type[Action]) -> bool:
    """Whether somebody in this role may take this step."""
    return role in _ROLES.get(step, frozenset())
