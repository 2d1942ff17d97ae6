"""The migrations make the tables the program expects, once, whoever comes first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import bot.store.migrations
from bot import versions
from bot.review.actions import Claim, Drafted
from bot.store import reviews, schema, templates, words
from bot.store.bell import Bell
from bot.store.engine import Engine, StoreDown
from bot.store.opening import connections
from bot.store.tables import metadata
from bot.store.verify import verify
from tests.review.lives import DRAFT, WAYS
from tests.stage.databases import Postgres, address, sqlite_url
from tests.store.records import open_review, step

_INDEXES = {
    # With the full-text index and the triggers that keep it, which no metadata knows of.
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE (type = 'index' OR name GLOB 'words_*') AND sql IS NOT NULL"
    " ORDER BY name",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1",
}
_MIGRATE = (
    "import sys, sqlalchemy; from bot.store.schema import bring_up_to_date;"
    "sys.stdin.readline(); print(bring_up_to_date(sqlalchemy.make_url(sys.argv[1])))"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.URL]:
    """A database without a single table; for SQLite, not even a file or its folder."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "data" / "countersign.db")
    else:
        postgreses: Postgres = request.getfixturevalue("postgreses")
        url = postgreses.empty()
        yield url
        postgreses.drop(url)


def test_the_migrations_make_what_the_tables_say(database: sa.URL) -> None:
    """Every table, column, key and index of `tables` is what the migrations arrive at, and nothing else."""
    sql = connections(database)
    with sql.connect() as conn:
        opts = {"compare_type": True, "target_metadata": metadata, "include_name": _is_known}
        context = MigrationContext.configure(conn, opts=opts)
        assert compare_metadata(context, metadata) == []
    sql.dispose()


def _is_known(name: str | None, kind: str, _: object) -> bool:
    """Whether the metadata can say what this is: the index of words is made by hand, and compared below."""
    return kind not in ("table", "index") or not (name or "").startswith("words_found")


def test_the_indexes_are_partial_where_the_tables_say_so(database: sa.URL, tmp_path: Path) -> None:
    """Alembic does not compare the conditions of indexes, so their definitions are compared as the database has them."""
    sqlite = database.get_backend_name() == "sqlite"
    migrated = connections(database)
    made = connections(sqlite_url(tmp_path / "made.db"), create=True) if sqlite else connections(database)
    question = sa.text(_INDEXES[database.get_backend_name()])
    with migrated.connect() as one, made.connect() as other:
        if not sqlite:
            other.execute(sa.text("CREATE SCHEMA made"))
            other.execute(sa.text("SET search_path = made"))
        metadata.create_all(other)
        words.install(other)
        wanted = [(name, text.replace("made.", "public.")) for name, text in other.execute(question)]
        found = [(name, text) for name, text in one.execute(question) if name != "alembic_version_pkc"]
    assert found == wanted
    migrated.dispose()
    made.dispose()


def test_the_head_is_the_newest_migration() -> None:
    """The number the program compares with, so that it need not import Alembic, is the last file's."""
    assert ScriptDirectory(str(Path(bot.store.migrations.__file__ or "").parent)).get_heads() == [schema.HEAD]


def test_bringing_up_to_date_twice_does_nothing_the_second_time(empty: sa.URL) -> None:
    """It says whether there was anything to do."""
    assert schema.bring_up_to_date(empty) is True
    assert schema.bring_up_to_date(empty) is False
    assert schema.standing(empty) == schema.HEAD


