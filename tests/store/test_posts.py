"""The local workspace's wall: an outside world that happens to live in the same file."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Person, Speaker
from bot.channels.wall import Post
from bot.store.bell import Topic
from bot.store.engine import Engine
from bot.store.posts import PostWall
from tests.store.test_texts import STRANGE

MIA = Person("web", "mia", "Mia")
BOT = Person("web", "countersign", "Countersign")


@pytest.fixture
def wall(engine: Engine) -> PostWall:
    """The wall of one place."""
    return PostWall(engine, "support", lambda: 5.0)


async def _hung(wall: PostWall, key: str, text: str, root: str = "", by: Person = MIA) -> Post:
    """A message that could be hung up."""
    post = await wall.post(key, root, Speaker.CUSTOMER if by.id == MIA.id else Speaker.BOT, by, text)
    assert post is not None
    return post


async def test_a_message_hangs_where_it_was_hung(wall: PostWall) -> None:
    """A thread is what hangs from its first message, oldest first; the newest thread comes first."""
    first = await _hung(wall, "a", "Hello")
    second = await _hung(wall, "b", "Another thing")
    answer = await _hung(wall, "c", "Hello Mia", first.ref, BOT)
    found = await wall.threads(9)
    assert [(thread.root, thread.posts) for thread in found] == [(second.ref, (second,)), (first.ref, (first, answer))]
    assert [thread.root for thread in await wall.threads(1)] == [second.ref]
    assert (answer.root, answer.at) == (first.ref, 5.0)


async def test_the_same_key_hangs_one_message(wall: PostWall) -> None:
    """A doubled submission and a reply sent again after silence: what hangs there already is what is given back."""
    first = await _hung(wall, "a", "Hello")
    again = await asyncio.gather(*(_hung(wall, "a", "something else") for _ in range(5)))
    assert again == [first] * 5
    assert await wall.find("a") == first
    assert await wall.find("b") is None
    assert len(await wall.threads(9)) == 1


async def test_many_at_once_with_one_key_hang_one_message(wall: PostWall) -> None:
    """Two processes, one submission: whoever is second gets what the first has hung up."""
    posts = await asyncio.gather(*(_hung(wall, "a", "Hello") for _ in range(8)))
    assert len({post.ref for post in posts}) == 1
    assert len(await wall.threads(9)) == 1


async def test_an_edit_and_a_removal_show(wall: PostWall) -> None:
    """Edits are counted; of a removed message no word is left."""
    post = await _hung(wall, "a", "Hello")
    assert [(await wall.change(post.ref, text)).edits for text in ("Hi", "Hey")] == [1, 2]
    assert (await wall.get(post.ref)) == await wall.find("a")
    gone = await wall.remove(post.ref)
    assert (gone.text, gone.deleted, gone.edited) == ("", True, True)
    assert (await wall.threads(1))[0].posts == (gone,)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
async def test_a_message_reads_as_it_was_written(text: str, wall: PostWall) -> None:
    """To the character, whatever it is, also when a name is as strange as the text."""
    strange = Person("web", "mia", "Mia\x00\ud800")
    post = await _hung(wall, f"k{text[:50]}", text, by=strange)
    assert (await wall.threads(1))[0].posts[0].text == post.text == text
    assert (await wall.change(post.ref, text)).text == text


NOTHING = ["0", "99", "-1", "1.5", "one", "1' OR 1=1", "²", "9" * 30, "9" * 5_000, "\x00", "\ud800"]


@pytest.mark.parametrize("ref", NOTHING, ids=range(len(NOTHING)))
async def test_a_reference_to_nothing_is_nothing(ref: str, wall: PostWall) -> None:
    """Whatever a browser sends for a message: not found, and never an error of the database's."""
    await _hung(wall, "a", "Hello")
    assert await wall.get(ref) is None
    assert await wall.post("b", ref, Speaker.CUSTOMER, MIA, "into nothing") is None
    assert len((await wall.threads(9))[0].posts) == 1


async def test_the_page_is_told(engine: Engine, wall: PostWall) -> None:
    """Whoever looks at the workspace sees it at once."""
    with engine.bell.listen(Topic.PAGES) as ear:
        post = await _hung(wall, "a", "Hello")
        assert await ear.wait(0)
        await wall.change(post.ref, "Hi")
        assert await ear.wait(0)
        await wall.remove(post.ref)
        assert await ear.wait(0)
