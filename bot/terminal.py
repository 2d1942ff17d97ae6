"""Speaking to whoever typed a command: sentences on standard error, and an end with 1 when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from bot.settings import Settings


def tell(work: Callable[..., Iterator[str]], *values: object, aside: bool = True) -> None:
    """Print what the work tells, `aside` of what a pipe would take; stop with its complaint when it has one."""
    from bot.records import Complaint
    from bot.store.engine import StoreDown
    from bot.store.opening import BadAddress

    try:
        for sentence in work(*values):
            typer.echo(sentence, err=aside)
    except (Complaint, BadAddress, StoreDown) as error:
        stop(str(error))


def settings() -> Settings:
    """The settings in force; what is wrong with them ends the command."""
    from bot.settings import load
    from bot.written import BadSettings

    try:
        return load()
    except BadSettings as bad:
        stop(*bad.problems)


def stop(*sentences: str) -> NoReturn:
    """End with 1 and these sentences."""
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)
