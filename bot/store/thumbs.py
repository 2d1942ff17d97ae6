"""What customers' reactions say of replies. Who it was is kept as a salted digest, for as long as it can be taken back.

One person has one thumb for a reply: their last word. Taking a reaction away takes back a thumb of its kind.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import blake2b
from hmac import compare_digest

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.channels.base import Person, Rated, Receipt
from bot.store.bell import Topic, ring_after
from bot.store.conversations import clean, is_new
from bot.store.statements import few_lengths
from bot.store.tables import conversations, replies, reviews, thumbs
from bot.store.texts import alias

_SALT = 16
# Of the same person twice at once, the second waits for the first; the reference a release holds is no obstacle.
_REVIEW_OF = (
    select(reviews.c.id)
    .join_from(replies, reviews, reviews.c.id == replies.c.review)
    .join(conversations, conversations.c.id == reviews.c.conversation)
    .where(
        replies.c.ref == bindparam("ref"),
        conversations.c.channel == bindparam("channel"),
        conversations.c.place == bindparam("place"),
    )
    .limit(1)
    .with_for_update(of=conversations, key_share=True)
)
_OF_REVIEWS = select(thumbs.c.review, thumbs.c.person, thumbs.c.thumb).where(
    thumbs.c.review.in_(bindparam("reviews", expanding=True))
)
_OF_REFS = (
    select(replies.c.ref, thumbs.c.person, thumbs.c.thumb)
    .join_from(replies, thumbs, thumbs.c.review == replies.c.review)
    .where(replies.c.ref.in_(bindparam("refs", expanding=True)))
)
_ROW = (thumbs.c.review == bindparam("the_review"), thumbs.c.person == bindparam("the_person"))
_RENAME = update(thumbs).where(*_ROW).values(person=bindparam("alias"))
_EVERY = select(thumbs.c.review, thumbs.c.person)


def rate(conn: Connection, event: Rated, now: float) -> Receipt:
    """Take in what a customer showed of a reply; what is told of any other message is of no interest."""
    place = event.thread.place
    asked = {"ref": clean(event.ref), "channel": place.channel, "place": place.id}
    review = conn.execute(_REVIEW_OF, asked).scalar_one_or_none() if event.ref else None
    if review is None:
        return Receipt.IGNORED
    if not is_new(conn, event.keys, now):
        return Receipt.DUPLICATE
    who = str(event.by)
    rows = conn.execute(_OF_REVIEWS, {"reviews": [review]})
    before = next(((row.person, row.thumb) for row in rows if _is_of(row.person, who)), None)
    if before and (event.added or before[1] == event.thumb):
        conn.execute(delete(thumbs).where(*_ROW), {"the_review": review, "the_person": before[0]})
    if event.added:
        row = {"review": review, "person": _digest(who, secrets.token_hex(_SALT)), "thumb": event.thumb}
        conn.execute(insert(thumbs), row | {"at": now})
    ring_after(conn, Topic.PAGES)
    return Receipt.STORED


def given(conn: Connection, who: Person, refs: Sequence[str]) -> dict[str, int]:
    """This person's thumbs for replies, by the references of these."""
    found = conn.execute(_OF_REFS, {"refs": few_lengths(refs)}) if refs else ()
    return {row.ref: row.thumb for row in found if _is_of(row.person, str(who))}


def forget_those_of(conn: Connection, ids: Sequence[str]) -> None:
    """From now on nobody can tell who gave the thumbs to these conversations' replies."""
    of = select(reviews.c.id).where(reviews.c.conversation.in_(ids))
    rows = conn.execute(_EVERY.where(thumbs.c.review.in_(of))).all()
    for row in rows:
        _rename(conn, row.review, row.person)


def forget_who(conn: Connection, who: Person) -> int:
    """Nor who gave this person's, wherever that was; how many they were. Every thumb has to be tried, each with its own
    salt: a second for a million."""
    found = [row for row in conn.execute(_EVERY).all() if _is_of(row.person, str(who))]
    for row in found:
        _rename(conn, row.review, row.person)
    return len(found)


def _rename(conn: Connection, review: str, person: str) -> None:
    conn.execute(_RENAME, {"the_review": review, "the_person": person, "alias": alias()})


def _digest(who: str, salt: str) -> str:
    return f"{salt}:{blake2b(clean(who).encode(), key=bytes.fromhex(salt), digest_size=16).hexdigest()}"


def _is_of(person: str, who: str) -> bool:
    salt, _, rest = person.partition(":")
    return bool(rest) and compare_digest(person, _digest(who, salt))
