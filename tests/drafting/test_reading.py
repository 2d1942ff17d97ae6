"""Articles in every format: what is read, who may be quoted it, and what is said of what cannot be read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drafting.knowledge import Origin, Section
from bot.drafting.knowledge.article import LONGEST, TOO_LONG, About, Part, sections
from bot.drafting.knowledge.reading import Reader


def read(path: Path, audience: str = "", language: str = "") -> list[Section]:
    """What can be read, which is all."""
    contents = Reader([Origin(path, audience, language)]).read()
    assert contents.problems == ()
    return list(contents.sections)


def wrong(path: Path, language: str = "en") -> list[str]:
    """What cannot be read, without the folder's name."""
    contents = Reader([Origin(path, "", language)]).read()
    return [str(problem).removeprefix(f"{path.parent if path.is_file() else path}/") for problem in contents.problems]


def put(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


def test_markdown_without_fields_has_its_name_its_heading_and_no_reader_outside(tmp_path: Path) -> None:
    """The language is in the file's name, and what does not say that it is public is internal."""
    put(tmp_path / "gift-cards.da.md", "# Gavekort\nDe gælder i tre år.\n\n## Saldo\nDen står på kvitteringen.\n")
    first, second = read(tmp_path)
    assert (first.ref, first.title, first.language, first.public) == ("gift-cards.da#gavekort", "Gavekort", "da", False)
    assert (second.ref, second.heading, second.text) == ("gift-cards.da#saldo", "Saldo", "Den står på kvitteringen.")


@pytest.mark.parametrize("audience", ["public", "internal", ""])
@pytest.mark.parametrize(
    ("name", "silent", "said"),
    [
        ("a.md", "Text.", "---\naudience: {}\n---\nText."),
        ("a.html", "<p>Text.", '<meta name="audience" content="{}"><p>Text.'),
        ("a.csv", "title,text\nT,Text.\n", "title,text,audience\nT,Text.,{}\n"),
        ("a.jsonl", '{"title": "T", "text": "Text."}', '{{"title": "T", "text": "Text.", "audience": "{}"}}'),
    ],
)
def test_whatever_does_not_say_public_is_internal(
    tmp_path: Path, name: str, silent: str, said: str, audience: str
) -> None:
    """In every format; unless the settings say so for what does not say it itself."""
    path = put(tmp_path / name, silent)
    assert [one.public for one in read(path, audience, "en")] == [audience == "public"]
    for own in ("public", "internal"):
        put(path, said.format(own))
        assert [one.public for one in read(path, audience, "en")] == [own == "public"]
    put(path, said.format("Public"))
    assert "the allowed ones are public and internal" in wrong(path)[0]


def test_markdown_headings_are_headings_only_where_markdown_says_so(tmp_path: Path) -> None:
    """Not in code; and underlined ones are."""
    text = "Underlined\n----------\nBefore.\n\n```\n# a comment\n```\n\n### Smaller\nStays.\n"
    (one,) = read(put(tmp_path / "a.en.md", text))
    assert (one.heading, one.title) == ("Underlined", "Underlined")
    assert one.text == "Before.\n\n```\n# a comment\n```\n\n### Smaller\nStays."


PAGE = """<!doctype html><html lang="da-DK"><head><title>Levering &amp; fragt</title><style>p {}</style></head>
<body><nav>Menu</nav><script>steal()</script><h1>Levering</h1>Vi sender <b>hver</b>
dag.<br>Også lørdag, se <a href="https://x.example/y">kalenderen</a>.
<h2>Pris</h2><ul><li>Dansk: 49&nbsp;kr.<li>Norsk: 99 kr.</ul><div hidden>hemmeligt</div><table><tr><td>A<td>B</table>
</body></html>"""


def test_a_page_reads_as_it_is_seen(tmp_path: Path) -> None:
    """Scripts, styles, menus and hidden parts are not read; entities, lists, links and breaks are."""
    first, second = read(put(tmp_path / "fragt.html", PAGE), "public")
    assert (first.title, first.language, first.heading, first.ref) == (
        *("Levering & fragt", "da", "Levering"),
        "fragt.da#levering",
    )
    assert first.text == "Vi sender hver dag.\nOgså lørdag, se kalenderen (https://x.example/y)."
    assert second.text == "- Dansk: 49 kr.\n- Norsk: 99 kr.\n\nA B"


def test_a_table_from_a_spreadsheet(tmp_path: Path) -> None:
    """Semicolons, other names for columns, columns of no interest, cells of several lines, a mark in front."""
    text = (
        '\ufeffID;Question;Answer;Owner;Lang\nr1;"When; exactly?";"In ten\ndays.";Ana;en\n;Hvornår?;Om ti dage.;;da\n'
    )
    first, second = read(put(tmp_path / "faq.csv", text))
    assert (first.ref, first.title, first.text) == ("faq/r1.en", "When; exactly?", "In ten\ndays.")
    assert (second.ref, second.language) == ("faq/4.da", "da")


def test_rows_of_json(tmp_path: Path) -> None:
    """Numbers are text, null is nothing, and the same id may come once in each language."""
    rows = [
        {"id": 7, "title": "T", "text": "One", "language": "en", "asked": "Eins", "extra": [1]},
        {"id": 7, "title": "T", "body": "Zwei", "lang": "de", "audience": None},
    ]
    first, second = read(put(tmp_path / "x.jsonl", "\n\n".join(map(json.dumps, rows))))
    assert (first.ref, first.asked, second.ref, second.text) == ("x/7.en", "Eins", "x/7.de", "Zwei")


def test_folders_in_folders(tmp_path: Path) -> None:
    """The folder is part of the reference; what is hidden or of no known format is passed over."""
    put(tmp_path / "billing" / "Refunds 2026.en.md", "Ten days.")
    put(tmp_path / ".git" / "x.en.md", "No.")
    put(tmp_path / "notes.txt", "No.")
    contents = Reader([Origin(tmp_path)]).read()
    assert [one.ref for one in contents.sections] == ["billing/refunds-2026.en"]
    assert [one.title for one in contents.sections] == ["Refunds 2026"]
    assert [path.name for path in contents.passed_over] == ["notes.txt"]


ROW = '{"id": "a", "title": "T", "text": "x"}\n'
BAD: dict[str, tuple[str, str | bytes, str]] = {
    "no language": ("a.md", "Text.", "a.md, line 1: its language is not known; say it there, in the file's name"),
    "an empty page": ("a.html", "<script>x</script>", "a.html, line 1: it has no text."),
    "deep": ("a.html", "<div>" * 50_000 + "x", "a.html, line 1: its elements are nested too deeply."),
    "closed and deep": ("a.html", "<b>" * 50_000 + "</b>" * 50_000, "a.html, line 1: its elements are nested"),
    "one long line": ("a.md", "x" * 1_000_000, f"a.md, line 1: it is longer than {TOO_LONG:,} characters"),
    "a huge page": ("a.html", "<p>" + "x" * 300_000, f"a.html, line 1: it is longer than {TOO_LONG:,} characters"),
    "NUL": ("a.md", "a\0b", "a.md, line 1: it holds a NUL character, as text in UTF-16 does; save it as UTF-8."),
    "NUL in a page": ("a.html", "<p>a&#0;b\0c", ""),
    "UTF-16": ("a.md", "text".encode("utf-16"), "a.md, line 1: it is not UTF-8 text."),
    "NUL in a row": ("a.csv", "title,text\nT,a\0b\n", "a.csv, line 2: it holds a NUL character"),
    "half a character": ("a.jsonl", '{"title": "T", "text": "\\ud800"}', "a.jsonl, line 1: it holds half a character"),
    "no columns": ("a.csv", "a,b\n1,2\n", "a.csv, line 1: its first line names no column title or question."),
    "nothing in it": ("a.csv", "", "a.csv, line 1: its first line names no column"),
    "no rows": ("a.csv", "title,text\n", "a.csv, line 1: it has no rows."),
    "a row too wide": ("a.csv", "title,text\nT,x\nT,x,y\n", "a.csv, line 3: it has 3 cells under 2 columns."),
    "a row without text": ("a.csv", "title,text\n\nT,\n", "a.csv, line 3: it has no text."),
    "a row below one of two lines": ("a.csv", 'title,text\nT,"a\nb"\n,x\n', "a.csv, line 4: it has no title."),
    "an open quote": ("a.csv", 'title,text\nT,"x\n', "a.csv, line 2: it is not valid CSV ("),
    "a long cell": ("a.csv", f"title,text\nT,{'x' * 1_000_000}\n", "a.csv, line 2: it is not valid CSV ("),
    "no JSON": ("a.jsonl", ROW + "{bad", "a.jsonl, line 2: it is not valid JSON."),
    "no object": ("a.jsonl", ROW + "[1]", "a.jsonl, line 2: it is not an object in braces."),
    "deep JSON": ("a.jsonl", ROW + "[" * 100_000, "a.jsonl, line 2: it is nested too deeply."),
    "no text": ("a.jsonl", ROW + '{"title": ["T"], "text": "x"}', "a.jsonl, line 2: title has to be text."),
    "an id twice": ("a.jsonl", ROW + "\n" + ROW, "a.jsonl, line 3: its id a stands on line 1 already."),
    "a long title": ("a.jsonl", json.dumps({"title": "T" * 999, "text": "x"}), "a.jsonl, line 1: its title is longer"),
    "no format": (
        "a.docx",
        b"x",
        "a.docx: a file of articles ends in .csv, .htm, .html, .jsonl, .markdown, .md, .ndjson.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """With file, line and reason; nothing of it breaks the program, and none of it takes long."""
    file, text, said = BAD[name]
    problems = wrong(put(tmp_path / file, text), "" if name == "no language" else "en")
    assert len(problems) == bool(said)
    assert "".join(problems).startswith(said)


def test_one_bad_row_does_not_hide_the_next(tmp_path: Path) -> None:
    """Whoever mends a table wants to know all that is wrong with it."""
    put(tmp_path / "a.csv", "title,text,language\nT,,en\nT,x,en\nT,x,english\n")
    put(tmp_path / "b.en.md", "Fine.")
    contents = Reader([Origin(tmp_path)]).read()
    assert [problem.line for problem in contents.problems] == [2, 4]
    assert [one.ref for one in contents.sections] == ["a/3.en", "b.en"]


def test_two_files_with_one_reference(tmp_path: Path) -> None:
    """A draft could not say which of them it means."""
    put(tmp_path / "a.en.md", "One.")
    put(tmp_path / "a.en.html", "<p>Two.")
    assert wrong(tmp_path) == [f"a.en.md: a.en stands in {tmp_path}/a.en.html already."]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """It is named like any other problem."""
    put(tmp_path / "a.en.md", "x").chmod(0)
    assert wrong(tmp_path) == ["a.en.md: it cannot be read (Permission denied)."]


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    """A look at twenty thousand files must cost next to nothing."""
    put(tmp_path / "a.en.md", "One.")
    put(tmp_path / "b.en.md", "One.")
    reader = Reader([Origin(tmp_path)])
    before = list(reader.read().sections)
    put(tmp_path / "b.en.md", "Two.")
    after = list(reader.read().sections)
    assert after[0] is before[0]
    assert after[1].text == "Two."


_blocks = st.lists(st.text("ab \n.", min_size=1, max_size=LONGEST * 2), min_size=1, max_size=4)


@given(_blocks)
def test_a_long_section_is_parted_and_nothing_is_lost(blocks: list[str]) -> None:
    """Every piece has a reference of its own and is short enough; together they are the words of the text."""
    text = "\n\n".join(["word", *blocks])
    found = sections("a", About("A", "en", "public"), [Part("H", text), Part("H", "more"), Part("H 2", "most")])
    assert len({one.ref for one in found}) == len(found)
    assert all(0 < len(one.text) <= LONGEST for one in found)
    assert "".join("".join(one.text for one in found).split()) == "".join([*text.split(), "moremost"])
