"""`python -m tests.pictures [folder]`: play the stories and draw them, light and dark, into docs/pictures."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.channels.slack.house import living
from tests.channels.teams import house
from tests.cli.model import model
from tests.doubles.slack import Limits
from tests.pictures import pages, stories, teams
from tests.pictures.drawing import draw
from tests.pictures.stories import STORIES
from tests.stage import doubtful

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
# Those that the documentation shows in the dark too.
BOTH = ("pending",)


async def main(folder: Path, renderer: Path | None) -> None:
    """Draw all of them; those of Teams if there is something to draw them with."""
    async with _browser() as browser:
        for story in STORIES:
            with TemporaryDirectory() as place, _model(story) as (keys, desk):
                async with living(Path(place), limits=Limits.none(), environment=keys, **desk) as home:
                    scene = await story(home)
            for look in ("light", "dark") if scene.name in BOTH else ("light",):
                name = f"slack-{scene.name}" + ("-dark" if look == "dark" else "")
                sys.stdout.write(f"{await draw(browser, replace(scene, name=name, look=look), folder)}\n")
        if renderer:
            await _teams(browser, folder, renderer)
        with TemporaryDirectory() as place:
            async for file in pages.draw(browser, folder, Path(place)):
                sys.stdout.write(f"{file}\n")


async def _teams(browser: Browser, folder: Path, renderer: Path) -> None:
    for story in teams.STORIES:
        with TemporaryDirectory() as place, _model(story) as (keys, desk):
            async with house.living(Path(place), environment=keys, **desk) as made:
                shot = await story(made)
        for dark in (False, True) if shot.name in BOTH else (False,):
            sys.stdout.write(f"{await teams.draw(browser, shot, folder, renderer, dark=dark)}\n")


@contextmanager
def _model(story: Callable[..., Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The environment and the desk of a story; some are about what a model wrote."""
    desk: dict[str, Any] = {"answer_within_minutes": 60}
    if story not in (stories.doubted, teams.doubted):
        yield {}, desk
        return
    with model() as running:
        running.script(*doubtful.script())
        yield {"OPENAI_BASE_URL": running.url}, desk | {"reads": ["en"]}


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    drawing = Path(os.environ.get(teams.RENDERER, ""))
    if not drawing.is_file():
        sys.stderr.write(teams.WANTED)
    asyncio.run(main(target, drawing if drawing.is_file() else None))
