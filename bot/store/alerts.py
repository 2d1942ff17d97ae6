"""What rose beyond its usual level: written down once, told once, and kept so that a page can show it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from bot.store.bell import Topic, ring_after
from bot.store.conversations import clean
from bot.store.statements import insert_once
from bot.store.tables import alerts

# Enough to see what it is about.
_MOST = 200
_OF_DESKS = alerts.c.desk.in_(bindparam("desks", expanding=True))
_SAME = (
    alerts.c.desk == bindparam("the_desk"),
    alerts.c.kind == bindparam("the_kind"),
    alerts.c.subject == bindparam("the_subject"),
    alerts.c.day == bindparam("the_day"),
)
_GROWN = (
    update(alerts)
    .where(*_SAME, alerts.c.count < bindparam("now_count"))
    .values(count=bindparam("now_count"), reviews=bindparam("now_reviews"))
)
_ON_DAY = select(alerts).where(alerts.c.desk == bindparam("desk"), alerts.c.day == bindparam("day"))
_LATELY = (
    select(alerts)
    .where(_OF_DESKS, alerts.c.day >= bindparam("since"))
    .order_by(alerts.c.day.desc(), alerts.c.number.desc())
    .limit(bindparam("limit"))
)
_CLAIM = update(alerts).where(alerts.c.number == bindparam("the_number"), alerts.c.told_at.is_(None))
_UNCLAIM = update(alerts).where(alerts.c.number.in_(bindparam("numbers", expanding=True))).values(told_at=None)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that rose on a day (`2026-11-23`, UTC): so many cases where `usual` ones are usual. `at` and `told_at`
    are when it was seen and when the leads were told, in unix seconds. `reviews` are those counted, at most 200."""

    number: int
    desk: str
    kind: str
    subject: str
    day: str
    count: int
    usual: float
    at: float
    reviews: tuple[str, ...]
    told_at: float | None = None


def write(conn: Connection, alert: Alert) -> None:
    """Write down what rose, or that it has grown since it was. The number is the database's to give."""
    reviews = json.dumps(alert.reviews[:_MOST])
    row = {"desk": alert.desk, "kind": alert.kind, "subject": clean(alert.subject), "day": alert.day}
    fresh = {"count": alert.count, "usual": alert.usual, "at": alert.at, "reviews": reviews, "told_at": None}
    done = conn.execute(insert_once(alerts, conn.dialect.name), row | fresh)
    if not done.rowcount:
        same = {f"the_{name}": value for name, value in row.items()}
        done = conn.execute(_GROWN, same | {"now_count": alert.count, "now_reviews": reviews})
    if done.rowcount:
        ring_after(conn, Topic.PAGES)


def of_day(conn: Connection, desk: str, day: str) -> list[Alert]:
    """What rose at a desk on a day."""
    return [_alert(row) for row in conn.execute(_ON_DAY, {"desk": desk, "day": day})]


def lately(conn: Connection, desks: Sequence[str], since: str, limit: int) -> list[Alert]:
    """What rose at these desks since a day, the latest first."""
    return [_alert(row) for row in conn.execute(_LATELY, {"desks": list(desks), "since": since, "limit": limit})]


def claim(conn: Connection, found: Sequence[Alert], now: float) -> list[Alert]:
    """Those of these alerts that nobody has told yet: from now on they are whoever's who asked."""
    claim = _CLAIM.values(told_at=now)
    return [one for one in found if conn.execute(claim, {"the_number": one.number}).rowcount]


def unclaim(conn: Connection, found: Sequence[Alert]) -> None:
    """They were certainly not told."""
    conn.execute(_UNCLAIM, {"numbers": [one.number for one in found]})


def _alert(row: Row[Any]) -> Alert:
    values = {name: getattr(row, name) for name in Alert.__slots__}
    return Alert(**values | {"reviews": tuple(json.loads(row.reviews))})
