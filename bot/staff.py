"""What the people of the desks ask and set beside deciding on reviews."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bot.channels import wording
from bot.channels.base import Answer, Person, Thread
from bot.channels.standing import LEADING, Day, Standing
from bot.insight import measures, queries
from bot.phrases import say
from bot.review.model import Review
from bot.review.rights import STAFF
from bot.setting import Desk
from bot.store import pauses, queues, reviews, wishes
from bot.store.engine import Connection

_CALL, _NO, _YES = "call", "no", "yes"


def desks_of(desks: Iterable[Desk], by: Person) -> tuple[Desk, ...]:
    """Those at which this person may decide."""
    return tuple(desk for desk in desks if desk.role_of(by) in STAFF)


def standings(conn: Connection, desks: Collection[Desk], by: Person, now: float, *, days: bool) -> Iterator[Standing]:
    """How these desks stand for somebody, with the figures of their day if they are asked for."""
    paused = pauses.standing(conn, [desk.id for desk in desks])
    figures = _days(conn, desks, now) if days else {}
    for desk in desks:
        yield Standing(desk.id, desk.name, desk.role_of(by), paused.get(desk.id), figures.get(desk.id))


def _days(conn: Connection, desks: Collection[Desk], now: float) -> dict[str, Day]:
    """What today was like at each desk, by its id."""
    ids = [desk.id for desk in desks]
    steps = queries.steps_since(conn, ids, measures.midnight(now))
    waiting = list(queries.open_now(conn, ids))
    return {
        desk.id: measures.day(
            (step for step in steps if step.desk == desk.id),
            (one for one in waiting if one.desk == desk.id),
            desk.policy.within,
            now,
        )
        for desk in desks
    }


def pause(conn: Connection, desk: Desk, by: Person, now: float, *, paused: bool) -> Answer:
    """Stop the drafting of a desk, or let it go on."""
    if desk.role_of(by) not in LEADING:
        return Answer(False, say("pause.forbidden", desk=desk.name))
    on = pauses.standing(conn, (desk.id,)).get(desk.id)
    if on is not None and paused:
        return Answer(True, say("pause.already", desk=desk.name, name=on.name, since=wording.when(on.at, now)))
    if on is None and not paused:
        return Answer(True, say("pause.not_paused", desk=desk.name))
    pauses.add(conn, desk.id, by, now, paused=paused)
    return Answer(True, say("pause.paused" if paused else "pause.resumed", desk=desk.name))


def named(conn: Connection, desks: Collection[Desk], about: str | Thread) -> Review | None:
    """The review of this id, or of this thread, if it belongs to one of these desks."""
    if isinstance(about, Thread):
        reviewing = [desk.id for desk in desks if desk.reviews == about.place]
        about = queues.of_thread(conn, about, reviewing) or ""
    found = reviews.get(conn, about)
    return found if found is not None and found.desk in {desk.id for desk in desks} else None


def callable_of(conn: Connection, people: Collection[str]) -> tuple[str, ...]:
    """Those of these people (`channel:person`) who want to be called when a review is escalated: all who said nothing."""
    said = wishes.of_people(conn, people, _CALL)
    return tuple(person for person in people if said.get(person) != _NO)


def wish_for_calls(conn: Connection, by: Person, *, wanted: bool) -> None:
    """Call this person from now on, or do not."""
    wishes.put(conn, str(by), _CALL, _YES if wanted else _NO)
