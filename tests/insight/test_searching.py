"""Who may see what of the audit, before anything else is asked."""

from __future__ import annotations

import sqlalchemy as sa

from bot.insight.searching import AuditFilter, AuditPage, audit_page, conditions
from tests.review.lives import WAYS
from tests.store.crowds import crowd
from tests.store.records import led


def test_of_no_desk_there_is_nothing(database: sa.URL) -> None:
    """Not even while no outline says yet which desks there are."""
    with crowd(database) as conn:
        led(conn, WAYS["in review"])
        nobody = AuditFilter(desks=())
        assert audit_page(conn, nobody) == AuditPage((), None)
        assert conditions(conn, nobody) is None
        assert len(audit_page(conn, AuditFilter()).found) == len(WAYS["in review"])
