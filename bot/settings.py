"""config/*.yaml, .env and the environment become one frozen `Settings`. The only reader of the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.inforce import Row, rows
from bot.mistakes import Says, Sources, sentences, unknown_keys, unknown_variables
from bot.written import ENCODING, BadSettings, read_dotenv, read_yaml

CONFIG = "COUNTERSIGN_CONFIG"
_PREFIX = "COUNTERSIGN_"
CHANNELS = ("web", "slack", "teams")
# A group that whoever people sign in with tells us of, as in `group:support-leads`.
GROUP = "group"
LANGUAGES = ("en", "fr", "da", "sv", "no", "de", "es")
# What SQLAlchemy takes for the port of an address, after host and colon.
_PORT = re.compile(r"(?:\[[^/?]+\]|[^/:?]+)?(?::([^/?]*))?")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# How a secret is named where look-ups need one, where that may be, and what needs one for sure.
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_PLACES = frozenset({("lookups", "headers"), ("mcp", "headers"), ("mcp", "environment")})
_SECRETIVE = re.compile(r"auth|cookie|key|token|secret|password", re.IGNORECASE)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _place(value: str) -> str:
    channel, _, rest = value.partition(":")
    if channel not in CHANNELS or not rest:
        raise ValueError(f"must be channel:id, with one of these channels: {', '.join(CHANNELS)}")
    return value


def _person(value: str) -> str:
    channel, _, rest = value.partition(":")
    if channel not in (*CHANNELS, GROUP) or not rest:
        raise ValueError(
            f"must be channel:person, channel:* or group:name, with one of these channels: {', '.join(CHANNELS)}"
        )
    # Entra's ids are the same in capitals, and Teams writes them small.
    return value.lower() if channel == "teams" else value


def _no_truth(value: Any) -> Any:
    """YAML 1.1 reads `yes` and `on` as true, which would pass for 1."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth", "not a number")
    return value


def _pattern(value: str) -> str:
    if not re.fullmatch(r"(\*\.)?[\w-]+(\.[\w-]+)*(/[^\s?#]*)?", value):
        raise ValueError("must be a host without https://, as in wiki.example.org, *.corp.example or example.org/staff")
    return value


def _guid(value: str) -> str:
    if not _GUID.fullmatch(value.lower()):
        raise ValueError("must be an id of Entra, as in 00000000-0000-0000-0000-000000000000")
    return value.lower()


