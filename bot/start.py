"""`countersign run`: bring the database up to date, open the door, and serve until told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

from bot import wiring
from bot.drafting.knowledge import BadKnowledge
from bot.drafting.prompts import BadTemplate
from bot.log import configure, log
from bot.phrases import say
from bot.settings import LOOPBACK, Settings
from bot.store import schema
from bot.store.engine import StoreDown


def start(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM; the exit code. What keeps it from starting is said in a sentence each."""
    configure(settings.log_level)
    if settings.host not in LOOPBACK:
        return _refuse(say("start.open_door", host=settings.host))
    try:
        listening = socket.create_server((settings.host, settings.port), family=_family(settings.host))
    except OSError as error:
        return _refuse(say("start.port_taken", host=settings.host, port=settings.port, why=error.strerror))
    try:
        schema.bring_up_to_date(wiring.database(settings))
        asyncio.run(_serve(settings, listening))
    except (StoreDown, BadTemplate, BadKnowledge) as error:
        return _refuse(str(error))
    return 0


async def _serve(settings: Settings, listening: socket.socket) -> None:
    program = await wiring.build(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, program.stopping.set)
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    log.info("started", address=address, model=settings.model.name if settings.has_model else "offline")
    print(say("start.ready", address=address), flush=True)
    await wiring.run(program, listening)
    log.info("stopped")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
