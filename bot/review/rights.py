"""Who may take which step."""

from __future__ import annotations

from bot.review.actions import (
    Act,
    Action,
    Amended,
    Claiming,
    Delivered,
    Received,
    Result,
    Withdrawn,
)
from bot.review.model import Role

STAFF = frozenset({Role.AGENT, Role.LEAD, Role.ADMIN})

# The first row that fits a step decides; a step that fits none is nobody's.
RIGHTS: tuple[tuple[type[Action], frozenset[Role]], ...] = (
    (Act, STAFF),
    (Received, frozenset({Role.CUSTOMER})),
    # A colleague's answer in the thread changes the conversation too.
    (Amended, STAFF | {Role.CUSTOMER}),
    (Withdrawn, STAFF | {Role.CUSTOMER, Role.SYSTEM}),
    (Claiming, frozenset({Role.SYSTEM})),
    (Result, frozenset({Role.SYSTEM})),
    (Delivered, frozenset({Role.SYSTEM})),
)


def may(role: Role, step: type[Action]) -> bool:
    """Whether somebody in this role may take this step."""
    return next((role in roles for kind, roles in RIGHTS if issubclass(step, kind)), False)
