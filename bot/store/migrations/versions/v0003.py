"""Templates with a status and a note; who changed what; backtests; erasures; costs; proposals."""

import sqlalchemy as sa
from alembic import op

from bot.store import refusals

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _templates()
    _changes()
    _backtests()
    _erasures()
    _costs()
    _proposals()


def _templates() -> None:
    op.add_column("templates", sa.Column("status", sa.Text(), server_default="retired", nullable=False))
    op.add_column("templates", sa.Column("note", sa.Text(), server_default="", nullable=False))
    conn = op.get_bind()
    # Until now a version was kept without the fields on top of its file, and the newest one was in use.
    top = {"fence": "---\nname: ", "purpose": "\npurpose: Kept without its purpose by an earlier program.\n---\n"}
    conn.execute(sa.text("UPDATE templates SET body = :fence || name || :purpose || body"), top)
    newest = "(SELECT max(other.version) FROM templates AS other WHERE other.name = templates.name)"
    conn.execute(sa.text(f"UPDATE templates SET status = 'active' WHERE version = {newest}"))
    active = sa.text("status = 'active'")
    op.create_index("in_use", "templates", ["name"], unique=True, sqlite_where=active, postgresql_where=active)


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("number", Counter, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("changes_of", "changes", ["subject", "number"])
    refusals.install(op.get_bind(), "changes")


def _backtests() -> None:
    op.create_table(
        "backtests",
        sa.Column("number", Counter, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("against", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("reviews", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("backtests_of", "backtests", ["template", "version", "number"])
    op.create_table(
        "backtest_results",
        sa.Column("backtest", Counter, nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["backtest"], ["backtests.number"]),
        sa.PrimaryKeyConstraint("backtest", "review"),
        sqlite_with_rowid=False,
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("number", Counter, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("conversations", sa.Integer(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    refusals.install(op.get_bind(), "erasures")
    op.add_column("conversations", sa.Column("erased_at", sa.Double(), nullable=True))
    kept = sa.text("erased_at IS NULL")
    op.create_index("not_erased", "conversations", ["desk", "opened_at"], sqlite_where=kept, postgresql_where=kept)
    op.create_index("reviews_of_conversation", "reviews", ["conversation"])


def _costs() -> None:
    op.create_table(
        "costs",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("drafts", Counter, nullable=False),
        sa.Column("tokens_in", Counter, nullable=False),
        sa.Column("tokens_out", Counter, nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "month", "model"),
        sqlite_with_rowid=False,
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("number", Counter, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.Column("chosen", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    lesson, is_open = ["desk", "matter", "kind", "language"], sa.text("status = 'open'")
    op.create_index(
        "one_open_proposal", "proposals", lesson, unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    some = sa.text("chosen <> ''")
    op.create_index("chosen_replies", "proposals", ["chosen"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "evidence",
        sa.Column("proposal", Counter, nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("text", Counter, nullable=False),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.number"]),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.PrimaryKeyConstraint("proposal", "review"),
        sqlite_with_rowid=False,
    )
    op.create_index("evidence_of_review", "evidence", ["review"])
    op.create_table(
        "verdicts",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.PrimaryKeyConstraint("review"),
        sqlite_with_rowid=False,
    )
