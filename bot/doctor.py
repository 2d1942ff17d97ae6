"""`countersign doctor`: what is there, what is missing, and how to mend it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot import versions, wiring
from bot.drafting.knowledge.reading import Reader
from bot.drafting.prompts import BadTemplate
from bot.phrases import say
from bot.settings import Settings, load, read_samples
from bot.store import schema, templates
from bot.store.addresses import Addresses
from bot.store.bell import Bell
from bot.store.engine import Engine, StoreDown
from bot.store.opening import BadAddress, sqlite_version
from bot.store.seals import BadKey, load_key
from bot.store.templates import Version
from bot.written import BadSettings


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do, and is empty when nothing is to be done."""

    name: str
    ok: bool
    said: str
    mend: str = ""


def examine(*, post: bool = False) -> Iterator[Check]:
    """Look at everything, in the order in which it is needed. With `post`, a test message is posted where reviews go."""
    yield _sqlite()
    try:
        settings = load()
    except BadSettings as bad:
        yield from (Check(say("doctor.settings"), False, problem) for problem in bad.problems)
        return
    yield Check(
        say("doctor.settings"), True, say("doctor.settings_fine", file=settings.config, desks=len(settings.desks))
    )
    yield _door(settings)
    yield from (_template(settings, name) for name in sorted({desk.template for desk in settings.desks.values()}))
    yield _knowledge(settings)
    yield from _samples(settings)
    yield _database(settings)
    yield from _seal_key(settings)
    yield _model(settings)
    yield from asyncio.run(_lookups(settings))
    yield asyncio.run(_signin(settings))
    if settings.has_slack:
        yield from asyncio.run(_slack(settings))
    elif any((settings.slack_bot_token, settings.slack_signing_secret, settings.slack_app_token)):
        yield Check(say("doctor.slack"), False, say("doctor.slack_half"), say("doctor.slack_half_mend"))
    if settings.has_teams:
        yield from asyncio.run(_teams(settings, post=post))
    elif settings.teams_app_id or settings.teams_app_password.get_secret_value():
        yield Check(say("doctor.teams"), False, say("doctor.teams_half"), say("doctor.teams_half_mend"))


def _sqlite() -> Check:
    name, version = say("doctor.sqlite"), sqlite_version()
    shown = ".".join(str(part) for part in version)
    # RETURNING came with 3.35.
    if version >= (3, 35):
        return Check(name, True, shown)
    return Check(name, False, shown, say("doctor.sqlite_old"))


def _door(settings: Settings) -> Check:
    name, address = say("doctor.door"), f"{settings.host}:{settings.port}"
    if refusal := wiring.open_door(settings):
        return Check(name, False, address, refusal)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            why = os.strerror(error.errno or 0)
            return Check(name, False, say("start.port_taken", host=settings.host, port=settings.port, why=why))
        return Check(name, True, say("doctor.door_busy", address=address))
    return Check(name, True, say("doctor.door_free", address=address))


def _template(settings: Settings, name: str) -> Check:
    title, used = say("doctor.template"), _used(settings, name)
    try:
        file = wiring.read_template(settings, name)
    except BadTemplate as bad:
        said = say("template.file_broken", problem=bad, active=used) if used else str(bad)
        return Check(title, False, said, say("doctor.template_mend"))
    if not used:
        return Check(title, True, name)
    same = used.text == file.text
    return Check(title, True, say("doctor.template_used" if same else "doctor.template_other", template=used))


def _used(settings: Settings, name: str) -> Version | None:
    """The version of a template that is in use; None before the first start."""
    engine = _engine(settings)
    if engine is None:
        return None
    try:
        with engine.snapshot() as conn:
            return templates.get(conn, name, versions.in_use(conn, name).version)
    except (BadTemplate, StoreDown):
        return None
    finally:
        engine.close()


def _knowledge(settings: Settings) -> Check:
    contents = Reader(wiring.origins(settings)).read()
    if contents.problems:
        return Check(say("doctor.knowledge"), False, str(contents.problems[0]), say("doctor.knowledge_mend"))
    count = sum(1 for _ in contents.sections)
    paths = ", ".join(str(part.path) for part in settings.knowledge)
    mend = "" if count else say("doctor.knowledge_empty", paths=paths)
    return Check(say("doctor.knowledge"), True, say("doctor.knowledge_count", count=count), mend)