PlaceName = Annotated[str, AfterValidator(_place), Says("channel:id")]
PersonName = Annotated[str, AfterValidator(_person), Says("channel:person")]
MaskName = Literal[
    "url_secret",
    "token",
    "password",
    "email",
    "iban",
    "ip",
    "card",
    "national_id",
    "phone",
    "account",
    "address",
    "name",
]
Address = Annotated[str, Field(pattern=r"^https?://[^\s|<>]+$"), Says("an address with https://")]
Number = Annotated[float, BeforeValidator(_no_truth)]
Whole = Annotated[int, BeforeValidator(_no_truth)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SlackDeskPart(_Part):
    """Who is staff at a desk in Slack, and what its replies say of themselves."""

    # Ids of users (U, W), user groups (S), teams (T) and enterprises (E), beside those named under people.
    staff: tuple[Annotated[str, Field(pattern=r"^[UWSTE][A-Z0-9]+$")], ...] = ()
    colleagues: Literal["auto", "staff", "customers"] = "auto"
    guests: Literal["customers", "staff"] = "customers"
    disclosure: Literal["none", "ai", "team", "name"] = "team"


class TeamsDeskPart(_Part):
    """Who is staff at a desk in Teams, and what its replies say of themselves."""

    # Object ids of people and ids of tenants, beside those named under people.
    staff: tuple[Annotated[str, AfterValidator(_guid), Says("id")], ...] = ()
    colleagues: Literal["auto", "staff", "customers"] = "auto"
    guests: Literal["customers", "staff"] = "customers"
    disclosure: Literal["none", "ai", "team", "name"] = "team"


class BacktestPart(_Part):
    """What a desk puts up with from a new version of its template, compared to the one in use, on its own decided
    reviews."""

    required: bool = False
    # Mean share of characters by which drafts may be further from what was sent.
    worse_by: Number = Field(0.2, ge=0, le=1)
    # Claims without a source and replies in a wrong language.
    more_faults: Whole = Field(0, ge=0, le=1000)


class DeskSettings(_Part):
    """One support team."""

    name: str
    listens: tuple[PlaceName, ...] = Field(min_length=1)
    reviews: PlaceName
    # Where its leads are told what nobody has to decide on.
    leads_channel: PlaceName | None = None
    people: dict[PersonName, Literal["agent", "lead", "admin"]] = {}
    template: str = "support_reply"
    tone: str = "friendly and brief"
    languages: tuple[Literal["en", "fr", "da", "sv", "no", "de", "es"], ...] = Field(("en",), min_length=1)
    # Hosts, with or without a path, whose links are for colleagues only.
    internal_links: tuple[Annotated[str, AfterValidator(_pattern), Says("host or host/path")], ...] = ()
    slack: SlackDeskPart = SlackDeskPart()
    teams: TeamsDeskPart = TeamsDeskPart()
    backtest_limit: BacktestPart = BacktestPart()
    settle_seconds: Number = Field(8, ge=0, le=600)
    hold_seconds: Number = Field(0, ge=0, le=3600)
    confirm: Literal["never", "risky", "always"] = "never"
    answer_within_minutes: Number | None = Field(None, gt=0)
    # Whether drafts say how the customer sounds. Slack's Marketplace does not accept that of every app.
    sentiment: bool = True
    # What a model may see of a customer although it is personal; everything else is hidden from it.
    unmasked: tuple[MaskName, ...] = ()
    # The languages its reviewers read; what is in another one is translated for them into the first.
    reads: tuple[Literal["en", "fr", "da", "sv", "no", "de", "es"], ...] = ()
    # What drafts may cost in a month, in the currency of model.prices; then they come from the articles alone.
    monthly_budget: Number | None = Field(None, ge=0)
    keep_days: Number | None = Field(None, gt=0)
    # For which share of the messages no draft is made, so that what drafts save can be measured.
    hold_back: Number = Field(0, ge=0, le=0.5)
    # What an hour of a reviewer costs, in the currency of model.prices.
    hour_costs: Number | None = Field(None, ge=0)
    # Whether it is written down who opened a customer's words on a page.
    record_looks: bool = False
    # Whether leads see the figures of single reviewers, or only the team's.
    show_individuals: bool = False

    @field_validator("languages", "reads", mode="before")
    @classmethod
    def _norwegian(cls, value: Any) -> Any:
        # YAML 1.1 reads a bare `no` as false.
        return ["no" if code is False else code for code in value] if isinstance(value, list) else value


class PricePart(_Part):
    """What a model's provider charges for a million tokens, those sent and those received."""

    sent: Number = Field(ge=0)
    received: Number = Field(ge=0)


class ModelPart(_Part):
    """The model that drafts, used when a key or a base URL is there."""

    name: str = "gpt-4.1-mini"
    # Asked when the first one cannot answer; at the same address.
    fallback_model: str = ""
    # What a million tokens cost, by the name of the model, in whatever currency the budgets are in.
    prices: dict[str, PricePart] = {}
    temperature: Number | None = Field(None, ge=0, le=2)
    timeout_seconds: Number = Field(60, gt=0, le=600)
    budget_seconds: Number = Field(90, gt=0, le=1800)
    attempts: Whole = Field(3, ge=1, le=10)


class PatiencePart(_Part):
    """How long things may take, in seconds."""

    draft_lease: Number | None = Field(None, gt=0)
    send_lease: Number = Field(30, gt=0)
    send: Number = Field(10, gt=0)
    card_lease: Number = Field(30, gt=0)
    again: Number = Field(2, gt=0)
    again_most: Number = Field(300, gt=0)
    tries: Whole = Field(8, ge=1, le=100)
    renew: Number = Field(60, gt=0)


class WorkspacePart(_Part):
    """The local workspace: a support channel in the browser."""

    place: PlaceName = "web:support"
    customers: tuple[str, ...] = Field(("Mia Lindqvist", "Jonas Weber"), min_length=1)
    reviewers: dict[str, str] = Field({"ana": "Ana", "leo": "Leo", "guest": "Guest"}, min_length=1)


class SlackPart(_Part):
    """How fast messages follow each other in one channel, about one a second for Slack, and how long to wait before a
    reply that was not found is looked for a second time. The second look must end within `patience.send`."""

    pace_seconds: Number = Field(1, ge=0, le=60)
    look_again_seconds: Number = Field(2, ge=0, le=60)


class TeamsPart(_Part):
    """Where Microsoft is reached, which other clouds than the public one have elsewhere, whether posts keep within the
    published limits, and how long to wait before a reply that was not found is looked for a second time. The second look
    must end within `patience.send`."""

    login_url: Address = "https://login.microsoftonline.com"
    openid_url: Address = "https://login.botframework.com"
    graph_url: Address = "https://graph.microsoft.com"
    service_url: Address = "https://smba.trafficmanager.net/teams/"
    paced: bool = True
    look_again_seconds: Number = Field(2, ge=0, le=60)


def _few_words(value: str) -> str:
    if not 0 < len(value.strip()) <= 60 or "\n" in value:
        raise ValueError("must be a few words")
    return value.strip()


def _variable(value: str) -> str:
    from bot.lookups.variables import KNOWN

    wrong = value in KNOWN or not re.fullmatch(r"[a-z_]{1,30}", value)
    return _faultless(
        value, f"must have a name in small letters and _, and none of {', '.join(KNOWN)}" if wrong else ""
    )


def _regular(value: str) -> str:
    from bot.lookups import variables

    return _faultless(value, variables.pattern_fault(value))


def _faultless(value: str, fault: str) -> str:
    if fault:
        raise ValueError(fault)
    return value


def _paths(value: Any) -> Any:
    """One path alone needs no label."""
    from bot.lookups import answers

    paths = {"": value} if isinstance(value, str) else value
    for path in paths.values() if isinstance(paths, dict) else ():
        _faultless(path, answers.path_fault(str(path)))
    return paths


Label = Annotated[str, AfterValidator(_few_words), Says("a few words")]
Headers = dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], SecretStr]


