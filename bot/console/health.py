"""How every part of the program fares, on one page: channels, models, articles, look-ups, workers and the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bot.console.parts import Console, System
from bot.console.render import Pages
from bot.console.viewer import Lead
from bot.phrases import say
from bot.store import schema
from bot.store.engine import StoreDown
from bot.store.vitals import Vitals, vitals
from bot.watching import Fare, Watch

# Workers look every two seconds when nothing rings; one that has not looked for so long does not look any more.
_STALLED = 60.0
# So many failures in a row make the model rest (bot.drafting.relay).
_RESTS = 3
# A line of the audit that is not sealed after so long (seconds) should have been, whatever the settings say.
_LATE = 7200.0
_WORKERS = ("drafts", "cards", "replies")


# Names with a time in unix seconds, or with a figure in words.
Facts = tuple[tuple[str, float | str], ...]


class Tone(StrEnum):
    """How a part is, in a word that has a colour too."""

    GOOD = "good"
    CALM = "calm"  # it has not been needed yet
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the page. `trouble` is in sentences, and has lasted since `since` (unix seconds)."""

    name: str
    tone: Tone
    trouble: tuple[str, ...] = ()
    since: float | None = None
    facts: Facts = ()


def health(parts: Console, pages: Pages) -> APIRouter:
    """The page, and what it fetches again."""
    router = APIRouter(prefix="/health", default_response_class=HTMLResponse)

    async def groups() -> dict[str, object]:
        now = parts.clock()
        try:
            store = list(_store(await parts.engine.read(lambda conn: vitals(conn, now)), now))
        except StoreDown as down:
            store = [Part(say("page.health.database"), Tone.BAD, (str(down),))]
        found = {
            "channels": [_channel(system, parts.watch) for system in _of(parts, "channel")],
            "drafting": [*_models(parts), *_articles(parts), *_lookups(parts)],
            "workers": list(_workers(parts.watch, now)),
            "store": store,
        }
        rows = [row for group in found.values() for row in group]
        worst = next((tone for tone in (Tone.BAD, Tone.WARN) if any(row.tone is tone for row in rows)), Tone.GOOD)
        said = say(f"page.health_all.{worst.value}", count=sum(row.tone is worst for row in rows))
        return {"groups": found, "worst": worst, "said": said, "began": parts.watch.began, "version": parts.version}

    @router.get("")
    async def page(viewer: Lead) -> str:
        return pages.draw("health.html", here="health", viewer=viewer, **await groups())

    @router.get("/parts")
    async def again(_: Lead) -> str:
        return pages.draw("health_parts.html", **await groups())

    return router


def _of(parts: Console, kind: str) -> Iterator[System]:
    return (system for system in parts.systems() if system.kind == kind)


def _channel(system: System, watch: Watch) -> Part:
    into, out = watch.fare("in", system.name), watch.fare("out", system.name)
    facts = _times(("last_in", into.good), ("last_out", out.good), ("last_trouble", out.at))
    name = say(f"page.health_channel.{system.name}")
    if system.trouble:
        return Part(name, Tone.BAD, (system.trouble, *system.notes), out.since, facts)
    if out.row or system.notes:
        return Part(name, Tone.WARN, (*([out.trouble] if out.row else []), *system.notes), out.since, facts)
    return Part(name, Tone.GOOD, facts=facts)


def _models(parts: Console) -> Iterator[Part]:
    asked = list(_of(parts, "model"))
    if not asked:
        yield Part(say("page.health.offline"), Tone.CALM, (say("page.health.offline_about"),))
    for system, place in zip(asked, ("model", "fallback"), strict=False):
        fare = parts.watch.fare("model", system.name)
        part = _part(say(f"page.health_model.{place}", name=system.name), fare)
        if fare.row >= _RESTS:
            part = Part(part.name, Tone.BAD, (fare.trouble, say("page.health.rests")), fare.since, part.facts)
        yield part


def _articles(parts: Console) -> Iterator[Part]:
    for system in _of(parts, "articles"):
        tone = Tone.WARN if system.trouble else Tone.GOOD
        yield Part(say(f"page.health_article.{system.name}"), tone, (system.trouble,) if system.trouble else ())


def _lookups(parts: Console) -> Iterator[Part]:
    for system in _of(parts, "lookup"):
        yield _part(say("page.health.lookup", name=system.name), parts.watch.fare("lookup", system.name))


def _part(name: str, fare: Fare) -> Part:
    """A part that is asked now and then."""
    facts = _times(("last_good", fare.good), ("last_trouble", fare.at))
    if fare.row:
        return Part(name, Tone.WARN, (fare.trouble,), fare.since, facts + _row(fare))
    return Part(name, Tone.GOOD if fare.good else Tone.CALM, facts=facts)


def _workers(watch: Watch, now: float) -> Iterator[Part]:
    for topic in _WORKERS:
        claim, work = watch.fare("claim", topic), watch.fare("worker", topic)
        facts = _times(("last_look", claim.good), ("last_work", work.good), ("last_trouble", work.at or claim.at))
        name, looked = say(f"page.health_worker.{topic}"), claim.good or watch.began
        if claim.row or now - looked > _STALLED:
            why = claim.trouble if claim.row else say("page.health.stalled")
            yield Part(name, Tone.BAD, (why,), claim.since or looked, facts + _row(claim))
        elif work.row:
            yield Part(name, Tone.WARN, (say("page.health.broke", kind=work.trouble),), work.since, facts + _row(work))
        else:
            yield Part(name, Tone.GOOD, facts=facts)
    for topic in ("look", "outline", "seal", "forget"):
        yield _part(say(f"page.health_worker.{topic}"), watch.fare("worker", topic))


def _store(found: Vitals, now: float) -> Iterator[Part]:
    facts: Facts = ((say("page.health.migration"), found.migration), (say("page.health.size"), _megabytes(found.size)))
    if found.replicas is not None:
        facts += ((say("page.health.replicas"), str(found.replicas)),)
    wrong = found.migration != schema.HEAD
    why = (say("page.health.migrate", needs=schema.HEAD),) if wrong else ()
    yield Part(say("page.health.database"), Tone.BAD if wrong else Tone.GOOD, why, facts=facts)
    late = found.unsealed is not None and now - found.unsealed > _LATE
    sealed = (
        (say("page.health.sealed"), say("page.health.of", count=found.sealed, all=found.lines)),
        *_times(("sealed_at", found.sealed_at), ("unsealed", found.unsealed)),
    )
    why = (say("page.health.unsealed_late"),) if late else ()
    yield Part(
        say("page.health.seals"), Tone.WARN if late else Tone.GOOD, why, found.unsealed if late else None, sealed
    )
    drawn = ((say("page.health.undrawn"), str(found.undrawn)),)
    yield Part(say("page.health.cards"), Tone.GOOD, facts=drawn)


def _times(*moments: tuple[str, float | None]) -> Facts:
    return tuple((say(f"page.health_fact.{name}"), at) for name, at in moments if at is not None)


def _row(fare: Fare) -> Facts:
    return ((say("page.health.row"), str(fare.row)),) if fare.row else ()


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
