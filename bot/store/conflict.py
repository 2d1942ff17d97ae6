"""The one way in which a write loses: somebody else was first."""


class Conflict(Exception):
    """Somebody else's step was recorded first. Nothing was written; read again and decide again."""
