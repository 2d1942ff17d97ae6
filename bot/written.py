"""Settings as somebody wrote them: what a YAML file or .env holds, and the line on which each key stands."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from dotenv.parser import parse_stream

Keys = dict[tuple[str, ...], int]
# With the mark that Windows puts in front, or without.
ENCODING = "utf-8-sig"


class BadSettings(Exception):
    """The settings cannot be used. `problems` are sentences that say what is wrong, where, and what is allowed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_yaml(path: Path, otherwise: str = "") -> tuple[Any, Keys]:
    """What a YAML file holds, and the line of each key by its path. Raises `BadSettings`.

    `otherwise` is what can be done when the file cannot be read.
    """
    text = _text(path, otherwise)
    try:
        values, node = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
        return values, dict(_lines(node, path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        why = getattr(error, "problem", None) or _first_line(error)
        raise BadSettings([f"{where}: is not valid YAML: {why}."]) from None
    except ValueError as error:  # a date or a number that is none
        raise BadSettings([f"{path}: is not valid YAML: {_first_line(error)}."]) from None
    except RecursionError:
        raise BadSettings([f"{path}: is not valid YAML: it is nested too deeply or refers to itself."]) from None


def _lines(node: yaml.Node | None, file: Path, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """Raises `BadSettings` for a key that stands there twice: YAML would take the last and forget the first."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            at, here = key.start_mark.line + 1, (*path, str(key.value))
            if here[-1] in seen:
                raise BadSettings([f"{file}, line {at}: {'.'.join(here)} stands there twice; leave one of them."])
            seen.add(here[-1])
            yield here, at
            yield from _lines(value, file, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, str(index)), value.start_mark.line + 1
            yield from _lines(value, file, (*path, str(index)))


def read_dotenv(path: Path) -> tuple[dict[str, str | None], dict[str, int]]:
    """The values of .env, and the line of each name in capitals; nothing without one. Raises `BadSettings`."""
    if not path.is_file():
        return {}, {}
    text = _text(path)
    entries: dict[str, int] = {}
    for found in parse_stream(io.StringIO(text)):
        written = found.original.string
        at = found.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        if found.error or (found.key and found.value is None):
            raise BadSettings([f"{path}, line {at}: must be written as NAME=value."])
        if found.key:
            entries[found.key.upper()] = at
    return dotenv_values(stream=io.StringIO(text)), entries


def _text(path: Path, otherwise: str = "") -> str:
    try:
        return path.read_text(encoding=ENCODING)
    except OSError as error:
        advice = f"; {otherwise}" if otherwise else ""
        raise BadSettings([f"{path}: cannot be read ({error.strerror}){advice}."]) from None
    except UnicodeDecodeError:
        raise BadSettings([f"{path}: is not UTF-8 text."]) from None


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0]
