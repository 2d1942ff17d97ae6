"""The command line. Every command is a few lines: what it needs is imported when it runs, so that --help is quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from bot import __version__

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
audit = typer.Typer(help="The record of who decided what: verify it, take it elsewhere.", no_args_is_help=True)
prompts = typer.Typer(help="The prompt templates.", no_args_is_help=True)
manifest = typer.Typer(help="What to paste into a chat's own settings to connect it.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(manifest, name="manifest")
app.add_typer(prompts, name="prompts")


class Format(StrEnum):
    """What an export looks like."""

    JSONL = "jsonl"
    CSV = "csv"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"countersign {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """AI drafts the support reply, a person signs it. Nothing is sent without a decision.

    Settings are read from config/countersign.yaml, .env and the environment; `countersign doctor` looks at them.
    """


@app.command()
def run() -> None:
    """Start Countersign, until Ctrl-C."""
    from bot.start import CannotStart, start

    try:
        start(_settings(), typer.echo)
    except CannotStart as error:
        _stop(str(error))


@app.command()
def migrate() -> None:
    """Create the database or bring it up to date. `run` does it by itself."""
    from bot.store.engine import BadAddress, StoreDown
    from bot.store.schema import HEAD, bring_up_to_date
    from bot.wiring import database

    try:
        changed = bring_up_to_date(database(_settings()))
    except (BadAddress, StoreDown) as error:
        _stop(str(error))
    typer.echo(f"The database is at migration {HEAD}{'.' if changed else '; there was nothing to do.'}")


@app.command()
def doctor(
    post: Annotated[
        bool, typer.Option("--post", help="Post a test message where Teams reviews go, and delete it.")
    ] = False,
) -> None:
    """Say what is missing and how to mend it.

    One line each. Exits with 1 when something is missing.
    """
    from bot.doctor import examine

    failed = 0
    for check in examine(post=post):
        failed += not check.ok
        typer.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.said}")
        if check.mend:
            typer.echo(f"      {check.mend}")
    sys.exit(1 if failed else 0)


@audit.command("verify")
def audit_verify() -> None:
    """Check the whole record against its seals.

    Signatures, texts, and that every review follows from its audit. Exits with 1 at the first line that does not fit.
    """
    from bot.records import verify_audit

    _tell(verify_audit, _settings())


@audit.command("export")
def audit_export(
    to: Annotated[Path | None, typer.Argument(help="The file to write; standard output without one.")] = None,
    shape: Annotated[
        Format, typer.Option("--format", help="One line of JSON each, or CSV for a spreadsheet.")
    ] = Format.JSONL,
) -> None:
    """Write the record out, oldest first.

    With the texts that were not erased. A file that is there is replaced.
    """
    from bot.records import export_csv, export_jsonl

    export = {Format.JSONL: export_jsonl, Format.CSV: export_csv}[shape]

    def opened() -> AbstractContextManager[TextIO]:
        return to.open("w", encoding="utf-8", newline="") if to else nullcontext(sys.stdout)

    try:
        _tell(export, _settings(), opened)
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # `| head` has seen enough
    except OSError as error:
        _stop(f"{to or 'Standard output'} cannot be written: {error.strerror}.")


@prompts.command("check")
def prompts_check() -> None:
    """Check every template in the prompts folder.

    Variables, braces, front matter. Exits with 1 when a desk could not use one.
    """
    from bot.records import check_prompts

    _tell(check_prompts, _settings())


@manifest.command("slack")
def manifest_slack(
    address: Annotated[
        str, typer.Option(help="Where Slack reaches this program, as https://…; without it, Socket Mode is used.")
    ] = "",
    name: Annotated[str, typer.Option(help="The app's name, at most 35 characters.")] = "Countersign",
) -> None:
    """Print the app manifest for Slack, with the least scopes.

    Paste it at api.slack.com/apps: Create New App, From a manifest.
    """
    import json

    from bot.channels.slack.manifest import manifest

    typer.echo(json.dumps(manifest(name[:35], address), indent=2, ensure_ascii=False))


@manifest.command("teams")
def manifest_teams(
    out: Annotated[Path, typer.Option(help="The file to write; one that is there is replaced.")] = Path(
        "countersign-teams.zip"
    ),
    name: Annotated[str, typer.Option(help="The app's name, at most 30 characters.")] = "Countersign",
    developer: Annotated[str, typer.Option(help="Who runs the app, as Teams shows it.")] = "Countersign",
    website: Annotated[str, typer.Option(help="Their address, as https://…")] = "https://example.com",
) -> None:
    """Write the app package for Teams, with the least permissions.

    A zip file with manifest and icons. Upload it in Teams: Apps, Manage your apps, Upload an app.
    """
    from bot.channels.teams.manifest import manifest, package

    app_id = _settings().teams_app_id
    if not app_id:
        _stop("TEAMS_APP_ID is not set. Register a bot, put its app id into .env, and run this again.")
    if not website.startswith("https://"):
        _stop(f"--website must begin with https://, but is {website}.")
    try:
        out.write_bytes(package(manifest(app_id, __version__, name, developer, website)))
    except OSError as error:
        _stop(f"{out} cannot be written: {error.strerror}.")
    typer.echo(f"{out} is written.")


def _tell(work: Callable[..., Iterator[str]], *values: object) -> None:
    """Print what the work tells, and stop with its complaint when it has one."""
    from bot.records import Complaint
    from bot.store.engine import BadAddress, StoreDown

    try:
        for sentence in work(*values):
            typer.echo(sentence, err=True)
    except (Complaint, BadAddress, StoreDown) as error:
        _stop(str(error))


def _settings() -> Settings:
    from bot.settings import load
    from bot.written import BadSettings

    try:
        return load()
    except BadSettings as bad:
        _stop(*bad.problems)


def _stop(*sentences: str) -> NoReturn:
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)


def main() -> None:
    """The `countersign` command."""
    app()