class AskedPart(_Part):
    """What every look-up has."""

    title: Label
    find: dict[Annotated[str, AfterValidator(_variable)], Annotated[str, AfterValidator(_regular)]] = {}
    public: bool = False
    timeout_seconds: Number = Field(3, gt=0, le=10)
    cache_seconds: Number = Field(300, ge=0, le=3600)
    desks: tuple[str, ...] = ()


class LookupPart(AskedPart):
    """Something to look up with an HTTP GET."""

    url: str
    headers: Headers = {}
    path: Annotated[
        dict[str, str],
        BeforeValidator(_paths),
        Field(min_length=1),
        Says("a JMESPath expression, or several by their labels"),
    ]


class ToolPart(AskedPart):
    """A tool that may be called, with these arguments and no others."""

    arguments: dict[str, str] = {}


class ServerPart(_Part):
    """An MCP server, at an address or started by a command."""

    url: Address | None = None
    command: tuple[str, ...] = ()
    headers: Headers = {}
    environment: dict[str, SecretStr] = {}
    trusted: bool = False
    tools: dict[str, ToolPart] = Field(min_length=1)


class ArticlesPart(_Part):
    """A folder or file of articles, and what holds for those that do not say it themselves."""

    path: Path
    audience: Literal["public", "internal"] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$"), Says("two letters such as en or da")] | None = None

    @field_validator("language", mode="before")
    @classmethod
    def _norwegian(cls, value: Any) -> Any:
        # YAML 1.1 reads a bare `no` as false.
        return "no" if value is False else value


