"""A ready-made cast, so that a test can begin with its story. Every name here is a handle: `town.kim`, `town.support`."""

from __future__ import annotations

from tests.doubles.slack.world import App, Channel, Enterprise, Group, User, Workspace, World


class Town:
    """Northwind runs the desk. Acme shares a channel with it, Globex shares nothing.

    With `grid`, Northwind is one workspace of an organisation and Sam works in its sister.
    """

    def __init__(self, grid: bool = False) -> None:
        org = Enterprise("E0NORTHWIND", "Northwind Group") if grid else None
        self.home = Workspace("T0NORTHWIND", "Northwind", "northwind", org)
        self.bot = User("U0COUNTERSIGN", self.home, "countersign", "Countersign", bot_id="B0COUNTERSIGN")
        self.bot.app_id = "A0COUNTERSIGN"
        self.world = world = World(App("A0COUNTERSIGN", self.bot, self.home))

        self.sister = world.workspace("Northwind Labs", org)
        self.acme = world.workspace("Acme")
        self.globex = world.workspace("Globex")
        self.initech = world.workspace("Initech", Enterprise("E0INITECH", "Initech Group"))

        # Our own people: two agents, a lead, a colleague who has nothing to do with support, and two guests.
        self.ana = world.user("ana", real_name="Ana Alves")
        self.ben = world.user("ben", real_name="Ben Bak")
        self.lea = world.user("lea", real_name="Lea Lund", admin=True)
        self.tom = world.user("tom", real_name="Tom Tau")
        self.gus = world.user("gus", real_name="Gus Guest", guest="multi")
        self.una = world.user("una", real_name="Una Uhl", guest="single")
        self.sam = world.user("sam", self.sister, real_name="Sam Sister")
        # Customers of Slack Connect, one of them on Grid, and somebody who shares no channel with us.
        self.kim = world.user("kim", self.acme, real_name="Kim Kjær")
        self.kai = world.user("kai", self.acme, real_name="Kai Koch")
        self.mia = world.user("mia", self.initech, real_name="Mia Moe")
        self.zed = world.user("zed", self.globex, real_name="Zed Zorn")
        self.robot = world.user("robot", real_name="Other Robot", bot_id="B0ROBOT", app_id="A0ROBOT")

        self.agents: Group = world.group("agents", self.ana, self.ben)
        staff = (self.ana, self.ben, self.lea)
        self.support = self._shared("support-acme", *staff, self.gus, self.kim, self.kai, with_=[self.acme])
        self.grid_support = self._shared("support-initech", *staff, self.mia, with_=[self.initech])
        self.internal: Channel = world.channel("help-it", *staff, self.tom, self.gus, self.una, self.robot)
        self.secret: Channel = world.channel("support-secret", *staff, self.gus, private=True)
        self.review: Channel = world.channel("review", *staff, private=True)
        self.lobby: Channel = world.channel("lobby", *staff, self.tom, bot=False)
        self.vault: Channel = world.channel("vault", self.lea, bot=False, private=True)
        self.old: Channel = world.channel("old", *staff, archived=True)
        self.hall: Channel = world.channel("hall", *staff, self.sam)
        if grid:
            self.hall.connected.append(self.sister)

    def _shared(self, name: str, *members: User, with_: list[Workspace]) -> Channel:
        return self.world.channel(name, *members, connected=with_)
