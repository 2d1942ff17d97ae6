"""What the Teams channel is made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.teams.people import Staff

NAME = "teams"
# Microsoft's own doors in its public cloud; other clouds have others.
# https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
LOGIN = "https://login.microsoftonline.com"
OPENID = "https://login.botframework.com"
GRAPH = "https://graph.microsoft.com"
# Where a place is reached that nothing was heard from yet.
SERVICE = "https://smba.trafficmanager.net/teams/"


@dataclass(frozen=True, slots=True)
class TeamsDesk:
    """A desk as Teams sees it: ids of the channels it listens to, of the one it reviews in and of the one where its leads
    are told things, empty when elsewhere."""

    name: str
    listens: frozenset[str]
    reviews: str
    staff: Staff = field(default_factory=Staff)
    disclosure: str = "team"
    leads: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """`tenant` is the only one whose activities are taken. `allow_unsigned` takes activities without a token, as a
    connector on this machine sends them.

    The addresses are those of Entra ID, of where the connector's keys are published, of Microsoft Graph, and of the
    connector for places nothing was heard from. `link` gives the address of a review's page; `paced` is whether posts
    keep within Microsoft's limits; `look_again` is the pause before what was not found is looked for a second time
    (seconds); `version` is the program's.
    """

    app_id: str
    password: str = field(default="", repr=False)
    tenant: str = ""
    allow_unsigned: bool = False
    login_url: str = LOGIN
    openid_url: str = OPENID
    graph_url: str = GRAPH
    service_url: str = SERVICE
    desks: tuple[TeamsDesk, ...] = ()
    link: Callable[[str], str] = lambda _: ""
    paced: bool = True
    look_again: float = 2.0
    version: str = ""
    clock: Callable[[], float]

    @property
    def bot(self) -> str:
        """The bot's own id in conversations."""
        return f"28:{self.app_id}"