def _articles(value: Any) -> Any:
    """One path alone needs no list, and a path no key. In a variable, what is no path is JSON."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError('must be a path, or JSON as in ["config/knowledge", {"path": "faq.csv"}]') from None
    parts = value if isinstance(value, list | tuple) else [value]
    return [{"path": part} if isinstance(part, str | Path) else part for part in parts]


_DISCOVERY = "/.well-known/openid-configuration"


class SigninPart(_Part):
    """Whom people sign in with, to the pages. Without a provider nobody signs in, and the pages are for this machine
    alone."""

    provider: Literal["slack", "entra", "oidc"] | None = None
    # Where the provider describes itself; Slack's and Entra's are known.
    discovery_url: str = Field("", pattern=r"^(https?://[^\s|<>]+)?$")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    # The workspace (T...) of Slack and the tenant of Entra whose people may sign in.
    team: str = Field("", pattern=r"^([TE][A-Z0-9]+)?$")
    tenant: Annotated[str, AfterValidator(lambda value: _guid(value) if value else value), Says("id")] = ""
    groups_claim: str = "groups"
    session_minutes: Number = Field(480, gt=0, le=1440)
    idle_minutes: Number = Field(60, gt=0, le=1440)

    @property
    def discovery(self) -> str:
        """Where the provider describes itself."""
        known = {
            "slack": f"https://slack.com{_DISCOVERY}",
            "entra": f"https://login.microsoftonline.com/{self.tenant}/v2.0{_DISCOVERY}",
        }
        return self.discovery_url or known.get(self.provider or "", "")


class EmbeddingsPart(_Part):
    """A model that turns texts into vectors, used beside the letters when one is named."""

    model: str = ""
    # The least cosine. What it should be depends on the model.
    floor: Number = Field(0.4, ge=-1, le=1)
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    cache: Path = Path("data/vectors")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_file_encoding=ENCODING,
        # What a look-up names may stand in .env too; whatever else nobody knows is found by `unknown_variables`.
        dotenv_filtering="only_existing",
    )

    _sources: Sources | None = PrivateAttr(None)

    config: Path = Field(Path("config/countersign.yaml"), validation_alias=CONFIG)
    desks: dict[str, DeskSettings] = Field(min_length=1)
    model: ModelPart = ModelPart()
    patience: PatiencePart = PatiencePart()
    workspace: WorkspacePart = WorkspacePart()
    slack: SlackPart = SlackPart()
    teams: TeamsPart = TeamsPart()
    lookups: dict[str, LookupPart] = {}
    mcp: dict[str, ServerPart] = {}
    # Where people reach the pages, for links in cards; without it, the address this program listens at.
    public_url: str = Field("", pattern=r"^(https?://[^\s|<>]+)?$")
    signin: SigninPart = SigninPart()
    prompts: Path = Path("prompts")
    knowledge: Annotated[
        tuple[ArticlesPart, ...],
        NoDecode,
        BeforeValidator(_articles),
        Says("a path, or a list of paths and groups of keys"),
    ] = Field("config/knowledge", validate_default=True)
    knowledge_seconds: Number = Field(60, ge=1)
    knowledge_embeddings: EmbeddingsPart = EmbeddingsPart()
    # Without one it lies beside an SQLite database, else in data.
    seal_key: Path | None = None
    seal_seconds: Number = Field(300, ge=1)
    samples: Path = Path("config/samples.yaml")
    slots: Whole = Field(32, ge=1, le=1000)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    database_url: str = Field("sqlite:///data/countersign.db", validation_alias="DATABASE_URL")
    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: Whole = Field(8080, ge=0, le=65535, validation_alias="PORT")
    openai_api_key: SecretStr = Field(SecretStr(""), validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field("", validation_alias="OPENAI_BASE_URL")
    otel_exporter_otlp_endpoint: str = Field("", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    slack_bot_token: SecretStr = Field(SecretStr(""), validation_alias="SLACK_BOT_TOKEN")
    slack_signing_secret: SecretStr = Field(SecretStr(""), validation_alias="SLACK_SIGNING_SECRET")
    slack_app_token: SecretStr = Field(SecretStr(""), validation_alias="SLACK_APP_TOKEN")
    slack_api_url: str = Field("", validation_alias="SLACK_API_URL")
    teams_app_id: str = Field("", validation_alias="TEAMS_APP_ID")
    teams_app_password: SecretStr = Field(SecretStr(""), validation_alias="TEAMS_APP_PASSWORD")
    teams_tenant_id: str = Field("", validation_alias="TEAMS_TENANT_ID")
    teams_allow_unsigned: bool = Field(False, validation_alias="TEAMS_ALLOW_UNSIGNED")

    @field_validator("database_url", "host", "port", "teams_allow_unsigned", mode="before")
    @classmethod
    def _nothing(cls, value: Any, info: ValidationInfo) -> Any:
        # A line of .env.example without its `# ` and without a value.
        return cls.model_fields[info.field_name or ""].default if value == "" else value

    @field_validator("teams_app_id", "teams_tenant_id")
    @classmethod
    def _id(cls, value: str) -> str:
        return _guid(value) if value else value

    @field_validator("database_url")
    @classmethod
    def _address(cls, value: str) -> str:
        rest = value.partition("://")[2]
        port = _PORT.match(rest.partition("@")[2] or rest)
        if port and port[1] and not port[1].isdecimal():
            raise ValueError("must have a number as its port")
        return value

    def in_force(self) -> tuple[Row, ...]:
        """Every setting with its value and where that was said, without secrets."""
        return tuple(rows(self, self._sources))

    @property
    def has_model(self) -> bool:
        """Whether a model is configured."""
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models that draft, in the order in which they are asked."""
        return tuple(dict.fromkeys(filter(None, (self.model.name, self.model.fallback_model))))

    @property
    def draft_seconds(self) -> float:
        """How long a draft may take at most: each model has its time, and has it again where drafts are translated."""
        calls = 2 if any(desk.reads for desk in self.desks.values()) else 1
        return calls * len(self.models) * self.model.budget_seconds

    @property
    def has_slack(self) -> bool:
        """Whether Slack is configured: a bot token, and a way for its events to come in."""
        proof = self.slack_signing_secret.get_secret_value() or self.slack_app_token.get_secret_value()
        return bool(self.slack_bot_token.get_secret_value() and proof)

    @property
    def has_teams(self) -> bool:
        """Whether Teams is configured: an app, its tenant, and its secret unless a local connector asks for none."""
        secret = self.teams_app_password.get_secret_value() or self.teams_allow_unsigned
        return bool(self.teams_app_id and self.teams_tenant_id and secret)

    @property
    def door_is_safe(self) -> bool:
        """Whether the program may listen where it is told to: on this machine, or where people sign in over TLS."""
        over_tls = bool(self.signin.provider) and self.public_url.startswith("https://")
        return self.host in LOOPBACK or over_tls

    @property
    def page_url(self) -> str:
        """Where the pages are."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

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


_VARIABLES = frozenset(
    str(field.validation_alias) for field in Settings.model_fields.values() if field.validation_alias
)
_KEYS = frozenset(name for name, field in Settings.model_fields.items() if not field.validation_alias)


class _Sample(_Part):
    id: str
    language: str
    label: str
    text: str


class _Samples(_Part):
    samples: tuple[_Sample, ...]


def read_samples(path: Path) -> list[dict[str, str]]:
    """The messages that the local workspace offers to try; none without such a file. Raises `BadSettings`."""
    if not path.exists():
        return []
    values, lines = read_yaml(path)
    sources = Sources(_PREFIX, frozenset(), Path(), {}, path, {("samples", *key): at for key, at in lines.items()})
    try:
        return [sample.model_dump() for sample in _Samples(samples=values or ()).samples]
    except ValidationError as error:
        raise BadSettings(list(sentences(error.errors(), _Samples, sources))) from None


def load(dotenv: Path = Path(".env")) -> Settings:
    """The settings in force. Raises `BadSettings` with every problem found."""
    said, entries = read_dotenv(dotenv)
    path = Path(os.environ.get(CONFIG) or said.get(CONFIG) or "config/countersign.yaml")
    values, lines = read_yaml(path, f"{CONFIG} names another file")
    if not isinstance(values, dict):
        raise BadSettings([f"{path}: must hold keys and values, beginning with desks:."])
    variables = {**said, **os.environ}
    sources = Sources(
        _PREFIX, frozenset(name.upper() for name in os.environ), dotenv, entries, path, lines, dict(_inside(variables))
    )
    secrets = _Secrets({**said, **os.environ}, sources)
    values = secrets.filled(values)
    known = _VARIABLES | secrets.names
    problems = [
        *unknown_keys(values, _KEYS, known, sources),
        *unknown_variables(_KEYS, known, sources),
        *secrets.problems,
    ]
    try:
        settings = Settings(_env_file=dotenv, **{key: value for key, value in values.items() if key in _KEYS})
    except SettingsError as error:
        raise BadSettings([*problems, _no_json(error, {**said, **os.environ}, sources)]) from None
    except ValidationError as error:
        raise BadSettings([*problems, *sentences(error.errors(), Settings, sources)]) from None
    problems += _clashes(settings, sources)
    if problems:
        raise BadSettings(problems)
    settings._sources = sources  # noqa: SLF001 - kept with the settings whose sources they are
    return settings.model_copy(update={"config": path})


def _inside(variables: Mapping[str, str | None]) -> Iterator[tuple[str, frozenset[tuple[str, ...]]]]:
    """The keys in those of our variables that are JSON."""
    for name, value in variables.items():
        if name.upper().startswith(_PREFIX) and (value or "").lstrip().startswith("{"):
            with suppress(ValueError):
                yield name.upper(), frozenset(_ways(json.loads(value or "")))


def _ways(value: Any, *loc: str) -> Iterator[tuple[str, ...]]:
    if loc:
        yield loc
    for key, one in value.items() if isinstance(value, dict) else ():
        yield from _ways(one, *loc, str(key))


class _Secrets:
    """Fills in what look-ups name as ${NAME}. Nothing is changed in place: an alias in YAML is the same group twice.

    `names` are all that were named, `problems` sentences.
    """

    def __init__(self, variables: Mapping[str, str | None], sources: Sources) -> None:
        self._variables = variables
        self._sources = sources
        self.names: set[str] = set()
        self.problems: list[str] = []

    def filled(self, values: Any, *loc: str) -> Any:
        """The same with secrets wherever they may stand."""
        if isinstance(values, dict):
            return {key: self.filled(value, *loc, str(key)) for key, value in values.items()}
        if isinstance(values, str) and len(loc) == 4 and (loc[0], loc[2]) in _SECRET_PLACES:
            return self._filled(values, loc)
        return values

    def _filled(self, text: str, loc: tuple[str, ...]) -> str:
        where, wanted = self._sources.in_file(*loc), _SECRET.findall(text)
        found = {name: (self._variables.get(name) or "").strip() for name in wanted}
        self.names.update(found)
        self.problems += [
            f"{where} needs {name}, which is not set in .env or the environment."
            for name, value in found.items()
            if not value
        ]
        if not wanted and _SECRETIVE.search(loc[-1]):
            self.problems.append(f"{where} must take its secret from .env or the environment, as in ${{SHOP_TOKEN}}.")
        return _SECRET.sub(lambda match: found[match[1]], text)


def _no_json(error: SettingsError, values: dict[str, str | None], sources: Sources) -> str:
    text = getattr(error.__cause__, "doc", None)
    name = next(
        (name.upper() for name, value in values.items() if value == text and name.upper().startswith(_PREFIX)), ""
    )
    where = sources.variable(name) or f"Environment: {error}"
    return f'{where} must be written as JSON, as in ["web:support"].'


def _clashes(settings: Settings, sources: Sources) -> Iterator[str]:
    """What single values cannot show: what gets in each other's way or in its own."""
    heard: dict[str, str] = {}
    for name, desk in settings.desks.items():
        if desk.reviews in desk.listens:
            yield (
                f"{sources.where('desks', name, 'reviews')} is {desk.reviews}, where this desk's customers write and"
                " would read the drafts; name another channel."
            )
        for place in desk.listens:
            if place in heard:
                who = f"desks.{heard[place]} listens" if heard[place] != name else "it listens"
                yield f"{sources.where('desks', name, 'listens')} names {place}, where {who} already; leave it to one."
            heard[place] = name
    for name, desk in settings.desks.items():
        if heard.get(desk.reviews, name) != name:
            yield (
                f"{sources.where('desks', name, 'reviews')} is {desk.reviews}, where customers of"
                f" desks.{heard[desk.reviews]} write and would read the drafts; name another channel."
            )
        if desk.leads_channel in heard:
            yield (
                f"{sources.where('desks', name, 'leads_channel')} is {desk.leads_channel}, where customers of"
                f" desks.{heard[desk.leads_channel]} write; name another channel."
            )
    local = [place for place in heard if place.startswith("web:")]
    if local and settings.workspace.place not in local:
        yield (
            f"{sources.where('workspace', 'place')} is {settings.workspace.place}, where no desk listens, so nobody"
            f" would be answered there; name one of {', '.join(local)}."
        )
    free = [name for name in settings.models if name not in settings.model.prices]
    for name, desk in settings.desks.items():
        if desk.monthly_budget and settings.has_model and free:
            yield (
                f"{sources.where('desks', name, 'monthly_budget')} would never be used up, because model.prices has no"
                f" price for {free[0]}; add one."
            )
    patience = settings.patience
    if patience.send_lease < 3 * patience.send:
        yield (
            f"{sources.where('patience', 'send_lease')} is {patience.send_lease:g} and must be at least three times"
            f" patience.send ({patience.send:g}), or a reply could be sent twice."
        )
    if patience.draft_lease is not None and settings.has_model and patience.draft_lease <= settings.draft_seconds:
        yield (
            f"{sources.where('patience', 'draft_lease')} is {patience.draft_lease:g} and must be above"
            f" {settings.draft_seconds:g}, model.budget_seconds for every model and translation, or a draft would be"
            " made twice."
        )
    yield from _slack_clashes(settings, sources)
    yield from _teams_clashes(settings, sources)
    yield from _lookup_clashes(settings, sources)
    yield from _signin_clashes(settings, sources)


