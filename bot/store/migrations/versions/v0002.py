"""Who is on a review, escalation, corrected sentiment; a release's audience; customers by name; pauses, wishes, addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("reviews", sa.Column("holder", sa.Text(), server_default="", nullable=False))
    op.add_column("reviews", sa.Column("escalated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("reviews", sa.Column("judged", sa.Text(), server_default="", nullable=False))
    held = sa.text("holder <> '' AND closed_at IS NULL")
    op.create_index("held_by", "reviews", ["holder"], sqlite_where=held, postgresql_where=held)
    op.create_index("customers_by_name", "conversations", ["desk", "customer_name", "channel", "customer"])
    op.add_column("releases", sa.Column("audience", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "pauses",
        sa.Column("number", Counter, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("pauses_of_desk", "pauses", ["desk", "number"])
    op.create_table(
        "wishes",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "addresses",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "place"),
        sqlite_with_rowid=False,
    )
