"""`countersign learn` and `countersign proposals`: what can be learned from edits, and what somebody made of it."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli_prompts import Author, Note, account
from bot.terminal import settings, tell

proposals = typer.Typer(help="What the program proposes to learn from edits.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The proposal's number.", show_default=False)]


def learn(
    calls: Annotated[
        int, typer.Option("--calls", min=0, help="How often to ask the model where rules are not sure.")
    ] = 20,
) -> None:
    """Propose what to learn from the latest edits.

    Three edits of one kind about one matter make a proposal. Nothing changes until somebody accepts it.
    """
    from bot import proposing

    tell(proposing.learn, settings(), calls, aside=False)


@proposals.command("list")
def list_() -> None:
    """List the proposals, the oldest first."""
    from bot import proposing

    tell(proposing.list_all, settings(), aside=False)


@proposals.command("show")
def show(number: Number) -> None:
    """Print a proposal with its evidence and what accepting it would do."""
    from bot import proposing

    tell(proposing.show, settings(), number, aside=False)


@proposals.command("accept")
def accept(
    number: Number,
    note: Note,
    author: Author = "",
    public: Annotated[bool, typer.Option("--public", help="Customers may be quoted the article.")] = False,
) -> None:
    """Do what a proposal says.

    An article goes into the knowledge folder, a rule into a draft version of the template, a reply before the others.
    """
    from functools import partial

    from bot import proposing
    from bot.prompting import Signed

    tell(partial(proposing.accept, public=public), settings(), number, Signed(author or account(), note))


@proposals.command("dismiss")
def dismiss(number: Number, note: Note, author: Author = "") -> None:
    """Let nothing come of a proposal; its edits do not count again."""
    from bot import proposing
    from bot.prompting import Signed

    tell(proposing.dismiss, settings(), number, Signed(author or account(), note))
