"""The pages one can go to, in the order in which they stand on top of each page."""

from __future__ import annotations

from bot.console.viewer import Rule, Viewer

# name (a phrase of page.frame), address, whom it is for
WAYS = (
    ("inbox", "/inbox", Rule.STAFF),
    ("workspace", "/", Rule.LOCAL),
    ("audit", "/audit", Rule.LEADS),
    ("record", "/audit/record", Rule.LEADS),
    ("insight", "/insight", Rule.LEADS),
    ("mine", "/insight/me", Rule.STAFF),
    ("radar", "/radar", Rule.LEADS),
    ("templates", "/templates", Rule.ADMINS),
    ("desks", "/desks", Rule.LEADS),
    ("health", "/health", Rule.LEADS),
)


def ways(viewer: Viewer | None) -> list[tuple[str, str]]:
    """What this viewer may go to, as (name, address); somebody nobody knows may go nowhere."""
    return [(name, address) for name, address, rule in WAYS if viewer is not None and viewer.may(rule)]
