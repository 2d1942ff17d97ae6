"""What look-ups are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """One thing that can be looked up.

    `find` are patterns by the variable they fill, searched in what the customer wrote. Only a `public` answer may be
    told to customers. `timeout` is for one call, `cache` how long its answer is kept, both in seconds. `desks` are ids;
    none means all.
    """

    name: str
    title: str
    find: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    timeout: float = 3.0
    cache: float = 300.0
    desks: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpLookup(Lookup):
    """An HTTP GET of `url` with variables in it, shown by `paths`: JMESPath by label, one without a label alone."""

    url: str
    paths: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolLookup(Lookup):
    """A tool of an MCP server, called with these arguments, which may have variables in them."""

    tool: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSetting:
    """An MCP server: at `url`, or started by `command`. `trusted` tools may lack the hint that they only read."""

    name: str
    tools: tuple[ToolLookup, ...]
    url: str = ""
    command: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    trusted: bool = False
