"""`python -m tests.doubles.teams --port 9200 --bot-url http://127.0.0.1:8080/api/messages`; orders go to /_control."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.doubles.teams.limits import Limits
from tests.doubles.teams.server import FakeTeams, serve


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="tests.doubles.teams", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bot-url", default="http://127.0.0.1:8080/api/messages")
    parser.add_argument("--scale", type=float, default=1.0, help="real seconds that one Teams second takes")
    parser.add_argument("--patience", type=float, help="real seconds that a fifteen-second deadline takes")
    parser.add_argument("--no-limits", action="store_true", help="take away every rate limit, as for a benchmark")
    parser.add_argument("--unsigned", action="store_true", help="send no token, as a local connector does")
    given = parser.parse_args()
    limits = Limits.none() if given.no_limits else Limits()
    teams = FakeTeams(given.bot_url, port=given.port, scale=given.scale, patience=given.patience, limits=limits)
    teams.courier.signing = not given.unsigned
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(teams))


if __name__ == "__main__":
    main()
