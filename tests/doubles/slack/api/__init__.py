"""The methods of the Web API; importing this package knows them all."""

from tests.doubles.slack.api import chat, conversations, files, people, updates, views
from tests.doubles.slack.api.methods import METHODS, Method

__all__ = ["METHODS", "Method", "chat", "conversations", "files", "people", "updates", "views"]
