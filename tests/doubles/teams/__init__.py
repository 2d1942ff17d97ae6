"""A local Microsoft Teams, as strict as the real one, met over real sockets: nothing of the bot has to be patched.

The Bot Connector, Entra ID's token endpoint, the Bot Framework's key server and a few reads of Microsoft Graph.

In a test: `async with FakeTeams(bot_url="http://127.0.0.1:8080/api/messages") as teams:`.
By itself: `python -m tests.doubles.teams --port 9200 --bot-url http://127.0.0.1:8080/api/messages`.
"""

from tests.doubles.slack.pulse import NotSoon
from tests.doubles.teams.call import Call
from tests.doubles.teams.courier import Attempt, Delivery
from tests.doubles.teams.faults import Fault
from tests.doubles.teams.limits import Limits
from tests.doubles.teams.server import FakeTeams
from tests.doubles.teams.town import Town
from tests.doubles.teams.wire import NotOffered
from tests.doubles.teams.world import Channel, Message, Team, Tenant, User

__all__ = [
    "Attempt", "Call", "Channel", "Delivery", "FakeTeams", "Fault", "Limits", "Message", "NotOffered", "NotSoon",
    "Team", "Tenant", "Town", "User",
]  # fmt: skip