_SIGNIN_NEEDS = {
    "slack": {"team": "the workspace (T...) whose people may sign in, or anybody with Slack could"},
    "entra": {"tenant": "the tenant whose people may sign in"},
    "oidc": {"discovery_url": f"the address that ends with {_DISCOVERY}"},
}


def _signin_clashes(settings: Settings, sources: Sources) -> Iterator[str]:
    """What is missing for people to sign in, and what would let in more than are meant."""
    said = settings.signin
    if not said.provider:
        return
    where = f"{sources.where('signin', 'provider')} is {said.provider} and needs signin"
    client = {
        "client_id": "the id this program has there",
        "client_secret": "in .env, as COUNTERSIGN_SIGNIN__CLIENT_SECRET",
    }
    for key, what in {**client, **_SIGNIN_NEEDS[said.provider]}.items():
        value = getattr(said, key)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            yield f"{where}.{key}: {what}."
    public = urlsplit(settings.public_url)
    if settings.public_url and public.scheme != "https" and public.hostname not in LOOPBACK:
        yield (
            f"{sources.where('public_url')} is {settings.public_url}, where whoever listens could take a session over;"
            " signing in needs https://."
        )
    discovery = urlsplit(said.discovery)
    if said.discovery and discovery.scheme != "https" and discovery.hostname not in LOOPBACK:
        yield (
            f"{sources.where('signin', 'discovery_url')} is {said.discovery}, where whoever listens could sign in as"
            " anybody; it needs https://."
        )
    if said.discovery and not said.discovery.endswith(_DISCOVERY):
        yield f"{sources.where('signin', 'discovery_url')} is {said.discovery} and must end with {_DISCOVERY}."


