"""The composition root: the one file that knows every concrete class, and the only one that has a clock."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import uvicorn
from ulid import ULID

from bot import __version__, loops, traces, versions
from bot.answering import Answering
from bot.channels.base import Channel, Person, Place
from bot.channels.card import Policy
from bot.channels.web import WebChannel
from bot.console.app import create_app
from bot.console.parts import Console, Record, Sample, System
from bot.console.viewer import Doorman, LocalDoorman
from bot.desk import FrontDesk
from bot.discretion import Secrets
from bot.drafting import prompts
from bot.drafting.drafter import Drafter
from bot.drafting.facts import Facts
from bot.drafting.knowledge import Knowledge, Origin
from bot.drafting.knowledge.library import ByLetters, Library
from bot.drafting.knowledge.meaning import ByMeaning
from bot.drafting.knowledge.replies import Replies
from bot.drafting.knowledge.retriever import Fused, Retriever
from bot.drafting.knowledge.shelves import Shelves
from bot.drafting.knowledge.vectors import VectorFile, digest
from bot.drafting.model import LateModel, Model, ModelSettings, Price
from bot.drafting.privacy import ALL, Kind
from bot.drafting.prompts import BadTemplate, Template
from bot.drafting.relay import Relay
from bot.drafting.warm import warm
from bot.insight import keeping as outlines
from bot.insight.figures import Team
from bot.leads import ATTEMPT, Leads
from bot.log import log
from bot.lookout import EVERY, Lookout, Watched
from bot.lookups.setting import HttpLookup, ServerSetting, ToolLookup
from bot.phrases import say
from bot.picturing import Picturing
from bot.review.model import Role
from bot.review.rights import STAFF
from bot.setting import Desk, Patience
from bot.settings import AskedPart, DeskSettings, ServerPart, Settings, read_samples
from bot.store import erasure, schema, seals, words
from bot.store.approved import Approved, chosen, newest, of_reviews
from bot.store.bell import Bell, Topic
from bot.store.engine import URL, Connection, Engine, StoreDown
from bot.store.listener import listen
from bot.store.opening import address
from bot.store.overwriting import tidy
from bot.store.posts import PostWall
from bot.trying import Bench
from bot.watched import WatchedDesk, WatchedFacts, WatchedModel
from bot.watching import Watch, untraced
from bot.workshop import Workshop

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.channels.slack.channel import SlackChannel
    from bot.channels.slack.office import Setup, SlackDesk
    from bot.channels.teams import setup as teams
    from bot.channels.teams.channel import TeamsChannel
    from bot.console.provider import Provider
    from bot.console.signin import SignIn
    from bot.insight.replays import Limit
    from bot.lookups.asking import Lookups

_DAY = 86_400.0
# How often the outlines of reviews are brought up to date (seconds), and how many of them in one transaction.
_OUTLINED, _OUTLINES = 3.0, 50
# Threads that are erased in one transaction: it takes about 10 milliseconds, in which clicks wait.
_AT_ONCE = 10
# How often, and how soon after each other (seconds), it is tried to empty the journal of what was erased.
_TIDYING, _TIDYING_PAUSE = 150, 0.2


@dataclass(frozen=True, slots=True)
class Program:
    """A whole Countersign, wired but not running. `closing` lets connections go, once nothing is at work any more."""

    settings: Settings
    engine: Engine
    desk: FrontDesk
    web: WebChannel
    channels: tuple[Channel, ...]
    closing: tuple[Callable[[], Awaitable[None]], ...]
    clock: Callable[[], float]
    server: uvicorn.Server
    stopping: asyncio.Event
    shelves: Shelves
    bench: Bench
    watch: Watch


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the program stops workers and server together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def clock() -> float:
    """The time, in unix seconds."""
    return time.time()


async def shared_clock(engine: Engine) -> Callable[[], float]:
    """The clock by which leases run, in unix seconds.

    Replicas on PostgreSQL take the database's, so that one whose clock is wrong does not end the lease of another; it
    goes on by the time that passes, which no correction of this machine's clock can make jump.
    """
    told = await engine.time()
    if told is None:
        return clock
    ahead = told - time.monotonic()
    return lambda: time.monotonic() + ahead


def new_id() -> str:
    """An id that sorts by time, so that new rows lie together."""
    return str(ULID())


def open_door(settings: Settings) -> str:
    """Why the program must not listen where it is told to, in a sentence; empty when it may."""
    if settings.door_is_safe:
        return ""
    if not settings.signin.provider:
        return say("start.open_door", host=settings.host)
    return say("start.signin.needs_tls", host=settings.host, public=settings.public_url or say("start.signin.unset"))


def database(settings: Settings) -> URL:
    """The database's address. Raises `BadAddress`."""
    return address(settings.database_url)


