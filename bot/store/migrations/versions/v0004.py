"""Sign-in, kept searches, who looked, what models were shown, outlines of reviews, thumbs and alerts."""

import sqlalchemy as sa
from alembic import op

from bot.store import refusals, words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _sign_in()
    _audit()
    _insight()
    _templates()
    op.create_index("replies_by_ref", "replies", ["ref"], unique=False)
    _words()
    refusals.install(op.get_bind(), "looks")


def _sign_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sessions_of", "sessions", ["person", "began_at"], unique=False)
    op.create_index("sessions_over", "sessions", ["ends_at"], unique=False)
    op.create_table(
        "arrivals",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("arrivals_over", "arrivals", ["ends_at"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("number", Counter, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("desks", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("digest"),
        sqlite_autoincrement=True,
    )


def _templates() -> None:
    op.create_table(
        "trials",
        sa.Column("backtest", Counter, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("money", sa.Double(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("busy_until", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["backtest"], ["backtests.number"]),
        sa.PrimaryKeyConstraint("backtest"),
    )
    still_open = sa.text("state = 'open'")
    op.create_index("open_trials", "trials", ["busy_until"], sqlite_where=still_open, postgresql_where=still_open)


def _words() -> None:
    op.create_index("audit_by_action", "audit", ["action", "number"], unique=False)
    op.create_table(
        "words",
        sa.Column("number", Counter, nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("review"),
        sqlite_autoincrement=True,
    )
    words.install(op.get_bind())


def _audit() -> None:
    op.create_table(
        "presences",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("typing", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "searches",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("person", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "looks",
        sa.Column("number", Counter, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("looks_at", "looks", ["review", "number"], unique=False)
    op.create_table(
        "exchanges",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", Counter, nullable=False),
        sa.ForeignKeyConstraint(
            ["review", "version"],
            ["audit.review", "audit.version"],
        ),
        sa.PrimaryKeyConstraint("review", "version"),
        sqlite_with_rowid=False,
    )


def _insight() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", Counter, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outlines",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("feeling", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("carded_at", sa.Double(), nullable=True),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.Column("replied_at", sa.Double(), nullable=True),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("distance", sa.Double(), nullable=True),
        sa.Column("material", sa.Boolean(), nullable=False),
        sa.Column("tokens_in", Counter, nullable=False),
        sa.Column("tokens_out", Counter, nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("first", Counter, nullable=False),
        sa.Column("last", Counter, nullable=False),
        sa.ForeignKeyConstraint(
            ["review"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("review"),
        sqlite_with_rowid=False,
    )
    op.create_index("outlines_by_desk", "outlines", ["desk", "opened_at"], unique=False)
    op.create_index("outlines_by_time", "outlines", ["opened_at"], unique=False)
    op.create_index("outlines_by_last", "outlines", ["last"], unique=False)
    op.create_index("outlines_of_conversation", "outlines", ["conversation", "opened_at"], unique=False)
    op.create_table(
        "thumbs",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("thumb", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("review", "person"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("number", Counter, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reviews", sa.Text(), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("desk", "kind", "subject", "day"),
        sqlite_autoincrement=True,
    )
