"""The laws of the house that are about what a line does, not about what it imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from tests.walls import hosts


@dataclass(frozen=True)
class Finding:
    """A line that breaks a law."""

    path: str
    line: int
    check: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why} [{self.check}]"


class Source:
    """A Python file of the house with the names its imports gave."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.tree = ast.parse(text, path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def origins(self) -> dict[str, str]:
        """Local name -> the dotted name it was imported from, however it was renamed."""
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local = alias.asname or alias.name.partition(".")[0]
                    names[local] = alias.name if alias.asname else local
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}".lstrip(".")
        return names

    def dotted(self, node: ast.AST) -> str:
        """`dt.now` with `from datetime import datetime as dt` is `datetime.datetime.now`; unknown names are ''."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, "")
        if isinstance(node, ast.Attribute) and (owner := self.dotted(node.value)):
            return f"{owner}.{node.attr}"
        return ""

    def uses(self, forbidden: frozenset[str]) -> Iterator[tuple[int, str]]:
        """Every line that names something forbidden, by import or by attribute."""
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if f"{node.module}.{alias.name}" in forbidden:
                        yield node.lineno, f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Attribute) and (name := self.dotted(node)) in forbidden:
                yield node.lineno, name


Hits = Iterator[tuple[int, str]]


def inside(path: str, *rooms: str) -> bool:
    """Whether the file is one of these files or lies in one of these folders (written with a slash behind)."""
    return any(path == room or (room.endswith("/") and path.startswith(room)) for room in rooms)


def release_made_elsewhere(source: Source) -> Hits:
    """A Release is the permission to speak. The law makes it, and the store reads it back; nobody else may."""
    if inside(source.path, "bot/review/machine.py", "bot/store/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "Release":
                yield node.lineno, "only bot/review/machine.py makes a Release, and bot/store reads it back"
        elif isinstance(node, ast.alias) and node.name == "Release" and node.asname not in (None, "Release"):
            yield node.lineno, "Release keeps its name, so that nobody makes one under another"


def reply_sent_elsewhere(source: Source) -> Hits:
    """Only the desk records Depart before and Delivered after, so only the desk may make a channel speak."""
    if inside(source.path, "bot/desk.py"):
        return
    for node in source.nodes:
        if (isinstance(node, ast.Attribute) and node.attr == "send_reply") or (
            isinstance(node, ast.Constant) and node.value == "send_reply"
        ):
            yield node.lineno, "only bot/desk.py sends a reply"


ENVIRONMENT = frozenset({"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv"})


def environment_read_elsewhere(source: Source) -> Hits:
    """Everybody but settings receives values."""
    if not inside(source.path, "bot/settings.py"):
        for line, name in source.uses(ENVIRONMENT):
            yield line, f"only bot/settings.py reads {name}"


CLOCK = frozenset(
    {
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.monotonic_ns",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)


def clock_read_elsewhere(source: Source) -> Hits:
    """Time is passed in, so that a test can make it jump."""
    if not inside(source.path, "bot/wiring.py"):
        for line, name in source.uses(CLOCK):
            yield line, f"only bot/wiring.py reads the clock ({name})"


BROAD = frozenset({"Exception", "BaseException"})
EDGES = ("bot/loops.py", "bot/cli.py", "bot/store/engine.py")


def broad_except(source: Source) -> Hits:
    """What nobody named, nobody handled: it must reach an edge. A handler that always raises again swallows nothing."""
    if inside(source.path, *EDGES):
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type) and not _always_raises(node):
            yield node.lineno, "a broad `except` belongs to the edges: " + ", ".join(EDGES)
        elif isinstance(node, ast.Call) and source.dotted(node.func) == "contextlib.suppress" and _all(node.args):
            yield node.lineno, "suppress() of everything swallows what nobody named"


def _all(kinds: list[ast.expr]) -> bool:
    return any(_catches_all(kind) for kind in kinds)


def _catches_all(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return _all(kind.elts)
    return kind is None or (isinstance(kind, ast.Name) and kind.id in BROAD)


def _always_raises(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    leaves = any(isinstance(node, ast.Return | ast.Continue | ast.Break) for node in ast.walk(handler))
    return isinstance(last, ast.Raise) and last.exc is None and not leaves


def law_imports_something(source: Source) -> Hits:
    """The law is read and proved on its own: the standard library, and nothing else."""
    if not inside(source.path, "bot/review/"):
        return
    for node in source.nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        relative = isinstance(node, ast.ImportFrom) and node.level > 0
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for name in names:
            known = name.partition(".")[0] in sys.stdlib_module_names or f"{name}.".startswith("bot.review.")
            if not (known or relative):
                yield node.lineno, f"bot/review imports the standard library only, not {name}"


VAGUE = frozenset({"util", "utils", "helper", "helpers", "service", "services", "manager", "managers", "common"})


def vague_name(source: Source) -> Hits:
    """Files with such names collect what has no home. A file is named for its content."""
    path = PurePosixPath(source.path)
    for part in (*path.parts[:-1], path.stem):
        if VAGUE.intersection(part.split("_")):
            yield 1, f"{part!r} says nothing about the content"


ROOMS = frozenset(
    {"__init__", "__main__", "channels", "cli", "console", "desk", "drafting", "insight", "log", "loops", "phrases"}
    | {
        "accepting",
        "answering",
        "picturing",
        "backtest",
        "articles",
        "access",
        "cli_access",
        "cli_learning",
        "cli_prompts",
        "discretion",
        "doctor",
        "exports",
        "board",
        "inforce",
        "intake",
        "leads",
        "learning",
        "lookout",
        "lookups",
        "mistakes",
        "prompting",
        "proposing",
        "records",
        "review",
        "setting",
        "settings",
        "staff",
        "start",
        "store",
        "terminal",
        "traces",
        "trying",
        "versions",
        "watched",
        "watching",
        "wiring",
        "workshop",
        "written",
    }
)


def room_without_walls(source: Source) -> Hits:
    """A new room gets its place in the layers of pyproject.toml first, then its name here."""
    path = PurePosixPath(source.path)
    if path.parts[0] == "bot" and (room := PurePosixPath(path.parts[1]).stem) not in ROOMS:
        yield 1, f"bot.{room} stands in no import contract"


CHECKS: dict[str, Callable[[Source], Hits]] = {
    "release": release_made_elsewhere,
    "send": reply_sent_elsewhere,
    "environment": environment_read_elsewhere,
    "clock": clock_read_elsewhere,
    "except": broad_except,
    "law": law_imports_something,
    "name": vague_name,
    "room": room_without_walls,
}
EVERYWHERE = frozenset({"name"})  # the others are laws of bot/, not of its tests


def findings(root: Path) -> Iterator[Finding]:
    """Read the house at `root`: its Python files by every check, its text files for package hosts."""
    for folder in ("bot", "tests"):
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            try:
                source = Source(path, file.read_text("utf-8"))
            except SyntaxError as error:
                yield Finding(path, error.lineno or 1, "syntax", f"Python {sys.version.split()[0]} cannot read this")
                continue
            for name, check in CHECKS.items():
                if folder == "bot" or name in EVERYWHERE:
                    for line, why in check(source):
                        yield Finding(path, line, name, why)
    for path, line, why in hosts.findings(root):
        yield Finding(path, line, "host", why)
