"""`countersign run`: bring the database up to date, open the door, and serve until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable

from bot import wiring
from bot.drafting.knowledge import BadKnowledge
from bot.drafting.prompts import BadTemplate
from bot.log import configure, log
from bot.phrases import say
from bot.settings import Settings
from bot.store import schema
from bot.store.engine import StoreDown
from bot.store.opening import BadAddress
from bot.traces import NoExporter
from bot.written import BadSettings


class CannotStart(Exception):
    """What keeps the program from starting, in a sentence."""


def start(settings: Settings, tell: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM. `tell` hears where the page is. Raises `CannotStart`."""
    configure(settings.log_level)
    if refusal := wiring.open_door(settings):
        raise CannotStart(refusal)
    try:
        listening = socket.create_server((settings.host, settings.port), family=_family(settings.host))
    except OSError as error:
        taken = say("start.port_taken", host=settings.host, port=settings.port, why=os.strerror(error.errno or 0))
        raise CannotStart(taken) from None
    # uvicorn closes it only when it had begun to serve.
    with listening:
        # Without it every answer on a kept connection waits 40 ms for the other side's acknowledgement (Nagle).
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            schema.bring_up_to_date(wiring.database(settings))
            asyncio.run(_serve(settings, listening, tell))
        except (BadAddress, BadSettings, StoreDown, BadTemplate, BadKnowledge, NoExporter) as error:
            raise CannotStart(str(error)) from error


async def _serve(settings: Settings, listening: socket.socket, tell: Callable[[str], None]) -> None:
    program = await wiring.build(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, program.stopping.set)
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    log.info("started", address=address, model=settings.model.name if settings.has_model else "offline")
    tell(say("start.ready", address=address))
    await wiring.run(program, listening)
    log.info("stopped")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