async def build(settings: Settings) -> Program:
    """Wire everything up. Raises `BadTemplate`, `BadKnowledge`, `StoreDown`."""
    url = database(settings)
    collector = traces.opened(settings.otel_exporter_otlp_endpoint, __version__)
    watch = Watch(clock, collector.span if collector else untraced)
    engine = Engine(url, Bell())
    used = {desk.template for desk in settings.desks.values()}
    taken = {name: await take_template(settings, name, engine) for name in sorted(used)}
    desks = tuple(desk(settings, name, taken[said.template][0]) for name, said in settings.desks.items())
    shelves = read_shelves(settings, engine)
    facts = lookups(settings)
    titles = {} if facts is None else {asking.name: asking.title for asking in facts.settings()}
    drafter = drafting(
        settings,
        shelves.articles,
        model(settings, watch),
        facts=WatchedFacts(facts, watch, titles) if facts else None,
        replies=shelves.replies,
    )
    secrets = Secrets()
    shelves.library.guard(secrets.learn)
    leases = await shared_clock(engine)
    seals.load_key(seal_key(settings, engine.url))
    front = WatchedDesk(watch, desks, engine, drafter, leases, new_id, patience(settings), secrets)
    place = _place(settings.workspace.place)
    web = WebChannel(PostWall(engine, place.id, leases), place, front)
    slack = _slack(settings, front)
    chats = [chat for chat in (slack, _teams(settings, front, engine)) if chat]
    channels: tuple[Channel, ...] = (web, *chats)
    paths = _paths(settings)
    for channel in channels:
        front.connect(channel)
    stopping = asyncio.Event()
    shop = workshop(settings, engine, lambda: shelves.articles, desks, leases)
    front.prompts = Answering(shop, lambda path: f"{settings.page_url}{path}")
    front.pictures = Picturing(desks, teams_of(settings), engine, partial(outline, engine, leases), leases)

    async def ready() -> list[str]:
        return [*await problems(engine), *(chat.trouble() for chat in chats if chat.trouble())]

    def notes() -> list[str]:
        of_templates = [trouble for _, trouble in taken.values() if trouble]
        of_articles = [shelves.articles.trouble] if shelves.articles.trouble else []
        return [*of_templates, *of_articles, *(note for chat in chats for note in chat.notes())]

    def systems() -> list[System]:
        """The parts that reach outside, as they stand."""
        of_articles = [System("articles", "articles", shelves.library.trouble)]
        if shelves.meaning:
            of_articles.append(System("articles", "embeddings", shelves.meaning.trouble))
        return [
            System("channel", web.name),
            *(System("channel", chat.name, chat.trouble(), tuple(chat.notes())) for chat in chats),
            *(System("model", name) for name in (settings.models if settings.has_model else ())),
            *of_articles,
            *(System("lookup", title) for title in titles.values()),
        ]

    entrance = signin(settings, engine, leases)
    app = create_app(
        Console(
            front=front,
            web=web,
            engine=engine,
            bell=engine.bell,
            people=tuple(Person("web", key, name) for key, name in settings.workspace.reviewers.items()),
            customers=tuple(
                Person("web", f"customer-{n}", name) for n, name in enumerate(settings.workspace.customers)
            ),
            samples=tuple(Sample(**sample) for sample in read_samples(settings.samples)),
            may_answer=lambda person: front.role_at(place, person) in STAFF,
            ready=ready,
            notes=notes,
            version=__version__,
            stopping=stopping,
            clock=leases,
            model=settings.model.name if settings.has_model else "offline",
            doorman=_doorman(settings, desks, engine, leases, slack, entrance),
            teams=teams_of(settings),
            signin=entrance,
            record=_record(settings, engine),
            catch_up=partial(outline, engine, leases),
            watch=watch,
            systems=systems,
            in_force=settings.in_force(),
            templates=shop,
        ),
        doors={paths[chat.name]: chat.door() for chat in chats if chat.name in paths},
    )
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
        lifespan="off",
        # What a request says of where it came from would let one address pass for many.
        proxy_headers=False,
    )
    closing: list[Callable[[], Awaitable[None]]] = [drafter.close, shelves.close, *(chat.close for chat in chats)]
    if facts:
        closing.append(facts.close)
    if collector:
        closing.append(partial(asyncio.to_thread, collector.close))
    if facts:
        facts.open()
    server, bench = _Server(config), Bench(shop, new_id)
    return Program(
        settings, engine, front, web, channels, tuple(closing), leases, server, stopping, shelves, bench, watch
    )


