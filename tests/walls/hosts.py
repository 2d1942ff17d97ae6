"""No text file of the house says where packages come from: that is for the machine that installs them to know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# Written as patterns with escaped dots, this file does not match itself.
HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.com|jsdelivr\.net|unpkg\.com|crates\.io|rubygems\.org"
    r"|proxy\.golang|anaconda\.(?:org|com)|conda\.io|(?:docker|ghcr|quay|gcr)\.io",
    re.IGNORECASE,
)
OPTION = re.compile(r"--(?:(?:extra-)?index-url|find-links|trusted-host)|^\s*(?:extra-)?index-url\s*=", re.MULTILINE)

# Caches, the virtual environment and git's own folder are not ours to read; data/ is the user's and .env is secret.
OURS_WITH_A_DOT = frozenset({".ci", ".github", ".dockerignore", ".editorconfig", ".env.example", ".gitignore"})
NOT_OURS = frozenset({"data", "dist", "node_modules", "__pycache__"})


def texts(folder: Path) -> Iterator[Path]:
    """Every text file below the folder that belongs to the house."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or (path.name.startswith(".") and path.name not in OURS_WITH_A_DOT):
            continue
        if path.is_symlink():
            continue
        if path.is_dir():
            if not (path / "pyvenv.cfg").exists():
                yield from texts(path)
        elif b"\0" not in path.read_bytes()[:8192]:
            yield path


def findings(root: Path) -> Iterator[tuple[str, int, str]]:
    for path in texts(root):
        text = path.read_text("utf-8", errors="replace")
        for pattern in (HOST, OPTION):
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                yield path.relative_to(root).as_posix(), line, f"names a package host ({match.group().strip()})"