def _samples(settings: Settings) -> Iterator[Check]:
    try:
        read_samples(settings.samples)
    except BadSettings as bad:
        yield from (Check(say("doctor.settings"), False, problem) for problem in bad.problems)


def _database(settings: Settings) -> Check:
    name = say("doctor.database")
    try:
        url = wiring.database(settings)
        shown = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            folder = next(parent for parent in Path(url.database or "").resolve().parents if parent.exists())
            if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
                return Check(
                    name, False, say("doctor.database_nowhere", url=shown, folder=folder), say("doctor.database_mend")
                )
            return Check(name, True, say("doctor.database_new", url=shown))
        standing = schema.standing(url)
    except BadAddress as bad:
        return Check(name, False, str(bad), say("doctor.database_mend"))
    except StoreDown as down:
        return Check(name, False, f"{shown}: {down.cause}", say("doctor.database_mend"))
    if standing == schema.HEAD:
        return Check(name, True, say("doctor.database_fine", url=shown))
    return Check(name, True, say("doctor.database_old", url=shown, standing=standing or "-"), say("doctor.migrate"))


def _seal_key(settings: Settings) -> Iterator[Check]:
    """Only looked at when it is there: it is made at the first start."""
    try:
        path = wiring.seal_key(settings, wiring.database(settings))
        if path.exists():
            load_key(path)
            yield Check(say("doctor.seal_key"), True, str(path))
    except BadAddress:
        return
    except BadKey as bad:
        yield Check(say("doctor.seal_key"), False, str(bad), say("doctor.seal_key_mend"))


def _model(settings: Settings) -> Check:
    name = say("doctor.model")
    if not settings.has_model:
        return Check(name, True, say("doctor.no_model"), say("doctor.no_model_mend"))
    server = settings.openai_base_url or "OpenAI"
    return Check(name, True, say("doctor.model_set", model=settings.model.name, server=server))


async def _signin(settings: Settings) -> Check:
    name, provider = say("doctor.signin.title"), wiring.provider(settings)
    if provider is None:
        return Check(name, True, say("doctor.signin.none"))
    from bot.console.provider import Away

    try:
        await provider.look()
    except Away as away:
        return Check(name, False, str(away), say("doctor.signin.mend"))
    url = settings.signin.discovery
    return Check(name, True, say("doctor.signin.fine", provider=settings.signin.provider, url=url))


async def _lookups(settings: Settings) -> list[Check]:
    facts = wiring.lookups(settings)
    if facts is None:
        return []
    from bot.lookups import checks

    name, mend = say("doctor.lookup"), say("doctor.lookup_mend")
    try:
        return [Check(name, found.ok, found.said, "" if found.ok else mend) async for found in checks.examine(facts)]
    finally:
        await facts.close()


async def _slack(settings: Settings) -> list[Check]:
    from bot.channels.slack import checks

    found = checks.examine(wiring.slack_setup(settings))
    return [Check(say("doctor.slack"), finding.ok, finding.said, finding.mend) async for finding in found]


async def _teams(settings: Settings, *, post: bool) -> list[Check]:
    from bot.channels.teams import checks

    engine = _engine(settings)
    notes = Addresses(engine, wiring.clock) if engine else checks.Nothing()
    found = checks.examine(wiring.teams_setup(settings), notes, post=post)
    try:
        return [Check(say("doctor.teams"), finding.ok, finding.said, finding.mend) async for finding in found]
    finally:
        if engine:
            engine.close()


def _engine(settings: Settings) -> Engine | None:
    """The database, if it is there and up to date; what is wrong with it is said elsewhere."""
    try:
        url = wiring.database(settings)
        there = url.get_backend_name() != "sqlite" or Path(url.database or "").exists()
        return Engine(url, Bell()) if there and schema.standing(url) == schema.HEAD else None
    except (BadAddress, StoreDown):
        return None
