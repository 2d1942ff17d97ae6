"""config/*.yaml, .env and the environment become one frozen `Settings`. The only reader of the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

CONFIG = "COUNTERSIGN_CONFIG"
_PREFIX = "COUNTERSIGN_"
CHANNELS = ("web",)
LANGUAGES = ("en", "fr", "da", "sv", "no", "de", "es")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class BadSettings(Exception):
    """The settings cannot be used. `problems` are sentences that say what is wrong, where, and what is allowed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _place(value: str) -> str:
    channel, _, rest = value.partition(":")
    if channel not in CHANNELS or not rest:
        raise ValueError(f"must be channel:id, with one of these channels: {', '.join(CHANNELS)}")
    return value


def _person(value: str) -> str:
    channel, _, rest = value.partition(":")
    if channel not in CHANNELS or not rest:
        raise ValueError(f"must be channel:person or channel:*, with one of these channels: {', '.join(CHANNELS)}")
    return value


PlaceName = Annotated[str, AfterValidator(_place)]
PersonName = Annotated[str, AfterValidator(_person)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeskSettings(_Part):
    """One support team."""

    name: str
    listens: tuple[PlaceName, ...] = Field(min_length=1)
    reviews: PlaceName
    people: dict[PersonName, Literal["agent", "lead", "admin"]] = {}
    template: str = "support_reply"
    tone: str = "friendly and brief"
    languages: tuple[Literal["en", "fr", "da", "sv", "no", "de", "es"], ...] = Field(("en",), min_length=1)
    settle_seconds: float = Field(8, ge=0, le=600)
    hold_seconds: float = Field(0, ge=0, le=3600)

    @field_validator("languages", mode="before")
    @classmethod
    def _norwegian(cls, value: Any) -> Any:
        # YAML 1.1 reads a bare `no` as false.
        return ["no" if code is False else code for code in value] if isinstance(value, list) else value


class ModelPart(_Part):
    """The model that drafts, used when a key or a base URL is there."""

    name: str = "gpt-4.1-mini"
    temperature: float | None = Field(None, ge=0, le=2)
    timeout_seconds: float = Field(60, gt=0, le=600)
    budget_seconds: float = Field(90, gt=0, le=1800)
    attempts: int = Field(3, ge=1, le=10)


class PatiencePart(_Part):
    """How long things may take, in seconds."""

    draft_lease: float | None = Field(None, gt=0)
    send_lease: float = Field(30, gt=0)
    send: float = Field(10, gt=0)
    card_lease: float = Field(30, gt=0)
    again: float = Field(2, gt=0)
    again_most: float = Field(300, gt=0)
    tries: int = Field(8, ge=1, le=100)


class WorkspacePart(_Part):
    """The local workspace: a support channel in the browser."""

    place: PlaceName = "web:support"
    customers: tuple[str, ...] = Field(("Mia Lindqvist", "Jonas Weber"), min_length=1)
    reviewers: dict[str, str] = Field({"ana": "Ana", "leo": "Leo", "guest": "Guest"}, min_length=1)


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=_PREFIX, env_nested_delimiter="__", env_file_encoding="utf-8"
    )

    config: Path = Field(Path("config/countersign.yaml"), validation_alias=CONFIG)
    desks: dict[str, DeskSettings] = Field(min_length=1)
    model: ModelPart = ModelPart()
    patience: PatiencePart = PatiencePart()
    workspace: WorkspacePart = WorkspacePart()
    prompts: Path = Path("prompts")
    knowledge: Path = Path("config/knowledge")
    # Without one it lies beside an SQLite database, else in data.
    seal_key: Path | None = None
    seal_seconds: float = Field(300, ge=1)
    samples: Path = Path("config/samples.yaml")
    slots: int = Field(32, ge=1, le=1000)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    database_url: str = Field("sqlite:///data/countersign.db", validation_alias="DATABASE_URL")
    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8080, ge=0, le=65535, validation_alias="PORT")
    openai_api_key: SecretStr = Field(SecretStr(""), validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field("", validation_alias="OPENAI_BASE_URL")
    slack_bot_token: SecretStr = Field(SecretStr(""), validation_alias="SLACK_BOT_TOKEN")
    slack_signing_secret: SecretStr = Field(SecretStr(""), validation_alias="SLACK_SIGNING_SECRET")
    slack_app_token: SecretStr = Field(SecretStr(""), validation_alias="SLACK_APP_TOKEN")
    slack_api_url: str = Field("", validation_alias="SLACK_API_URL")
    teams_app_id: str = Field("", validation_alias="TEAMS_APP_ID")
    teams_app_password: SecretStr = Field(SecretStr(""), validation_alias="TEAMS_APP_PASSWORD")
    teams_tenant_id: str = Field("", validation_alias="TEAMS_TENANT_ID")
    teams_allow_unsigned: bool = Field(False, validation_alias="TEAMS_ALLOW_UNSIGNED")

    @property
    def has_model(self) -> bool:
        """Whether a model is configured."""
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then .env, then the YAML file (handed over by `load`), then the defaults."""
        return env_settings, dotenv_settings, init_settings


def read_samples(path: Path) -> list[dict[str, str]]:
    """The messages that the local workspace offers to try; none when there is no such file."""
    if not path.exists():
        return []
    samples = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [{key: str(value) for key, value in sample.items()} for sample in samples]


def load(dotenv: Path = Path(".env")) -> Settings:
    """The settings in force. Raises `BadSettings` with every problem found."""
    path = Path(os.environ.get(CONFIG) or dotenv_values(dotenv).get(CONFIG) or "config/countersign.yaml")
    values, lines = _read(path)
    problems = _unknown_variables()
    try:
        settings = Settings(_env_file=dotenv, **values)
    except ValidationError as error:
        raise BadSettings(problems + [_sentence(found, path, lines, dotenv) for found in error.errors()]) from None
    problems += _desk_problems(settings, path, lines)
    if problems:
        raise BadSettings(problems)
    return settings


def _read(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """The file's values, and the line of each key by its path."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadSettings([f"{path}: cannot be read ({error.strerror}). {CONFIG} names another file."]) from None
    except UnicodeDecodeError:
        raise BadSettings([f"{path}: is not UTF-8 text."]) from None
    try:
        values, node = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise BadSettings([f"{path}{where}: is not valid YAML: {getattr(error, 'problem', error)}."]) from None
    if not isinstance(values, dict):
        raise BadSettings([f"{path}: must hold keys and values, beginning with desks:."])
    return {str(key): value for key, value in values.items()}, _lines(node)


def _lines(node: yaml.Node | None, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found[(*path, str(key.value))] = key.start_mark.line + 1
            found |= _lines(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found[(*path, str(index))] = value.start_mark.line + 1
            found |= _lines(value, (*path, str(index)))
    return found


def _unknown_variables() -> list[str]:
    """A mistyped variable would otherwise be ignored without a word."""
    known = {CONFIG, *(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)}
    return [
        f"Environment variable {name}: there is no such setting. It must be one of {', '.join(sorted(known))}."
        for name in sorted(os.environ)
        if name.startswith(_PREFIX) and name.split("__")[0] not in known
    ]


def _sentence(found: Any, path: Path, lines: dict[tuple[str, ...], int], dotenv: Path) -> str:
    """One problem in one sentence: the file and line or the variable, the key, what is wrong, what is allowed."""
    loc = tuple(str(part) for part in found["loc"] if part != "[key]")
    name = ".".join(loc)
    variable = loc[0] if loc[0].isupper() else _PREFIX + "__".join(part.upper() for part in loc)
    at = next((lines[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in lines), None)
    where = f"{path}, line {at}: {name}" if at else f"{path}: {name}"
    if loc[0].isupper() or variable in os.environ:
        where = f"Environment variable {variable}"
    elif at is None and loc[0] in {key.lower() for key in dotenv_values(dotenv)}:
        where = f"{dotenv}: {name.upper()}"
    if found["type"] == "extra_forbidden":
        return f"{where} is not a setting. Known here: {', '.join(_siblings(loc))}."
    if found["type"] == "missing":
        return f"{where} is missing."
    what = found["msg"].removeprefix("Value error, ")
    return f"{where} {what[0].lower()}{what[1:]}, but is {_shown(found['input'])}."


def _shown(value: Any) -> str:
    """A value as an error may show it: what is long is no slip of the pen, and may be a secret in the wrong place."""
    return repr(value) if len(repr(value)) <= 40 else "something longer"


def _siblings(loc: tuple[str, ...]) -> list[str]:
    """The keys that are known beside the one at `loc`."""
    if len(loc) == 1:
        aliases = [str(field.validation_alias or name) for name, field in Settings.model_fields.items()]
        return sorted(aliases)
    parts: dict[str, type[BaseModel]] = {"model": ModelPart, "patience": PatiencePart, "workspace": WorkspacePart}
    part = DeskSettings if loc[0] == "desks" else parts.get(loc[0])
    return sorted(part.model_fields) if part else []


def _desk_problems(settings: Settings, path: Path, lines: dict[tuple[str, ...], int]) -> list[str]:
    """What single values cannot show: desks that get in each other's way or in their own."""
    problems: list[str] = []
    heard: dict[str, str] = {}
    for name, desk in settings.desks.items():
        at = lines.get(("desks", name))
        where = f"{path}, line {at}: desks.{name}" if at else f"{path}: desks.{name}"
        if desk.reviews in desk.listens:
            problems.append(
                f"{where} reviews in {desk.reviews}, where its customers write: drafts would be shown to them."
                " Name another channel in reviews."
            )
        for place in desk.listens:
            if place in heard:
                problems.append(
                    f"{where} listens to {place}, and so does desks.{heard[place]}. Leave it to one of them."
                )
            heard[place] = name
    reviewed = {desk.reviews: name for name, desk in settings.desks.items()}
    problems += [
        f"{path}: desks.{reviewed[place]} reviews in {place}, where customers of desks.{heard[place]} write."
        for place in heard
        if place in reviewed and settings.desks[reviewed[place]].reviews not in settings.desks[reviewed[place]].listens
    ]
    if settings.patience.send_lease < 3 * settings.patience.send:
        problems.append(
            f"{path}: patience.send_lease must be at least three times patience.send, or a reply could be sent twice."
        )
    return problems