def _record(settings: Settings, engine: Engine) -> Record:
    """How the record is kept, for its pages."""
    own = seals.public_key(seals.load_key(seal_key(settings, engine.url))).hex()
    asking = frozenset(name for name, desk in settings.desks.items() if desk.record_looks)
    told_at = {name: place.id for name, place in leads(settings).items() if place.channel == "web"}
    return Record(asking, told_at, own)


def leads(settings: Settings) -> dict[str, Place]:
    """Where the leads of desks are told things, by the desks' ids; a desk that names no place is not in it."""
    return {name: _place(desk.leads_channel) for name, desk in settings.desks.items() if desk.leads_channel}


def teams_of(settings: Settings) -> dict[str, Team]:
    """What the pages of figures know of each desk."""
    return {name: Team(said.name, said.hour_costs, said.show_individuals) for name, said in settings.desks.items()}


def collect_rarely() -> None:
    """Spend less on looking for garbage.

    What was loaded by now stays for good: going through it at every full collection takes 50 ms, in which all wait. And
    by itself Python looks after every 700 new objects, which is several times a message and 4 % of all CPU.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def run(program: Program, door: socket.socket) -> None:
    """Serve and work until `program.stopping` is set; then stop taking, finish what is at hand, and let go."""
    engine, settings, watch = program.engine, program.settings, program.watch
    collect_rarely()
    server = asyncio.create_task(program.server.serve(sockets=[door]))
    workers = [
        asyncio.create_task(loops.work(line, engine.bell, program.clock, program.stopping, _heard(watch, line.topic)))
        for line in loops.lines(program.desk, settings.slots)
    ]
    listening = [asyncio.create_task(channel.run()) for channel in program.channels]
    went = partial(partial, watch.went, "worker")
    sealing = loops.seal(lambda: seal(engine, settings), settings.seal_seconds, went("seal"))
    listening.append(asyncio.create_task(sealing))
    listening.append(asyncio.create_task(loops.forget(keeping(settings), partial(forget, engine), went("forget"))))
    told = Leads(program.desk, engine, leads(settings), program.clock)
    listening.append(asyncio.create_task(loops.look(told.witness, ATTEMPT)))
    keep_up = partial(program.shelves.keep_up, tuple(settings.desks))
    listening.append(asyncio.create_task(loops.look(keep_up, settings.knowledge_seconds, went("look"))))
    catching_up = partial(outline, engine, program.clock)
    listening.append(asyncio.create_task(loops.look(catching_up, _OUTLINED, went("outline"))))
    listening.append(asyncio.create_task(loops.look(lookout(program).look, EVERY)))
    listening.append(asyncio.create_task(loops.notice(watch.lagged, time.monotonic)))
    listening.append(asyncio.create_task(loops.try_out(program.bench.look, 1.0)))
    if engine.url.get_backend_name() == "postgresql":
        listening.append(asyncio.create_task(listen(engine.url, engine.bell)))
    warming = [asyncio.create_task(asyncio.to_thread(warm))] if settings.has_model else []
    stopped = asyncio.create_task(program.stopping.wait())
    try:
        # Whichever ends first ends the program: a worker that stopped by itself must not look alive.
        await asyncio.wait([server, stopped, *workers, *listening], return_when=asyncio.FIRST_COMPLETED)
    finally:
        program.stopping.set()
        program.server.should_exit = True
        engine.bell.ring(Topic)
        for task in listening:
            task.cancel()
        ended = await asyncio.gather(server, *workers, *listening, *warming, return_exceptions=True)
        for close in program.closing:
            await close()
        await asyncio.to_thread(engine.close)
    for error in ended:
        if isinstance(error, Exception):
            raise error


def _heard(watch: Watch, topic: Topic) -> loops.Heard:
    """Who hears how this kind of work goes."""
    return loops.Heard(partial(watch.went, "claim", topic.value), partial(watch.went, "worker", topic.value))


def lookout(program: Program) -> Lookout:
    """The radar of every desk."""
    watched = (
        Watched(name, said.name, _place(said.leads_channel) if said.leads_channel else None)
        for name, said in program.settings.desks.items()
    )
    channels = {channel.name: channel for channel in program.channels}
    return Lookout(watched, program.engine, channels, program.clock, f"{program.settings.page_url}/radar")


async def seal(engine: Engine, settings: Settings) -> None:
    """Seal what the audit has gained since the last seal."""
    key = seals.load_key(seal_key(settings, engine.url))
    while await engine.read(seals.unsealed):
        made = await engine.write(lambda conn: seals.seal(conn, key, clock()))
        if made is not None:
            log.info("sealed", seal=made.number, lines=made.lines)
        if made is None or made.lines < seals.MOST:
            return


def keeping(settings: Settings) -> dict[str, float]:
    """How long the desks keep what was written, those that say so (seconds)."""
    return {name: desk.keep_days * _DAY for name, desk in settings.desks.items() if desk.keep_days is not None}


async def forget(engine: Engine, desk: str, kept: float) -> int:
    """Erase a few of the desk's threads in which nothing happened for `kept` seconds; how many."""
    now = clock()
    erased = await engine.write(lambda conn: erasure.expire(conn, desk, now - kept, _AT_ONCE, now))
    if erased.threads:
        log.info("forgotten", desk=desk, threads=erased.threads, texts=erased.texts)
    compacted = erased.threads < _AT_ONCE and await engine.write(words.compact)
    if erased.threads or compacted:
        await _tidied(engine)
    return erased.threads


