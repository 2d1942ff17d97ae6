"""The log: one line of JSON an event when a machine reads it, coloured when a person does. Never customers' words."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import TextIO

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def configure(level: str, stream: TextIO = sys.stderr) -> None:
    """Write to the stream what is at or above this level (`debug`, `info`, `warning`, `error`).

    From libraries only warnings and errors are told, and where they arose: their sentences quote what they were given.
    """
    show: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_broke,
            show,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _kind, error, _trace: log.error("broke", exc_info=error)
    threading.excepthook = lambda broke: log.error("broke", exc_info=broke.exc_value)


def _where_it_broke(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The kinds of an error and of what led to it, and the lines it went through, the last one first.

    Not what it says: that may be what a customer wrote, as in `ValueError: 'Hello' is not a valid State`.
    """
    told = event.pop("exc_info", None)
    error = sys.exception() if told is True else told[1] if isinstance(told, tuple) else told
    if error is not None:
        event["exception"] = "\n".join(_trail(error))
    return event


def _trail(error: BaseException) -> Iterator[str]:
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    for step in reversed(traceback.extract_tb(error.__traceback__)):
        yield f"  {step.filename}:{step.lineno} in {step.name}"
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _trail(part)
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _trail(before)


class _Libraries(logging.Handler):
    """What libraries tell the standard library's log, without their words."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it in ours."""
        where = f"{record.pathname}:{record.lineno}"
        told = log.error if record.levelno >= logging.ERROR else log.warning
        told("library", logger=record.name, where=where, exc_info=record.exc_info)
