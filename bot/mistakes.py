"""What is wrong with a setting, in one sentence: where it stands, its key, and what is allowed there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

Loc = tuple[str, ...]
# What is longer is no slip of the pen, and may be a secret in the wrong place.
_LONGEST = 24
_PLAIN: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Path: "a path",
    str: "text",
    SecretStr: "text",
    dict: "a group of keys",
    tuple: "a list",
}


@dataclass(frozen=True, slots=True)
class Says:
    """How a text has to be written, such as `channel:id`."""

    form: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values come from, strongest first: the environment's names, those of .env and the keys of the file.

    Names are in capitals; .env's names and the file's keys come with their lines.
    """

    prefix: str
    environment: frozenset[str]
    dotenv: Path
    entries: Mapping[str, int]
    file: Path
    keys: Mapping[Loc, int]
    # What variables hold that are written as JSON, by their names: the ways to each of their keys.
    inside: Mapping[str, frozenset[Loc]] = field(default_factory=dict)

    def where(self, *loc: str) -> str:
        """Where the value at `loc` was written, and its name."""
        key = ".".join(loc)
        for end in range(len(loc), 0, -1):
            path = loc[:end]
            name = path[0] if path[0].isupper() else self.prefix + "__".join(path).upper()
            if found := self.variable(name):
                return found if end == len(loc) else f"{found}: {key}"
        return self.in_file(*loc)

    def origin(self, *loc: str, given: bool) -> str:
        """Where the value in force at `loc` was written; empty for a default, which nobody has `given`."""
        names = [
            (loc[0] if loc[0].isupper() else self.prefix + "__".join(loc[:end]).upper(), loc[end:])
            for end in range(len(loc), 0, -1)
        ]
        told = [name for name, rest in names if not rest or rest in self.inside.get(name, ())]
        for name in told:
            if name in self.environment:
                return self.variable(name)
        if found := next((name for name in told if name in self.entries), ""):
            return self.variable(found)
        at = next((self.keys[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in self.keys), None)
        return f"{self.file}, line {at}" if at and (given or loc in self.keys) else ""

    def in_file(self, *loc: str) -> str:
        """The line of the file on which the value at `loc` stands or is missing, and its key."""
        at = next((self.keys[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in self.keys), None)
        return f"{self.file}{f', line {at}' if at else ''}: {'.'.join(loc)}"

    def variable(self, name: str) -> str:
        """Where this variable is set; nothing when it is not."""
        if name in self.environment:
            return f"Environment variable {name}"
        return f"{self.dotenv}, line {self.entries[name]}: {name}" if name in self.entries else ""


def sentences(errors: Sequence[Any], model: type[BaseModel], sources: Sources) -> Iterator[str]:
    """What pydantic found, a sentence each. Keys that nobody knows at the top are left to who asked."""
    places = [error["loc"] for error in errors]
    for error in errors:
        loc = error["loc"]
        # A list whose only entry is wrong is reported as too short as well.
        hollow = error["type"] == "too_short" and any(place[: len(loc)] == loc != place for place in places)
        if not hollow and not (error["type"] == "extra_forbidden" and len(loc) == 1):
            yield _sentence(error, tuple(str(part) for part in loc if part != "[key]"), model, sources)


def unknown_keys(
    values: Iterable[object], keys: frozenset[str], variables: frozenset[str], sources: Sources
) -> Iterator[str]:
    """The top keys of the file that are none of these `keys`; secrets and addresses are variables."""
    for key in (str(key) for key in values if key not in keys):
        if key.upper() in variables:
            yield f"{sources.in_file(key)} belongs into .env or the environment, as {key.upper()}, not into this file."
        else:
            yield f"{sources.in_file(key)} is not a setting; known here are {', '.join(sorted(keys))}."


def unknown_variables(keys: frozenset[str], variables: frozenset[str], sources: Sources) -> Iterator[str]:
    """A mistyped variable would otherwise be ignored without a word."""
    own = {sources.prefix + name.upper() for name in keys}
    mine = {name for name in sources.environment if name.startswith(sources.prefix)}
    for name in sorted(mine | set(sources.entries)):
        if name not in variables and name.split("__")[0] not in own:
            stem = name.removeprefix(sources.prefix)
            known = f"known are {', '.join(sorted(variables | own))}"
            yield f"{sources.variable(name)} is not a setting; {f'its name is {stem}' if stem in variables else known}."


def _sentence(error: Any, loc: Loc, model: type[BaseModel], sources: Sources) -> str:
    where = sources.where(*loc)
    if error["type"] == "extra_forbidden":
        return f"{where} is not a setting; known here are {', '.join(_known(_kind_at(model, loc[:-1])[0]))}."
    kind, marks = _kind_at(model, loc)
    must = f"must be {allowed(kind, marks)}"
    if error["type"] == "missing":
        return f"{where} is missing; it {must}."
    if error["type"] == "value_error":
        must = error["msg"].removeprefix("Value error, ")
    if kind is SecretStr or (kind is str and loc[0].isupper()):
        return f"{where} {must}."
    return f"{where} {must}, but is {_shown(error['input'])}."


def allowed(kind: Any, marks: Sequence[Any] = ()) -> str:
    """What a value of this type may be, in words. `marks` are its bounds, as pydantic keeps them."""
    kind, marks = _bare(kind, marks)
    said = next((mark.form for mark in marks if isinstance(mark, Says)), "")
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"a group of keys ({', '.join(_known(kind))})"
    if get_origin(kind) is Literal:
        *most, last = get_args(kind)
        return f"{', '.join(most)} or {last}"
    plain = said or _PLAIN[get_origin(kind) or kind]
    if get_origin(kind) is tuple and not said:
        entry = allowed(get_args(kind)[0])
        plain += f" of {entry}" if entry != "text" else ""
    return plain + _bounds(marks)


def _bounds(marks: Sequence[Any]) -> str:
    bound = {
        name: getattr(mark, name) for mark in marks for name in ("ge", "gt", "le", "min_length") if hasattr(mark, name)
    }
    if "min_length" in bound:
        return ", at least one"
    if "gt" in bound:
        return f" above {bound['gt']:g}" + (f", at most {bound['le']:g}" if "le" in bound else "")
    if "le" in bound:
        return f" from {bound['ge']:g} to {bound['le']:g}"
    return f" of at least {bound['ge']:g}" if "ge" in bound else ""


def _bare(kind: Any, marks: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """The type without `Annotated` and `| None` around it."""
    if get_origin(kind) is Annotated:
        return _bare(kind.__origin__, (*marks, *kind.__metadata__))
    kinds = [part for part in get_args(kind) if part is not type(None)]
    return _bare(kinds[0], marks) if type(None) in get_args(kind) else (kind, marks)


def _kind_at(model: type[BaseModel], loc: Loc) -> tuple[Any, Sequence[Any]]:
    """The type and the bounds of what stands at `loc`."""
    kind: Any = model
    marks: Sequence[Any] = ()
    for part in loc:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = _field(kind, part)
            kind, marks = _bare(field.annotation, field.metadata)
        else:
            kind, marks = _bare(get_args(kind)[1 if get_origin(kind) is dict else 0], ())
    return kind, marks


def _field(model: type[BaseModel], name: str) -> FieldInfo:
    return next(field for key, field in model.model_fields.items() if name in (key, field.validation_alias))


def _known(model: type[BaseModel]) -> list[str]:
    return sorted(model.model_fields)


def _shown(value: Any) -> str:
    """A value as an error may show it."""
    if value is None:
        return "empty"
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= _LONGEST else "something longer"
