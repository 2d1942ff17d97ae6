"""Where articles are can be written as one path, as a list, and in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.conftest import GOOD, Desk


def parts(*said: tuple[str, str | None, str | None]) -> list[tuple[Path, str | None, str | None]]:
    return [(Path(path), audience, language) for path, audience, language in said]


WRITTEN = {
    "knowledge: a": parts(("a", None, None)),
    "knowledge: [a, b.csv]": parts(("a", None, None), ("b.csv", None, None)),
    "knowledge: {path: a, audience: public}": parts(("a", "public", None)),
    "knowledge: [a, {path: b.csv, audience: internal, language: no}]": parts(
        ("a", None, None), ("b.csv", "internal", "no")
    ),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_where_articles_are(desk: Desk, written: str) -> None:
    """A path needs no key, and one entry no list; a bare `no` is Norwegian."""
    desk.write(f"{GOOD}{written}\n")
    assert [(part.path, part.audience, part.language) for part in desk.load().knowledge] == WRITTEN[written]


def test_where_articles_are_in_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path as it is, anything else as JSON."""
    for value in ("a", '["a"]', '{"path": "a"}'):
        monkeypatch.setenv("COUNTERSIGN_KNOWLEDGE", value)
        assert [part.path for part in desk.load().knowledge] == [Path("a")]


REFUSED = {
    "[a, {pth: b}]": [
        "knowledge.1.path is missing; it must be a path.",
        "knowledge.1.pth is not a setting; known here",
    ],
    "[{path: a, audience: all}]": ["knowledge.0.audience must be public or internal, but is 'all'."],
    "[{path: a, language: english}]": ["knowledge.0.language must be two letters such as en or da, but is 'english'."],
    "'[a'": ['knowledge must be a path, or JSON as in ["config/knowledge", {"path": "faq.csv"}], but is \'[a\'.'],
}


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_wrong_is_told(desk: Desk, written: str) -> None:
    """Nothing becomes public by a typing error."""
    desk.write(f"{GOOD}knowledge: {written}\n")
    problems = [problem.split(": ", 1)[1] for problem in desk.refused()]
    assert len(problems) == len(REFUSED[written])
    assert all(problem.startswith(said) for problem, said in zip(problems, REFUSED[written], strict=True)), problems
