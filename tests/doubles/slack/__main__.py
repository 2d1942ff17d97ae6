"""`python -m tests.doubles.slack --port 9100 --bot-url http://127.0.0.1:8080/slack/events`; orders go to /_control."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.doubles.slack.limits import Limits
from tests.doubles.slack.server import FakeSlack, serve
from tests.doubles.slack.town import Town


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="tests.doubles.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bot-url", default="http://127.0.0.1:8080/slack/events")
    parser.add_argument("--scale", type=float, default=1.0, help="real seconds that one Slack second takes")
    parser.add_argument("--patience", type=float, help="real seconds that a three-second deadline takes")
    parser.add_argument("--socket-mode", action="store_true", help="deliver over Socket Mode, not HTTP")
    parser.add_argument("--no-limits", action="store_true", help="take away every rate limit, as for a benchmark")
    parser.add_argument("--distributed", action="store_true", help="history and replies once a minute, 15 at a time")
    parser.add_argument("--grid", action="store_true", help="our workspace belongs to an organisation")
    given = parser.parse_args()
    limits = Limits.none() if given.no_limits else Limits()
    limits.distributed = given.distributed
    slack = FakeSlack(
        given.bot_url,
        port=given.port,
        scale=given.scale,
        patience=given.patience,
        limits=limits,
        town=Town(grid=given.grid),
        socket_mode=given.socket_mode,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(slack))


if __name__ == "__main__":
    main()