async def _tidied(engine: Engine) -> None:
    """Empty the journal as soon as nobody reads from it, for half a minute at most: the next erasure tries again."""
    for _ in range(_TIDYING):
        if await asyncio.to_thread(tidy, engine.sql):
            return
        await asyncio.sleep(_TIDYING_PAUSE)
    log.warning("journal_not_emptied")


async def outline(engine: Engine, clock: Callable[[], float]) -> None:
    """Bring the outlines of reviews, by which they are searched and counted, up to the audit."""
    full = True
    while full:
        batch = await engine.read(partial(outlines.prepare, now=clock(), limit=_OUTLINES))
        if batch is None:
            return
        await engine.write(partial(outlines.write, batch=batch))
        full = batch.full and bool(batch.made)


async def problems(engine: Engine) -> list[str]:
    """What keeps the program from working, as sentences."""
    try:
        standing = await engine.write(schema.pulse)
    except StoreDown as down:
        return [str(down)]
    if standing != schema.HEAD:
        return [
            f"The database stands at migration {standing}, the program needs {schema.HEAD}. Run countersign migrate."
        ]
    return []


def model_settings(settings: Settings) -> ModelSettings | None:
    """What is needed to ask the model; None without a key or another server."""
    if not settings.has_model:
        return None
    said = settings.model
    # A server of one's own often wants no key, but the client insists on one.
    key = settings.openai_api_key.get_secret_value() or "none"
    values = ModelSettings(
        name=said.name,
        api_key=key,
        timeout=said.timeout_seconds,
        budget=said.budget_seconds,
        attempts=said.attempts,
        temperature=said.temperature,
    )
    return replace(values, base_url=settings.openai_base_url) if settings.openai_base_url else values


