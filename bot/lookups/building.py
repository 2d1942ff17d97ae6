"""Look-ups as the settings name them, made ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.lookups import variables
from bot.lookups.asking import PATIENCE, Asking, Lookups
from bot.lookups.setting import HttpLookup, ServerSetting


def build(
    lookups: Iterable[HttpLookup],
    servers: Iterable[ServerSetting],
    clock: Callable[[], float],
    patience: float = PATIENCE,
) -> Lookups:
    """All of them, in this order.

    `clock` says how long answers are kept; it is in seconds and never goes back. `patience` is for all look-ups of a
    draft together, in seconds.
    """
    from bot.lookups.web import Page, Web

    web = Web()
    askings = [Asking(one, variables.names(one.url), Page(one, web), clock) for one in lookups]
    opening, closing = [], [web.close]
    for setting in servers:
        from bot.lookups.mcp import Server, Tool

        server = Server(setting)
        opening.append(server.open)
        closing.append(server.close)
        askings += [
            Asking(one, variables.names(" ".join(one.arguments.values())), Tool(one, server), clock)
            for one in setting.tools
        ]
    return Lookups(tuple(askings), tuple(opening), tuple(closing), patience)
