"""Articles change while the program runs: all of the new ones are used, or all of the old ones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.discretion import Secrets
from bot.drafting.knowledge import BadKnowledge, Origin, Section
from bot.drafting.knowledge.library import ByLetters, Library

HANDBOOK = "An agent may waive the fee for a late parcel once a year without asking the lead."
QUESTION = "Can you mend the broken zip of my tent?"


def article(folder: Path, name: str, text: str, audience: str = "public") -> Path:
    path = folder / name
    path.write_text(f"---\ntitle: Title\naudience: {audience}\n---\n{text}\n", "utf-8")
    return path


async def found(library: Library) -> list[str]:
    """The references of what answers the question."""
    return [find.section.ref for find in await ByLetters(library).search(QUESTION, ["en"])]


async def test_a_new_a_changed_and_a_removed_article(tmp_path: Path) -> None:
    """Each is noticed at the next look, and a look that finds nothing new changes nothing."""
    article(tmp_path, "hours.en.md", "We are open from ten to six.")
    library = Library([Origin(tmp_path)])
    assert await found(library) == []
    zip_ = article(tmp_path, "zip.en.md", "We mend the broken zip of any tent.")
    assert await library.refreshed()
    assert await found(library) == ["zip.en"]
    before = library.current
    assert not await library.refreshed()
    assert library.current is before
    article(tmp_path, "zip.en.md", "Shoes only.")
    assert await library.refreshed()
    assert await found(library) == []
    zip_.unlink()
    assert await library.refreshed()
    assert len(library.current) == 1


async def test_touching_a_file_is_no_change(tmp_path: Path) -> None:
    """What it says counts, not when it was written."""
    path = article(tmp_path, "zip.en.md", "We mend the broken zip of any tent.")
    library = Library([Origin(tmp_path)])
    path.write_bytes(path.read_bytes())
    assert not await library.refreshed()


async def test_a_broken_file_keeps_all_old_articles_in_use(tmp_path: Path) -> None:
    """The trouble is told until it is mended, and then everything that changed meanwhile is used."""
    article(tmp_path, "zip.en.md", "We mend the broken zip of any tent.")
    library = Library([Origin(tmp_path)])
    articles = ByLetters(library)
    assert articles.trouble == ""
    article(tmp_path, "zip.en.md", "Changed.")
    bad = article(tmp_path, "bad.en.md", "x", audience="everyone")
    assert not await library.refreshed()
    assert await found(library) == ["zip.en"]
    assert f"{bad}, line 3: audience is 'everyone'" in articles.trouble
    bad.unlink()
    assert await library.refreshed()
    assert await found(library) == []
    assert articles.trouble == ""


async def test_a_folder_that_goes_away_takes_nothing_with_it(tmp_path: Path) -> None:
    """A disk that is not there for a moment must not leave the desk without articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    article(folder, "zip.en.md", "We mend the broken zip of any tent.")
    library = Library([Origin(folder)])
    folder.rename(tmp_path / "elsewhere")
    assert not await library.refreshed()
    assert await found(library) == ["zip.en"]
    assert "there is no such file or folder" in library.trouble


def test_at_the_start_there_is_nothing_older_to_use(tmp_path: Path) -> None:
    """Then the first thing that is wrong is said."""
    article(tmp_path, "bad.en.md", "x", audience="everyone")
    with pytest.raises(BadKnowledge, match="line 3"):
        Library([Origin(tmp_path)])


async def test_the_index_of_a_language_in_which_nothing_changed_is_kept(tmp_path: Path) -> None:
    """Twenty thousand articles in one language are not indexed again for one in another."""
    article(tmp_path, "zip.en.md", "We mend the broken zip of any tent.")
    article(tmp_path, "zip.da.md", "Vi laver lynlåsen.")
    library = Library([Origin(tmp_path)])
    before = library.current
    article(tmp_path, "zip.da.md", "Vi laver også sko.")
    await library.refreshed()
    assert library.current.shelf("en") is before.shelf("en")
    assert library.current.shelf("da") is not before.shelf("da")


async def test_what_is_internal_is_guarded_before_it_is_used(tmp_path: Path) -> None:
    """And what is public by now is guarded no longer."""
    article(tmp_path, "fee.en.md", "Ask us.")
    library, secrets = Library([Origin(tmp_path)]), Secrets()
    in_use: list[str] = []

    def learn(sections: Iterable[Section]) -> None:
        in_use.extend(section.text for section in library.current)
        secrets.learn(sections)

    library.guard(learn)
    assert not secrets.suspect(HANDBOOK, ()).objections
    article(tmp_path, "fee.en.md", HANDBOOK, audience="internal")
    await library.refreshed()
    assert secrets.suspect(HANDBOOK, ()).objections
    assert in_use == ["Ask us.", "Ask us."]
    article(tmp_path, "fee.en.md", HANDBOOK)
    await library.refreshed()
    assert not secrets.suspect(HANDBOOK, ()).objections


async def test_reading_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    """Files are read, and articles judged, in another thread."""
    article(tmp_path, "fee.en.md", "One.")
    library, where = Library([Origin(tmp_path)]), []
    library.guard(lambda _: where.append(threading.current_thread()))
    where.clear()
    article(tmp_path, "fee.en.md", "Two.")
    await asyncio.gather(library.refreshed())
    assert where != [threading.main_thread()]
