"""The command line. Every command is a few lines: what it needs is imported when it runs, so that --help is quick."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO

import typer

from bot import __version__
from bot.cli_access import sessions, tokens
from bot.cli_learning import learn, proposals
from bot.cli_prompts import prompts
from bot.terminal import settings, stop, tell

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
audit = typer.Typer(help="The record of who decided what: verify it, take it elsewhere.", no_args_is_help=True)
knowledge = typer.Typer(help="The articles that drafts are made from.", no_args_is_help=True)
manifest = typer.Typer(help="What to paste into a chat's own settings to connect it.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(knowledge, name="knowledge")
app.add_typer(manifest, name="manifest")
app.add_typer(prompts, name="prompts")
app.add_typer(proposals, name="proposals")
app.add_typer(sessions, name="sessions")
app.add_typer(tokens, name="tokens")


class Format(StrEnum):
    """What an export looks like."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


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
        start(settings(), typer.echo)
    except CannotStart as error:
        stop(str(error))


@app.command()
def migrate() -> None:
    """Create the database or bring it up to date. `run` does it by itself."""
    from bot.store.engine import StoreDown
    from bot.store.opening import BadAddress
    from bot.store.schema import HEAD, bring_up_to_date
    from bot.wiring import database

    try:
        changed = bring_up_to_date(database(settings()))
    except (BadAddress, StoreDown) as error:
        stop(str(error))
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


@app.command()
def erase(
    customer: Annotated[str, typer.Option(help="The customer's id as channel:id, such as slack:U0123ABCD.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, nothing is erased.")] = False,
) -> None:
    """Erase a customer: texts, salts, id and names, for good.

    Without --yes it says what that would take. The record of who decided what stays, and audit verify still passes.
    """
    from bot.records import erase_customer

    tell(partial(erase_customer, sure=yes), settings(), customer)


@app.command()
def export(
    customer: Annotated[str, typer.Option(help="The customer's id as channel:id, such as slack:U0123ABCD.")],
    to: Annotated[Path | None, typer.Argument(help="The file to write; standard output without one.")] = None,
) -> None:
    """Write out all that is kept of a customer, as one JSON document.

    A file that is there is replaced; only you can read it.
    """
    from bot.records import export_customer

    def opened() -> AbstractContextManager[TextIO]:
        if to is None:
            return nullcontext(sys.stdout)
        to.touch(mode=0o600)
        to.chmod(0o600)
        return to.open("w", encoding="utf-8")

    with _writing_to(to):
        tell(export_customer, settings(), customer, opened)


@app.command()
def costs() -> None:
    """Say what drafts cost, by month, desk and model.

    Prices are those of `model.prices` when a draft was made.
    """
    from bot.records import tell_costs

    tell(tell_costs, settings(), aside=False)


@audit.command("verify")
def audit_verify() -> None:
    """Check the whole record against its seals.

    Signatures, texts, and that every review follows from its audit. Exits with 1 at the first line that does not fit.
    """
    from bot.records import verify_audit

    tell(verify_audit, settings())


@audit.command("export")
def audit_export(
    to: Annotated[Path | None, typer.Argument(help="The file to write; standard output without one.")] = None,
    shape: Annotated[
        Format, typer.Option("--format", help="One line of JSON each, or CSV or XLSX for a spreadsheet.")
    ] = Format.JSONL,
) -> None:
    """Write the record out, oldest first.

    With the texts that were not erased. A file that is there is replaced.
    """
    from bot.exports import Shape
    from bot.records import export_audit

    def opened() -> AbstractContextManager[BinaryIO]:
        return to.open("wb") if to else nullcontext(sys.stdout.buffer)

    with _writing_to(to):
        tell(export_audit, settings(), Shape(shape.value), opened)


@knowledge.command("check")
def knowledge_check() -> None:
    """Read all articles and say what there is.

    By language and audience; what cannot be read, with file, line and reason. Exits with 1 when there is any of that.
    """
    from bot.articles import check_knowledge

    tell(check_knowledge, settings())


@knowledge.command("search")
def knowledge_search(
    question: Annotated[str, typer.Argument(help="As a customer would ask it.")],
    language: Annotated[str, typer.Option(help="Only articles in this language, such as da.")] = "",
    most: Annotated[int, typer.Option(help="How many to show.", min=1, max=50)] = 5,
) -> None:
    """Show which articles a question finds.

    One line each: rank, score, audience, reference, title and first words.
    """
    from bot.articles import search_knowledge

    tell(search_knowledge, settings(), question, language, most, aside=False)


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

    app_id = settings().teams_app_id
    if not app_id:
        stop("TEAMS_APP_ID is not set. Register a bot, put its app id into .env, and run this again.")
    if not website.startswith("https://"):
        stop(f"--website must begin with https://, but is {website}.")
    try:
        out.write_bytes(package(manifest(app_id, __version__, name, developer, website)))
    except OSError as error:
        stop(f"{out} cannot be written: {error.strerror}.")
    typer.echo(f"{out} is written.")


app.command()(learn)


@contextmanager
def _writing_to(file: Path | None) -> Iterator[None]:
    """Say so when it cannot be written."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # `| head` has seen enough
    except OSError as error:
        stop(f"{file or 'Standard output'} cannot be written: {error.strerror}.")


def main() -> None:
    """The `countersign` command."""
    app()
