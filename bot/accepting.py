"""What comes of a proposal when a person accepts or dismisses it: an example, a template's draft version, an article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot import versions
from bot.drafting.knowledge.article import name_of
from bot.drafting.privacy import placeholders
from bot.insight import lessons
from bot.learning import mask_of
from bot.phrases import say
from bot.setting import Desk
from bot.store import approved, changes, conversations, proposals, reviews, templates
from bot.store.changes import What
from bot.store.engine import Connection
from bot.store.proposals import Evidence, Form, Lesson, Pairs, Proposal, Status
from bot.store.templates import Version
from bot.versions import Unwanted


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal as it stands now, with what accepting it would do.

    `made` names what it would become: a reply's review, an article's file; empty for a version, whose number nobody
    knows yet. `text` is the reply without names, the template or the article; empty when too little is left to go by.
    """

    proposal: Proposal
    evidence: tuple[Evidence, ...]
    made: str
    text: str


@dataclass(frozen=True, slots=True)
class Signed:
    """Who decides, why, and when (unix seconds)."""

    person: str
    note: str
    at: float


def offer(conn: Connection, number: int, desks: Mapping[str, Desk], *, public: bool = False) -> Offer:
    """A proposal; an article is internal unless it is to be `public`. Raises `NoProposal`, `NoVersion`."""
    proposal = proposals.get(conn, number)
    found = tuple(proposals.evidence_of(conn, number))
    edits = {one.review: one.pairs for one in found if one.pairs is not None}
    lesson, desk = proposal.lesson, desks.get(proposal.lesson.desk)
    made = text = ""
    if proposal.form is Form.ARTICLE:
        made = _file(number, lesson)
        text = lessons.article(lesson.matter, lesson.language, edits.values(), public=public)
    elif desk and proposal.form is Form.EXAMPLE:
        made, text = _example(conn, edits, desk, lesson.language)
    elif desk and (rule := lessons.rule(lesson.matter, edits.values())):
        text = lessons.with_rule(_active(conn, desk).text, rule)
    return Offer(proposal, found, made, text)


def accept(conn: Connection, offered: Offer, desks: Mapping[str, Desk], by: Signed, *, public: bool) -> str:
    """Do what was offered, except for writing the file of an article; what it has become.

    Raises `Unwanted`, `BadTemplate` and what `offer` raises.
    """
    proposal = _open(conn, offered.proposal.number, by)
    check(offered, by, public=public)
    if offer(conn, proposal.number, desks, public=public).text != offered.text:
        raise Unwanted(say("learning.changed", number=proposal.number))
    made = offered.made
    if proposal.form is Form.TEMPLATE:
        name = desks[proposal.lesson.desk].template.name
        made = str(versions.save(conn, name, offered.text, by.person, by.note, by.at))
    proposals.accept(conn, proposal.number, by.at, made if proposal.form is Form.EXAMPLE else "")
    _record(conn, What.ACCEPTED, proposal, by, made)
    return made


def check(offered: Offer, by: Signed, *, public: bool) -> None:
    """Raises `Unwanted` for what cannot be accepted as it reads."""
    number, form = offered.proposal.number, offered.proposal.form
    _must_be_open(offered.proposal, by)
    if public and form is not Form.ARTICLE:
        raise Unwanted(say("learning.not_public", number=number))
    if not offered.text:
        raise Unwanted(say("learning.nothing_left", number=number))
    if form is not Form.EXAMPLE and (gaps := placeholders(_added(offered))):
        raise Unwanted(say("learning.gaps", number=number, gaps=", ".join(gaps)))


def dismiss(conn: Connection, number: int, by: Signed) -> None:
    """Nothing comes of it, and its edits do not count again. Raises `Unwanted`, `NoProposal`."""
    proposal = _open(conn, number, by)
    proposals.dismiss(conn, number, by.at)
    _record(conn, What.DISMISSED, proposal, by, "")


def difference(conn: Connection, offered: Offer, desk: Desk) -> str:
    """What would change in the template in use. Raises `NoVersion`."""
    old = _active(conn, desk)
    number = templates.versions(conn, old.name)[-1].version + 1
    return "\n".join(versions.diff(old, replace(old, version=number, text=offered.text)))


def _open(conn: Connection, number: int, by: Signed) -> Proposal:
    """The proposal, held until the transaction ends. Raises `Unwanted`, `NoProposal`."""
    proposal = proposals.get(conn, number, held=True)
    _must_be_open(proposal, by)
    return proposal


def _must_be_open(proposal: Proposal, by: Signed) -> None:
    if not by.note.strip():
        raise Unwanted(say("learning.note_needed"))
    if proposal.status is not Status.OPEN:
        raise Unwanted(say(f"learning.was.{proposal.status.value}", number=proposal.number))


def _record(conn: Connection, what: What, proposal: Proposal, by: Signed, made: str) -> None:
    details = {"note": by.note.strip(), "form": proposal.form.value, "desk": proposal.lesson.desk, "made": made}
    changes.add(conn, what, f"proposal {proposal.number}", by.person, by.at, details)


def _added(offered: Offer) -> str:
    """What would be read elsewhere: the article, or the new line of the template."""
    if offered.proposal.form is Form.ARTICLE:
        return offered.text
    return lessons.rule(offered.proposal.lesson.matter, [one.pairs for one in offered.evidence if one.pairs])


def _file(number: int, lesson: Lesson) -> str:
    topic = name_of(lesson.matter.removesuffix(f".{lesson.language}"))
    return f"learned-{number}-{topic}.{lesson.language}.md"


def _active(conn: Connection, desk: Desk) -> Version:
    """Raises `NoVersion`."""
    name = desk.template.name
    return templates.get(conn, name, templates.active(conn, name) or 0)


def _example(conn: Connection, edits: Mapping[str, Pairs], desk: Desk, language: str) -> tuple[str, str]:
    """The review of the newest of these replies that is still kept, and the reply without anybody's name."""
    for one in approved.of_reviews(conn, edits):
        review = reviews.get(conn, one.review)
        if review is not None and review.desk == desk.id:
            thread = conversations.as_it_reads(conn, review.conversation)[review.conversation]
            return one.review, lessons.nobodys(one.words, mask_of(one.customer, thread, desk), language)
    return "", ""