def read_shelves(settings: Settings, engine: Engine) -> Shelves:
    """What drafts are made from. Raises `BadKnowledge`."""
    library = Library(origins(settings))
    meaning = by_meaning(settings, library)
    return Shelves(library, _articles(library, meaning), Replies(partial(_answered, engine)), meaning)


def read_articles(settings: Settings) -> tuple[Retriever, ByMeaning | None]:
    """Who looks articles up, and of it the one whose vectors are to be made first. Raises `BadKnowledge`."""
    library = Library(origins(settings))
    meaning = by_meaning(settings, library)
    return _articles(library, meaning), meaning


def _articles(library: Library, meaning: ByMeaning | None) -> Retriever:
    letters = ByLetters(library)
    return Fused(letters, meaning) if meaning else letters


def read_knowledge(settings: Settings) -> Knowledge:
    """The articles as they read now. Raises `BadKnowledge`."""
    return Library(origins(settings)).current


def origins(settings: Settings) -> tuple[Origin, ...]:
    """Where articles are."""
    return tuple(Origin(part.path, part.audience or "", part.language or "") for part in settings.knowledge)


def by_meaning(settings: Settings, library: Library) -> ByMeaning | None:
    """The search by vectors, when a model for them is named. Its libraries are imported only then."""
    said = settings.knowledge_embeddings
    if not said.model:
        return None
    from bot.drafting.embeddings import EmbeddingSettings, Endpoint

    # The key for one server is not told to another.
    key, address = (
        (said.api_key, said.base_url) if said.base_url else (settings.openai_api_key, settings.openai_base_url)
    )
    endpoint = Endpoint(EmbeddingSettings(said.model, key.get_secret_value(), address))
    name = digest(f"{address} {said.model}").hex()
    return ByMeaning(lambda: library.current, endpoint, said.floor, VectorFile(said.cache / f"{name}.vectors"))


async def _answered(engine: Engine, desk: str, known: frozenset[str]) -> tuple[list[str], list[Approved]]:
    """The newest replies of a desk by their reviews, and those of them that are not known yet."""

    def work(conn: Connection) -> tuple[list[str], list[Approved]]:
        picked = chosen(conn, desk)
        there = [*picked, *(review for review in newest(conn, desk) if review not in picked)]
        # One may have been chosen since it was read.
        return there, of_reviews(conn, [review for review in there if review not in known or review in picked])

    return await engine.read(work)


def drafting(
    settings: Settings,
    articles: Retriever,
    instead: Model | None = None,
    facts: Facts | None = None,
    replies: Replies | None = None,
) -> Drafter:
    """What makes drafts, with the model that is configured or with another one `instead`."""
    return Drafter(articles, instead or model(settings), facts, prices(settings), replies)


def prices(settings: Settings) -> dict[str, Price]:
    """What models cost, by their names."""
    return {name: Price(price.sent, price.received) for name, price in settings.model.prices.items()}


def model(settings: Settings, watch: Watch | None = None) -> Model | None:
    """The configured model, with the second one behind it; None without any. `watch` hears how they fare."""
    first = model_settings(settings)
    if first is None:
        return None
    row: list[Model] = [LateModel(replace(first, name=name)) for name in settings.models]
    return Relay([WatchedModel(one, watch, time.monotonic) for one in row] if watch else row, time.monotonic)