def _places(desk: DeskSettings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The places a desk names, by their keys."""
    yield "listens", desk.listens
    yield "reviews", (desk.reviews,)
    if desk.leads_channel:
        yield "leads_channel", (desk.leads_channel,)


def _slack_clashes(settings: Settings, sources: Sources) -> Iterator[str]:
    """Places in Slack that cannot be reached as they are written."""
    for name, desk in settings.desks.items():
        for key, places in _places(desk):
            for place in places:
                if not place.startswith("slack:"):
                    continue
                if not re.fullmatch(r"slack:[CG][A-Z0-9]+", place):
                    yield (
                        f"{sources.where('desks', name, key)} names {place}, but channels in Slack are named by their"
                        " ids, as in slack:C0123ABCD; an id stands at the end of a channel's details."
                    )
                elif not settings.has_slack:
                    yield (
                        f"{sources.where('desks', name, key)} names {place}, but SLACK_BOT_TOKEN and"
                        " SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN) are not set in .env."
                    )


def _teams_clashes(settings: Settings, sources: Sources) -> Iterator[str]:
    """Places and people in Teams that cannot be reached as they are written, and a door that would be open to all."""
    if settings.teams_allow_unsigned and settings.host not in LOOPBACK:
        yield (
            f"{sources.where('TEAMS_ALLOW_UNSIGNED')} takes what anybody sends to /api/messages for true, so HOST must be"
            f" 127.0.0.1, and not {settings.host}."
        )
    for name, desk in settings.desks.items():
        for key, places in _places(desk):
            for place in places:
                if not place.startswith("teams:"):
                    continue
                if not re.fullmatch(r"teams:19:[^\s;%]+@thread\.[a-z0-9]+", place):
                    yield (
                        f"{sources.where('desks', name, key)} names {place}, but channels in Teams are named by their"
                        " ids, as in teams:19:…@thread.tacv2; an id stands in the channel's link, with %3A for : and %40"
                        " for @."
                    )
                elif not settings.has_teams:
                    yield (
                        f"{sources.where('desks', name, key)} names {place}, but TEAMS_APP_ID, TEAMS_APP_PASSWORD and"
                        " TEAMS_TENANT_ID are not set in .env."
                    )
        for person in desk.people:
            if person.startswith("teams:") and not re.fullmatch(rf"teams:(\*|{_GUID.pattern})", person):
                yield (
                    f"{sources.where('desks', name, 'people')} names {person}, but people in Teams are named by their"
                    " object ids, as in teams:00000000-0000-0000-0000-000000000000; Entra ID shows it with each user."
                )


def _lookup_clashes(settings: Settings, sources: Sources) -> Iterator[str]:
    """Look-ups that cannot be asked as they are written."""
    if not settings.lookups and not settings.mcp:
        return
    from bot.lookups import address, variables

    for name, lookup in settings.lookups.items():
        where = ("lookups", name)
        if fault := address.fault(lookup.url, _known_to(lookup)):
            yield f"{sources.where(*where, 'url')} {fault}."
        yield from _unknown_desks(settings, sources, lookup, where)
    for name, server in settings.mcp.items():
        if bool(server.url) == bool(server.command):
            yield f"{sources.where('mcp', name)} must have either url or command."
        for tool_name, tool in server.tools.items():
            here = ("mcp", name, "tools", tool_name)
            for argument, template in tool.arguments.items():
                if fault := variables.template_fault(template, _known_to(tool)):
                    yield f"{sources.where(*here, 'arguments', argument)} {fault}."
            yield from _unknown_desks(settings, sources, tool, here)


def _known_to(asked: AskedPart) -> frozenset[str]:
    from bot.lookups.variables import EMAIL, KNOWN

    return frozenset({*KNOWN, EMAIL, *asked.find})


def _unknown_desks(settings: Settings, sources: Sources, asked: AskedPart, where: tuple[str, ...]) -> Iterator[str]:
    for desk in asked.desks:
        if desk not in settings.desks:
            yield f"{sources.where(*where, 'desks')} names {desk}, which is none of {', '.join(settings.desks)}."
