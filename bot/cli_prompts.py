"""`countersign prompts`: the commands for templates and their versions."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal import settings, stop, tell

if TYPE_CHECKING:
    from bot.backtest import Report
    from bot.insight.replays import Measured, Sum

prompts = typer.Typer(help="The prompt templates and their versions.", no_args_is_help=True)

_NAMED = "NAME or NAME@VERSION; without a version, the one in use."
Wanted = Annotated[str, typer.Argument(help=_NAMED, show_default=False)]
Name = Annotated[str, typer.Argument(help="The template's name.", show_default=False)]
Note = Annotated[str, typer.Option("--note", help="Why, for those who read it later.", show_default=False)]
Author = Annotated[str, typer.Option("--author", help="Who does it; the account's name without one.")]


@prompts.command("check")
def check() -> None:
    """Check every template in the prompts folder.

    Variables, braces, front matter. Exits with 1 when a desk could not use one.
    """
    from bot.prompting import check_prompts

    tell(check_prompts, settings())


@prompts.command("list")
def list_() -> None:
    """List the templates with their versions and who changed what."""
    from bot.prompting import list_templates

    tell(list_templates, settings(), aside=False)


@prompts.command("show")
def show(template: Wanted) -> None:
    """Print a version as it would stand in a file."""
    from bot import prompting

    tell(prompting.show, settings(), template, aside=False)


@prompts.command("diff")
def diff(
    name: Name,
    old: Annotated[int, typer.Argument(help="A version.", show_default=False)],
    new: Annotated[int, typer.Argument(help="Another version.", show_default=False)],
) -> None:
    """Print what changed between two versions."""
    from bot import prompting

    tell(prompting.diff, settings(), name, old, new, aside=False)


@prompts.command("save")
def save(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The file with the text.", show_default=False)],
    note: Note,
    author: Author = "",
) -> None:
    """Save a file's text as a draft version.

    It is refused, with line and reason, when a desk could not use it.
    """
    from bot import prompting

    tell(prompting.save, settings(), name, file, prompting.Signed(author or account(), note))


@prompts.command("activate")
def activate(
    template: Annotated[str, typer.Argument(help="NAME@VERSION.", show_default=False)],
    note: Note,
    author: Author = "",
    override: Annotated[
        str, typer.Option("--override", help="Why to use it although it does worse than a desk allows.")
    ] = "",
) -> None:
    """Put a version into use, without a restart.

    One that does worse than a desk's backtest_limit is refused.
    """
    from bot import prompting

    tell(prompting.activate, settings(), template, prompting.Signed(author or account(), note), override)


@prompts.command("rollback")
def rollback(name: Name, note: Note, author: Author = "") -> None:
    """Put the version back into use that was in use before."""
    from bot import prompting

    tell(prompting.rollback, settings(), name, prompting.Signed(author or account(), note))


@prompts.command("preview")
def preview(
    template: Wanted,
    review: Annotated[str, typer.Option("--review", help="The review's id, as in the audit.", show_default=False)],
) -> None:
    """Print exactly what the model would see for one review."""
    from bot import prompting

    tell(prompting.preview, settings(), template, review, aside=False)


@prompts.command("backtest")
def backtest(
    template: Annotated[
        str,
        typer.Argument(help="NAME or NAME@VERSION; without a version, the newest.", show_default=False),
    ],
    against: Annotated[
        int | None, typer.Option("--against", help="The version to compare it to; the one in use without.")
    ] = None,
    cases: Annotated[int, typer.Option("--cases", min=1, help="How many decided reviews, the last first.")] = 50,
    calls: Annotated[int | None, typer.Option("--calls", min=0, help="How many drafts to ask for at most.")] = None,
    money: Annotated[float | None, typer.Option("--money", min=0, help="How much they may cost at most.")] = None,
) -> None:
    """Try a version out on what the team decided.

    Shows how far its drafts are from what was sent, case by case and in sum. Run it again to go on where it ended.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from bot.backtest import Budget
    from bot.prompting import run_backtest
    from bot.records import Complaint
    from bot.store.engine import StoreDown
    from bot.store.opening import BadAddress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Reviews", total=None)

        def progress(report: Report) -> None:
            total = len(report.run.reviews)
            bar.update(task, total=total, completed=total - report.left)

        try:
            report = run_backtest(settings(), template, against, cases, Budget(calls, money), progress)
        except (Complaint, BadAddress, StoreDown) as error:
            stop(str(error))
    _print(report)


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.insight.replays import Outcome, mean_distance, summed

    plan, total = report.run.plan, summed(report.replays)
    table = Table(box=None, pad_edge=False, header_style="")
    for heading in ("review", "decision", f"@{plan.against}", f"@{plan.version}", "sentiment", "risks", "unsourced"):
        table.add_column(heading, no_wrap=True)
    for heading in ("language", "tokens", "price"):
        table.add_column(heading, no_wrap=True, justify="right")
    for one in report.replays:
        feeling = f"{one.old.feeling} → {one.new.feeling}" if one.feels_other else "same"
        risks = f"{_risks(one.old)} → {_risks(one.new)}" if one.risks_other else "same"
        table.add_row(
            *(one.review, one.outcome, _distance(one.old.distance), _distance(one.new.distance), feeling, risks),
            f"{one.old.unsupported} → {one.new.unsupported}",
            "wrong" if one.new.wrong_language else "",
            *(str(one.new.tokens), f"{one.new.price:.4f}"),
        )
    typer.echo(f"{plan.template}@{plan.version} against @{plan.against}, with {plan.model}")
    # A pipe has no width, and a row that is cut off is no use in a file.
    Console(width=None if typer.get_text_stream("stdout").isatty() else 200, highlight=False).print(table)
    for outcome in Outcome:
        of_it = [one for one in report.replays if one.outcome is outcome]
        if of_it and outcome is not Outcome.REJECTED:
            old, new = (mean_distance([getattr(one, side) for one in of_it]) for side in ("old", "new"))
            typer.echo(f"Distance to what was sent, {outcome}: {_distance(old)} → {_distance(new)} ({len(of_it)})")
    _print_sum(report, total)


def _print_sum(report: Report, total: Sum) -> None:
    old, new = total.old, total.new
    typer.echo(f"Distance to what was sent, in all: {_distance(old.distance)} → {_distance(new.distance)}")
    typer.echo(f"Other sentiment: {total.feels_other} of {total.cases}; other risks: {total.risks_other}")
    typer.echo(f"Claims without a source: {old.unsupported} → {new.unsupported}")
    typer.echo(f"Wrong language: {old.wrong_language} → {new.wrong_language}")
    typer.echo(f"Tokens: {old.tokens} → {new.tokens}; price: {old.price:.4f} → {new.price:.4f}")
    if report.gone:
        typer.echo(f"Left out, because the words are erased or were changed since: {report.gone}")
    if report.failed:
        typer.echo(f"No answer from the model: {report.failed}")
    if report.left:
        typer.echo(f"Not finished: {report.left} of {len(report.run.reviews)} are left. Run it again to go on.")


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _risks(draft: Measured) -> str:
    return ", ".join(draft.risks) or "none"


def account() -> str:
    """Who is at the keyboard, as the system knows them; a container's user may have no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