def lookups(settings: Settings) -> Lookups | None:
    """What can be looked up, when anything is configured. Its libraries are imported only then."""
    if not settings.lookups and not settings.mcp:
        return None
    from bot.lookups.building import build

    pages = [
        HttpLookup(url=said.url, paths=said.path, headers=_plain(said.headers), **_asked(name, said))
        for name, said in settings.lookups.items()
    ]
    return build(pages, [_server(name, said) for name, said in settings.mcp.items()], time.monotonic)


def _server(name: str, said: ServerPart) -> ServerSetting:
    return ServerSetting(
        name=name,
        url=said.url or "",
        command=said.command,
        headers=_plain(said.headers),
        environment=_plain(said.environment),
        trusted=said.trusted,
        tools=tuple(
            ToolLookup(tool=tool, arguments=part.arguments, **_asked(f"{name}.{tool}", part))
            for tool, part in said.tools.items()
        ),
    )


def _asked(name: str, said: AskedPart) -> dict[str, Any]:
    """What every look-up has, by the names of `Lookup`."""
    return {
        "name": name,
        "title": said.title,
        "find": said.find,
        "public": said.public,
        "timeout": said.timeout_seconds,
        "cache": said.cache_seconds,
        "desks": frozenset(said.desks),
    }


def _plain(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: secret.get_secret_value() for name, secret in secrets.items()}


def read_template(settings: Settings, name: str) -> versions.File:
    """A template's file as it reads now. Raises `BadTemplate`."""
    path = settings.prompts / f"{name}.md"
    text = prompts.text_of(path)
    prompts.read(text, name, file=str(path))
    return versions.File(text, path.stat().st_mtime)


async def take_template(settings: Settings, name: str, engine: Engine) -> tuple[Template, str]:
    """The template that is in use once its file was looked at, and what is the matter with the file, in a sentence.

    Raises `BadTemplate` when there is neither a good file nor a good version in the store.
    """
    held = any(desk.backtest_limit.required for desk in settings.desks.values() if desk.template == name)
    bad: BadTemplate | None = None
    trouble = ""
    try:
        file = read_template(settings, name)
        trouble = await engine.write(lambda conn: versions.take_file(conn, name, file, clock(), held=held))
    except BadTemplate as error:
        bad = error
    try:
        template = await engine.read(lambda conn: versions.in_use(conn, name))
    except BadTemplate as unusable:
        raise bad or unusable from None
    # A template may live in the store alone; a file that was there and is gone is worth a word.
    there = (settings.prompts / f"{name}.md").exists()
    if bad and (there or await engine.read(lambda conn: versions.is_missed(conn, name))):
        trouble = say("template.file_broken", problem=bad, active=template)
    if trouble:
        log.warning("template_not_from_file", template=str(template), why=trouble)
    return template, trouble


def limits(settings: Settings, name: str) -> dict[str, Limit]:
    """What the desks that use a template put up with from a new version, by the desks' names."""
    from bot.insight.replays import Limit

    using = (desk for desk in settings.desks.values() if desk.template == name)
    return {desk.name: Limit(**desk.backtest_limit.model_dump()) for desk in using}


def workshop(
    settings: Settings,
    engine: Engine,
    articles: Callable[[], Retriever],
    desks: tuple[Desk, ...],
    now: Callable[[], float] = clock,
) -> Workshop:
    """Where people handle templates. The articles are asked for when something is tried out; leases run by `now`."""
    return Workshop(
        engine=engine,
        desks=desks,
        drafter=lambda instead: drafting(settings, articles(), instead),
        limits=partial(limits, settings),
        longest=longest_replies(settings),
        model=settings.model.name if settings.has_model else "",
        clock=now,
    )


def longest_replies(settings: Settings) -> dict[str, int]:
    """How many characters a reply may have in each channel that is connected."""
    found = {"web": WebChannel.limit}
    if settings.has_slack:
        from bot.channels.slack.channel import SlackChannel

        found["slack"] = SlackChannel.limit
    if settings.has_teams:
        from bot.channels.teams.channel import TeamsChannel

        found["teams"] = TeamsChannel.limit
    return found


