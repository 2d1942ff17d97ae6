"""Open reviews among many closed ones are gone through by the index of what is open, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.channels.base import Person
from bot.store import inbox, presences
from bot.store.bell import Topic, rung_by
from bot.store.inbox import Order, Wanted
from bot.store.tables import conversations, outlines, reviews
from tests.review.lives import NOW
from tests.store.crowds import conversation, crowd, plans

HISTORY, OPEN = 6_000, 300
ANA, LEO = Person("web", "ana", "Ana"), Person("web", "leo", "Leo")
EVERYTHING = Wanted(desks=("support", "sales"), promises={"support": 3_600.0, "sales": 7_200.0}, now=NOW, limit=1_000)
WAYS = {
    "everything": EVERYTHING,
    "angry": replace(EVERYTHING, angry=True),
    "risky and late": replace(EVERYTHING, risky=True, overdue=True),
    "in a language": replace(EVERYTHING, language="sv"),
    "of one desk, newest first": replace(EVERYTHING, desks=("sales",), order=Order.NEWEST),
    "a later page": replace(EVERYTHING, after=f"r{HISTORY + 20:08}"),
}


@pytest.fixture
def crowded(database: sa.URL) -> Iterator[Connection]:
    """A long history, some open reviews with their outlines, and a database that knows how many of each there are."""
    numbers = range(HISTORY + OPEN)
    made = ((conversations, _conversation), (reviews, _review), (outlines, _outline))
    with crowd(database, *((table, map(make, numbers)) for table, make in made)) as conn:
        yield conn


def _desk(number: int) -> str:
    return ("support", "sales", "elsewhere")[number % 3]


def _conversation(number: int) -> dict[str, Any]:
    return conversation(number) | {"desk": _desk(number)}


def _review(number: int) -> dict[str, Any]:
    values: dict[str, Any] = {column.name: 0 for column in reviews.columns}
    values |= dict.fromkeys(("draft", "edited", "instruction", "due", "card_due"))
    values |= {"problem": "", "card_ref": "", "doubt": False, "escalated": number % 5 == 0}
    values |= {"holder": "web:ana" if number % 7 == 0 else "", "judged": "neutral" if number % 11 == 0 else ""}
    values |= {"state": "in_review", "opened_at": NOW - 60.0 * (number % 97), "closed_at": None}
    if number < HISTORY:
        values |= {"state": "sent", "closed_at": NOW}
    return values | {"id": f"r{number:08}", "conversation": f"c{number:08}", "desk": _desk(number)}


def _outline(number: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        column.name: None if column.nullable else "" if isinstance(column.type, sa.Text) else 0
        for column in outlines.columns
    }
    values |= {"held": False, "material": False, "language": ("en", "sv")[number % 2]}
    values |= {"feeling": "angry" if number % 4 == 0 else "neutral", "risks": "|refund|" if number % 3 == 0 else ""}
    return values | {"review": f"r{number:08}", "desk": _desk(number), "conversation": f"c{number:08}"}


def _chosen(wanted: Wanted) -> list[str]:
    """The same in plain words, one review after the other."""
    found = []
    for number in range(HISTORY, HISTORY + OPEN):
        review, outline = _review(number), _outline(number)
        late = NOW - review["opened_at"] >= wanted.promises.get(review["desk"], 1e9)
        angry = (review["judged"] or outline["feeling"]) == "angry"
        if (
            review["desk"] in wanted.desks
            and (not wanted.angry or angry)
            and (not wanted.risky or outline["risks"])
            and (not wanted.overdue or late)
            and (not wanted.language or outline["language"] == wanted.language)
        ):
            found.append((wanted.place(review["desk"], review["opened_at"]), review["id"]))
    ids = [one for _, one in sorted(found)]
    return ids[ids.index(wanted.after) + 1 :] if wanted.after else ids


def test_what_is_wanted_is_found_by_the_index_of_what_is_open(crowded: Connection) -> None:
    """In its order, and without a look at any review that is closed."""
    for way, wanted in WAYS.items():
        _look(crowded, way, replace(wanted, after=_chosen(EVERYTHING)[20]) if wanted.after else wanted)


def _look(crowded: Connection, way: str, wanted: Wanted) -> None:
    ids, more = inbox.page(crowded, wanted)
    assert (ids, more) == (_chosen(wanted), False), way
    assert ids, way
    for plan in plans(crowded, lambda conn: (inbox.page(conn, wanted), inbox.kinds(conn, wanted)), last=2):
        assert any(index in plan for index in ("open_queue", "one_open_review")), f"{way}: {plan}"
        assert "outlines_by" not in plan, f"{way}: {plan}"
        if crowded.dialect.name == "sqlite":
            assert "SCAN outlines" not in plan, f"{way}: {plan}"


def test_what_is_open_is_counted_by_kind(crowded: Connection) -> None:
    """Each desk and language apart; a person's judgement stands over the drafter's."""
    kinds = inbox.kinds(crowded, EVERYTHING)
    assert sum(kind.count for kind in kinds) == len(_chosen(EVERYTHING))
    assert sum(kind.angry for kind in kinds) == len(_chosen(WAYS["angry"]))
    assert sum(kind.count for kind in kinds if kind.language == "sv") == len(_chosen(WAYS["in a language"]))
    mine = inbox.kinds(crowded, replace(EVERYTHING, holder="web:ana"))
    assert sum(kind.count for kind in mine) == len([one for one in _chosen(EVERYTHING) if int(one[1:]) % 7 == 0])


def test_a_presence_ends_by_itself(crowded: Connection) -> None:
    """Whoever is not heard of any more has gone; the bell rings only where two meet."""
    one, other = f"r{HISTORY:08}", f"r{HISTORY + 1:08}"

    def put(who: Person, review: str, now: float, *, typing: bool = False) -> bool:
        rung_by(crowded)
        presences.put(crowded, who, review, now, typing=typing)
        return Topic.PAGES in rung_by(crowded)

    def there(now: float) -> list[tuple[str, str, bool]]:
        found = presences.there(crowded, ("support", "sales", "elsewhere"), now)
        return [(presence.person, presence.review, presence.typing) for presence in found]

    assert not put(ANA, one, NOW)
    assert not put(LEO, other, NOW)
    assert put(LEO, one, NOW + 1)
    assert not put(LEO, one, NOW + 16)
    assert put(LEO, one, NOW + 17, typing=True)
    assert there(NOW + 18) == [("web:ana", one, False), ("web:leo", one, True)]
    assert there(NOW + 36) == [("web:leo", one, True)]
    assert presences.there(crowded, ("sales",), NOW + 18) == []
    assert not put(LEO, "", NOW + 37)
    assert there(NOW + 37) == []
