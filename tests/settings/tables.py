"""What docs/reference.md has to say, read from the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot.channels.commands import COMMANDS, Who
from bot.cli import app
from bot.drafting.prompts import DATA, NAMES
from bot.mistakes import allowed
from bot.review.actions import ACTS
from bot.review.machine import TABLE
from bot.review.model import Role
from bot.review.rights import may
from bot.settings import Settings
from bot.store.dossier import Dossier

ROOT = Path(__file__).parents[2]
Row = tuple[str, ...]


def commands() -> Iterator[Row]:
    """Each command as it is typed, and the first sentence of its help."""
    return _commands(typer.main.get_command(app), "countersign")


def _commands(command: Any, name: str) -> Iterator[Row]:
    if hasattr(command, "commands"):
        for key, part in command.commands.items():
            yield from _commands(part, f"{name} {key}")
    else:
        words = [_word(part) for part in command.params if part.name != "help"]
        yield f"`{' '.join([name, *words])}`", command.help.split("\n")[0]


def _word(part: Any) -> str:
    if part.param_type_name == "argument":
        return f"[{part.name}]"
    if getattr(part, "is_flag", False):
        return f"[{part.opts[0]}]"
    kind = part.type_descriptor.annotation
    choices = isinstance(kind, type) and issubclass(kind, StrEnum)
    return f"[{part.opts[0]} {'|'.join(kind) if choices else 'TEXT'}]"


def settings_keys(model: type[BaseModel] = Settings, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Each key of the settings file, what it may be and its default."""
    for name, field in model.model_fields.items():
        kind, here = field.annotation, path + name
        if field.validation_alias:
            continue
        entry = get_args(kind)[1] if get_origin(kind) is dict else None
        if isinstance(entry, type) and issubclass(entry, BaseModel):
            yield from settings_keys(entry, f"{here}.<id>.")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_keys(kind, f"{here}.")
        else:
            yield f"`{here}`", allowed(kind, field.metadata), _default(field.default)


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "none"
    if isinstance(value, tuple | dict):
        return f"`{json.dumps(value)}`" if value else "none"
    return f"`{value}`"


def variables() -> Iterator[Row]:
    """Each line of .env.example with the sentences above it."""
    text = (ROOT / ".env.example").read_text("utf-8")
    for comment, name, default in re.findall(r"((?:^# .+\.\n)+)^# ([A-Z_]+)=(.*)$", text, re.MULTILINE):
        yield f"`{name}`", " ".join(comment.replace("\n# ", " ").removeprefix("# ").split()), default


def template_variables() -> Iterator[Row]:
    """Each variable of a template and on which side of the divider it may stand."""
    for name in NAMES:
        yield f"`{{{{{name}}}}}`", "below" if name in DATA else "anywhere"


def actions() -> Iterator[Row]:
    """Each decision, who may take it, and from where to where it leads."""
    for act in ACTS:
        who = [role.value for role in Role if may(role, act)]
        ways = [f"`{row.start.value}` → `{row.end.value}`" for row in TABLE if row.step is act]
        yield f"`{act.verb}`", ", ".join(who), ", ".join(ways)


def typed() -> Iterator[Row]:
    """Each command that can be typed in a channel, and who may."""
    people = {Who.ANYBODY: "anybody", Who.STAFF: "agent, lead, admin", Who.LEAD: "lead, admin"}
    for word, command in COMMANDS.items():
        yield f"`{word}`", people[command.who]


def dossier(kind: type = Dossier, path: str = "") -> Iterator[Row]:
    """Each field of a customer's export."""
    for name, hint in get_type_hints(kind).items():
        parts = [part for part in get_args(hint) if part not in (type(None), Ellipsis)]
        many = "[]" if get_origin(hint) is tuple else ""
        inner = next((part for part in (hint, *parts) if is_dataclass(part)), None)
        if isinstance(inner, type):
            yield from dossier(inner, f"{path}{name}{many}.")
        else:
            yield (f"`{path}{name}{many}`",)