def _slack(settings: Settings, front: FrontDesk) -> SlackChannel | None:
    """Slack, when it is configured. Its SDK is imported only then: it costs 0.4 seconds and 20 MB."""
    if not settings.has_slack:
        return None
    from bot.channels.slack.channel import SlackChannel

    return SlackChannel(slack_setup(settings), front)


def _paths(settings: Settings) -> dict[str, str]:
    """Where each chat knocks, by its name. Over Socket Mode Slack does not."""
    slack = {"slack": "/slack/events"} if settings.slack_signing_secret.get_secret_value() else {}
    return {"teams": "/api/messages"} | slack


def _teams(settings: Settings, front: FrontDesk, engine: Engine) -> TeamsChannel | None:
    """Teams, when it is configured. Its SDK is imported only then: it costs a second and 30 MB."""
    if not settings.has_teams:
        return None
    from bot.channels.teams.address import AddressBook
    from bot.channels.teams.channel import TeamsChannel
    from bot.store.addresses import Addresses

    return TeamsChannel(teams_setup(settings), front, AddressBook(Addresses(engine, clock)))


def teams_setup(settings: Settings) -> teams.Setup:
    """What the Teams channel is made with."""
    from bot.channels.teams.setup import Setup

    said = settings.teams
    return Setup(
        app_id=settings.teams_app_id,
        password=settings.teams_app_password.get_secret_value(),
        tenant=settings.teams_tenant_id,
        allow_unsigned=settings.teams_allow_unsigned,
        login_url=said.login_url,
        openid_url=said.openid_url,
        graph_url=said.graph_url,
        service_url=said.service_url,
        desks=tuple(_teams_desk(settings, name) for name in settings.desks),
        link=lambda review: f"{settings.page_url}/audit/{review}",
        paced=said.paced,
        look_again=said.look_again_seconds,
        version=__version__,
        clock=clock,
    )


def _teams_desk(settings: Settings, name: str) -> teams.TeamsDesk:
    """A desk as Teams sees it. Whoever has a right at the desk by name is staff there."""
    from bot.channels.teams.people import Staff
    from bot.channels.teams.setup import TeamsDesk

    said = settings.desks[name]
    return TeamsDesk(
        name=said.name,
        listens=_within("teams", said.listens),
        reviews="".join(_within("teams", (said.reviews,))),
        leads="".join(_within("teams", (said.leads_channel,) if said.leads_channel else ())),
        staff=Staff(_named("teams", said) | set(said.teams.staff), said.teams.colleagues, said.teams.guests),
        disclosure=said.teams.disclosure,
    )


def _within(channel: str, names: Iterable[str]) -> frozenset[str]:
    """The ids of the places or people that are in this channel."""
    return frozenset(one.id for one in map(_place, names) if one.channel == channel)


def _named(channel: str, said: DeskSettings) -> frozenset[str]:
    """The ids of those whom a desk names in this channel."""
    return _within(channel, said.people) - {"*"}


def slack_setup(settings: Settings) -> Setup:
    """What the Slack channel is made with."""
    from bot.channels.slack.office import Setup

    return Setup(
        token=settings.slack_bot_token.get_secret_value(),
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        app_token=settings.slack_app_token.get_secret_value(),
        api_url=settings.slack_api_url,
        desks=tuple(_slack_desk(settings, name) for name in settings.desks),
        link=lambda review: f"{settings.page_url}/audit/{review}",
        every=settings.slack.pace_seconds,
        look_again=settings.slack.look_again_seconds,
        version=__version__,
        clock=clock,
    )


def _slack_desk(settings: Settings, name: str) -> SlackDesk:
    """A desk as Slack sees it. Whoever has a right at the desk by name is staff there."""
    from bot.channels.slack.office import SlackDesk
    from bot.channels.slack.people import Staff

    said = settings.desks[name]
    return SlackDesk(
        name=said.name,
        listens=_within("slack", said.listens),
        reviews="".join(_within("slack", (said.reviews,))),
        staff=Staff(_named("slack", said) | set(said.slack.staff), said.slack.colleagues, said.slack.guests),
        disclosure=said.slack.disclosure,
    )


