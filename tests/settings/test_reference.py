"""docs/reference.md says what the code does: each table is held against it, row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bot.discretion import OWN_NETWORK, RUN, Kind
from bot.drafting.knowledge import BadKnowledge, read_article
from bot.drafting.knowledge.rows import COLUMNS
from tests.settings import tables
from tests.settings.tables import Row

TABLES: dict[str, tuple[Callable[[], Iterable[Row]], int]] = {
    "Commands": (tables.commands, 2),
    "Settings": (tables.settings_keys, 3),
    "Environment": (tables.variables, 2),
    "Template variables": (tables.template_variables, 2),
    "Review actions": (tables.actions, 3),
    "Typed commands": (tables.typed, 2),
    "What an export of a customer holds": (tables.dossier, 1),
}


@pytest.fixture(scope="module")
def sections(root: Path) -> dict[str, str]:
    """The sections of the reference by their headings."""
    parts = (root / "docs" / "reference.md").read_text("utf-8").split("```")
    # The article that is shown has headings of its own.
    parts[::2] = [part.replace("\n## ", "\n\0") for part in parts[::2]]
    text = "```".join(parts)
    return {part.split("\n")[0]: part for part in text.split("\n\0")[1:]}


def rows(section: str) -> list[Row]:
    """The rows of its table, without the head."""
    lines = [line.replace("\\|", "\0") for line in section.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip().replace("\0", "|") for cell in line.strip("|").split("|")) for line in lines[2:]]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_true(name: str, sections: dict[str, str]) -> None:
    """Every row is there once, in the code's order, and has something to say."""
    read, told = TABLES[name]
    found = rows(sections[name])
    assert [row[:told] for row in found] == [row[:told] for row in read()]
    assert all(all(row) for row in found)


def test_every_table_is_held_against_something(sections: dict[str, str]) -> None:
    """A section that is added needs a test of its own."""
    assert sections.keys() == {*TABLES, "Article format", "What stops a reply"}


def test_what_stops_a_reply_is_told(sections: dict[str, str]) -> None:
    """Each kind of objection, each ending of a host and how many words are too many."""
    told = " ".join(sections["What stops a reply"].split())
    assert told.count("- **") == len(Kind) + 1
    assert all(f"`{ending}`" in told for ending in OWN_NETWORK)
    assert (RUN, "eight words in a row" in told) == (8, True)


def test_the_article_that_is_shown(sections: dict[str, str], tmp_path: Path) -> None:
    """The example is read as the text below it says."""
    (example,) = re.findall(r"```\n(.*?)```", sections["Article format"], re.DOTALL)
    path = tmp_path / "returns.en.md"
    path.write_text(example, "utf-8")
    (section,) = read_article(path)
    assert (section.title, section.language, section.public) == ("Returns and refunds", "en", True)
    assert section.heading == "How do I return something?"
    assert section.asked == "send back, does not fit, return label"
    assert section.text == "You have 60 days to send back anything that is unused."


def test_the_fields_of_an_article(sections: dict[str, str], tmp_path: Path) -> None:
    """The table lists exactly the fields that are known, and what holds without them."""
    told = {row[0].strip("`"): row[1] for row in rows(sections["Article format"].partition("### ")[0])}
    path = tmp_path / "my-returns.en.md"
    page = {"title": "A", "language": "sv", "audience": "public"}
    assert told.keys() == page.keys()
    path.write_text(article(page), "utf-8")
    assert [(one.title, one.language, one.public) for one in read_article(path)] == [("A", "sv", True)]
    path.write_text("Text.\n", "utf-8")
    assert [(one.title, one.language, one.public) for one in read_article(path)] == [("my returns", "en", False)]
    path.write_text(article(page | {"audience": "everybody"}), "utf-8")
    with pytest.raises(BadKnowledge, match="public and internal"):
        list(read_article(path))
    assert told["audience"] == "`public` or `internal`"
    path.write_text(article(page | {"owner": "Ana"}), "utf-8")
    with pytest.raises(BadKnowledge, match="there is no field 'owner'"):
        list(read_article(path))


def test_the_columns_of_a_table(sections: dict[str, str]) -> None:
    """Each column with the names others give it."""
    told = [row[0] for row in rows(sections["Article format"].partition("### ")[2])]
    assert told == [" or ".join(f"`{name}`" for name in names) for names in COLUMNS.values()]


def article(fields: dict[str, str]) -> str:
    """An article with these fields."""
    return "\n".join(["---", *(f"{key}: {value}" for key, value in fields.items()), "---", "Text.", ""])
