"""A ready-made cast, so that a test can begin with its story. Every name here is a handle: `town.kim`, `town.support`."""

from __future__ import annotations

from tests.doubles.teams.wire import guid
from tests.doubles.teams.world import App, Tenant, User, World


class Town:
    """Northwind runs the desk. Acme's people are guests in its support team; Initech's meet it in a shared channel."""

    def __init__(self) -> None:
        self.home = Tenant(guid("tenant Northwind"), "Northwind", "northwind.example")
        app_id = guid("app Countersign")
        self.bot = User(f"28:{app_id}", "", self.home, "countersign", "Countersign", app_id=app_id)
        self.world = world = World(App(self.bot, self.home))

        self.acme = world.tenant("Acme")
        self.initech = world.tenant("Initech")
        self.globex = world.tenant("Globex")

        # Our own people: two agents, a lead, a colleague who has nothing to do with support.
        self.ana = world.user("ana", real_name="Ana Alves")
        self.ben = world.user("ben", real_name="Ben Bak")
        self.lea = world.user("lea", real_name="Lea Lund")
        self.tom = world.user("tom", real_name="Tom Tau")
        # Customers: guests, members of another tenant, and somebody who shares nothing with us.
        self.kim = world.user("kim", self.acme, real_name="Kim Kjær", guest=True)
        self.kai = world.user("kai", self.acme, real_name="Kai Koch & Son", guest=True)
        self.mia = world.user("mia", self.initech, real_name="Mia Moe")
        self.zed = world.user("zed", self.globex, real_name="Zed Zorn")
        self.robot = world.user("robot", real_name="Other Robot", app_id=guid("app robot"))

        agents = (self.ana, self.ben)
        self.support_team = world.team("Support", *agents, self.kim, self.kai, self.robot, owner=self.lea)
        self.staff_team = world.team("Support staff", *agents, owner=self.lea)
        self.club = world.team("Club", self.tom, self.ana, owner=self.lea, installed=False)

        self.support = world.channel("Help Acme", self.support_team)
        self.other = world.channel("Help others", self.support_team)
        self.shared = world.channel("Help Initech", self.support_team, *agents, self.lea, self.mia, kind="shared")
        self.review = world.channel("Review", self.staff_team)
        self.secret = world.channel("Secret review", self.staff_team, *agents, kind="private")
        # Our app was not added to this one, and not even to the team of the last.
        self.vault = world.channel("Vault", self.staff_team, self.lea, kind="private", enabled=False)
        self.lobby = world.channel("Lobby", self.club)