def test_several_processes_migrate_once(empty: sa.URL) -> None:
    """Processes that start at the same time wait for the one that migrates."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _MIGRATE, _as_argument(empty)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate("go\n", timeout=60)[0].strip() for process in processes]
    assert sorted(said) == ["False", "False", "True"]
    assert schema.standing(empty) == schema.HEAD


def _at_the_first_version(url: sa.URL) -> None:
    """Make the tables of the first version, with reviews in them: everything that was known of them then."""
    sql = connections(url, create=True)
    with sql.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(Path(bot.store.migrations.__file__ or "").parent))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        then = sa.MetaData()
        then.reflect(conn)
        for name, rows in _reviews().items():
            known = [column.name for column in then.tables[name].columns]
            conn.execute(then.tables[name].insert(), [{key: row[key] for key in known} for row in rows])
        if url.get_backend_name() != "sqlite":
            conn.execute(sa.text("SELECT setval(pg_get_serial_sequence('audit', 'number'), 1000)"))
    sql.dispose()


def _reviews() -> dict[str, list[dict[str, object]]]:
    """What a store holds after three reviews, table by table."""
    sql = sa.create_engine("sqlite://")
    with sql.begin() as conn:
        metadata.create_all(conn)
        for number, way in enumerate(("in review", "released with edited words", "sent")):
            review = open_review(conn, str(number))
            for kind in WAYS[way][1:]:
                # Drafts were for whoever read the thread.
                more = {"draft": replace(DRAFT, audience="")} if kind is Drafted else {}
                review = step(conn, review, kind, **more).review
        stock = {table.name: conn.execute(sa.select(table)).mappings() for table in metadata.sorted_tables}
        return {name: found for name, rows in stock.items() if (found := [dict(row) for row in rows])}


async def test_a_database_of_the_first_version_is_brought_up_to_date_with_what_is_in_it(empty: sa.URL) -> None:
    """Its reviews read as nobody's, not escalated and not corrected; they verify, and they go on."""
    if empty.get_backend_name() == "sqlite":
        Path(empty.database or "").parent.mkdir()
    _at_the_first_version(empty)
    assert schema.standing(empty) == "0001"
    assert schema.bring_up_to_date(empty) is True
    engine = Engine(empty, Bell())
    before = await engine.read(verify)
    assert before.reviews == 3
    review = await engine.read(lambda conn: reviews.get(conn, "r0"))
    assert review is not None
    assert (review.holder, review.escalated, review.judged) == ("", False, None)
    await engine.write(lambda conn: step(conn, review, Claim))
    held = await engine.read(lambda conn: reviews.get(conn, "r0"))
    assert held is not None
    assert held.holder == "web:ana"
    assert (await engine.read(verify)).lines == before.lines + 1
    engine.close()


def test_templates_of_an_earlier_version_stay_in_use(empty: sa.URL) -> None:
    """The newest one of each name is active, and each reads as a whole file, which the program can use."""
    if empty.get_backend_name() == "sqlite":
        Path(empty.database or "").parent.mkdir()
    _at_the_first_version(empty)
    old = [("reply", 1, "Be kind."), ("reply", 2, "Be brief."), ("other", 1, "Be there.")]
    sql = connections(empty)
    with sql.begin() as conn:
        for name, version, words in old:
            body = f"{words}\n--- customer ---\n{{{{message}}}}\n"
            row = {"name": name, "version": version, "body": body, "author": "file", "at": 1.0}
            conn.execute(sa.insert(metadata.tables["templates"]).values(row))
    assert schema.bring_up_to_date(empty) is True
    with sql.begin() as conn:
        assert [one.status for one in templates.versions(conn, "reply")] == ["retired", "active"]
        assert str(versions.in_use(conn, "other")) == "other@1"
        assert versions.in_use(conn, "reply").body.startswith("Be brief.")
    sql.dispose()


def _as_argument(url: sa.URL) -> str:
    return str(url) if url.get_backend_name() == "sqlite" else address(url)


def test_an_empty_database_stands_nowhere(postgreses: Postgres) -> None:
    """It is not an error to have no tables yet."""
    url = postgreses.empty()
    assert schema.standing(url) is None
    postgreses.drop(url)


def test_a_database_that_cannot_be_reached_is_said_to_be_down(tmp_path: Path, postgresql: sa.URL) -> None:
    """A folder that is a file, a server that is not there: one sentence, no stack of the database's own."""
    (tmp_path / "file").touch()
    for url in (sqlite_url(tmp_path / "file" / "x.db"), postgresql.set(database="nonesuch")):
        with pytest.raises(StoreDown, match="The database cannot be used now"):
            schema.bring_up_to_date(url)


def test_a_database_of_a_newer_program_is_left_alone(empty: sa.URL) -> None:
    """Its migration is not known here: the program says so and does not touch it."""
    schema.bring_up_to_date(empty)
    sql = connections(empty)
    with sql.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    sql.dispose()
    with pytest.raises(StoreDown, match="9999"):
        schema.bring_up_to_date(empty)
    assert schema.standing(empty) == "9999"
