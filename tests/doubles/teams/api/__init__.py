"""What can be called at the four doors; importing this package knows it all."""

from tests.doubles.teams.api import conversations, graph, login, rosters
from tests.doubles.teams.api.operations import OPERATIONS, Operation

__all__ = ["OPERATIONS", "Operation", "conversations", "graph", "login", "rosters"]
