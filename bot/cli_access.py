"""`countersign sessions` and `countersign tokens`: who may come in, people at the pages and programs at the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli_prompts import Author, account
from bot.terminal import settings, tell

sessions = typer.Typer(help="Who is signed in to the pages.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens by which programs read the API.", no_args_is_help=True)


class Reads(StrEnum):
    """What a token may read."""

    REVIEWS = "reviews"
    AUDIT = "audit"
    FIGURES = "figures"


@sessions.command("revoke")
def revoke_sessions(
    person: Annotated[str, typer.Argument(help="As the desks name them, such as slack:U0123ABCD.", show_default=False)],
) -> None:
    """Sign somebody out of every browser, at once."""
    from bot.access import end_sessions

    tell(end_sessions, settings(), person)


@tokens.command("make")
def make(
    name: Annotated[str, typer.Argument(help="What it is for.", show_default=False)],
    scope: Annotated[list[Reads], typer.Option("--scope", help="What it may read; once for each.")],
    desk: Annotated[
        list[str] | None, typer.Option("--desk", help="Which desks, by their ids; all without one.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="For how many days it is good.")] = 90,
    author: Author = "",
) -> None:
    """Make a token and print it, for the only time."""
    from bot.access import make_token
    from bot.store.tokens import Scope

    scopes = [Scope(one) for one in scope]
    tell(make_token, settings(), name, scopes, desk or [], days, author or account(), aside=False)


@tokens.command("list")
def list_() -> None:
    """List the tokens: what they may read, until when, and when they last did."""
    from bot.access import list_tokens

    tell(list_tokens, settings(), aside=False)


@tokens.command("revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(help="The token's number in the list.", show_default=False)],
) -> None:
    """Take a token back, at once."""
    from bot.access import revoke_token

    tell(revoke_token, settings(), number)