def signin(settings: Settings, engine: Engine, now: Callable[[], float]) -> SignIn | None:
    """How people sign in, when that is configured. Its libraries are imported only then."""
    said = settings.signin
    found = provider(settings)
    if found is None:
        return None
    from bot.console.identity import House
    from bot.console.signin import SignIn

    return SignIn(
        provider=found,
        house=House(said.provider or "", said.team, said.tenant, said.groups_claim),
        engine=engine,
        clock=now,
        public=settings.public_url.rstrip("/"),
        lasts=said.session_minutes * 60.0,
    )


def provider(settings: Settings) -> Provider | None:
    """Whom people sign in with, when that is configured."""
    said = settings.signin
    if not said.provider:
        return None
    from bot.console.provider import Client, Provider

    hints = {"team": said.team} if said.provider == "slack" else {}
    return Provider(Client(said.discovery, said.client_id, said.client_secret.get_secret_value(), hints))


def _doorman(
    settings: Settings,
    desks: tuple[Desk, ...],
    engine: Engine,
    now: Callable[[], float],
    chat: SlackChannel | None,
    entrance: SignIn | None,
) -> Doorman:
    """Who knows the people at the pages. The user groups of Slack are what the channel last heard of them."""
    if entrance is None:
        return LocalDoorman(tuple(settings.desks))
    from bot.console.doorman import SignedDoorman

    def groups(person: Person) -> frozenset[str]:
        return chat.groups_of(person.id) if chat and person.channel == chat.name else frozenset()

    return SignedDoorman(desks, engine, now, entrance.session, settings.signin.idle_minutes * 60.0, groups)


def patience(settings: Settings) -> Patience:
    """How long things may take; a draft's claim outlasts the model's whole budget."""
    values = settings.patience.model_dump()
    if values["draft_lease"] is None:
        values["draft_lease"] = settings.draft_seconds + 30.0 if settings.has_model else 15.0
    return Patience(**values)


def desk(settings: Settings, name: str, template: Template) -> Desk:
    """A desk as its settings say, with the template that is in use."""
    said = settings.desks[name]
    return Desk(
        id=name,
        name=said.name,
        listens=tuple(_place(place) for place in said.listens),
        reviews=_place(said.reviews),
        people={person: Role(role) for person, role in said.people.items()},
        template=template,
        tone=said.tone,
        languages=said.languages,
        settle=said.settle_seconds,
        hold=said.hold_seconds,
        policy=_policy(said),
        internal_links=(*said.internal_links, *_own_links(settings, said)),
        masks=ALL - frozenset(map(Kind, said.unmasked)),
        feelings=said.sentiment,
        reads=said.reads,
        budget=said.monthly_budget,
        hold_back=said.hold_back,
    )


def _own_links(settings: Settings, said: DeskSettings) -> Iterator[str]:
    """Where no customer is to follow: our own pages, and the messages of the review channel."""
    yield f"{settings.page_url.partition('://')[2]}/audit"
    reviews = _place(said.reviews)
    if reviews.channel == "slack":
        yield f"*.slack.com/*/{reviews.id}"
    if reviews.channel == "teams":
        yield from (f"teams.*/l/*/{written}" for written in (reviews.id, quote(reviews.id, safe="")))


def _policy(said: DeskSettings) -> Policy:
    within = said.answer_within_minutes
    leads = tuple(sorted(person for person, role in said.people.items() if role != "agent"))
    return Policy(said.confirm, within * 60.0 if within else None, leads)


def seal_key(settings: Settings, url: URL) -> Path:
    """Where this installation's signing key lies."""
    if settings.seal_key is not None:
        return settings.seal_key
    folder = Path(url.database or "").parent if url.get_backend_name() == "sqlite" else Path("data")
    return folder / "seal.key"


def _place(name: str) -> Place:
    channel, _, rest = name.partition(":")
    return Place(channel, rest)
