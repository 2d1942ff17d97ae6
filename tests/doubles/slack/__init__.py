"""A local Slack, as strict as the real one, met over real sockets: nothing of the bot has to be patched.

In a test: `async with FakeSlack(bot_url="http://127.0.0.1:8080/slack/events") as slack:`.
By itself: `python -m tests.doubles.slack --port 9100 --bot-url http://127.0.0.1:8080/slack/events`.
"""

from tests.doubles.slack.call import Call
from tests.doubles.slack.courier import Attempt, Delivery
from tests.doubles.slack.faults import Fault
from tests.doubles.slack.limits import Limits
from tests.doubles.slack.modals import View
from tests.doubles.slack.pulse import NotSoon
from tests.doubles.slack.server import FakeSlack
from tests.doubles.slack.town import Town
from tests.doubles.slack.wire import NotOffered
from tests.doubles.slack.world import Channel, Message, User, Workspace

__all__ = [
    "Attempt", "Call", "Channel", "Delivery", "FakeSlack", "Fault", "Limits", "Message", "NotOffered", "NotSoon",
    "Town", "User", "View", "Workspace",
]  # fmt: skip
