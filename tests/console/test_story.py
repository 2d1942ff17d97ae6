"""One review on one page: what the model was shown and answered, who looked, how the reply was delivered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.console.assets import Assets
from bot.console.render import Pages
from bot.review.model import Call, State
from bot.store import exchanges, looks
from bot.store.engine import StoreDown
from bot.store.tables import looks as look_rows
from tests.console.conftest import House, running, settings
from tests.console.test_pages import Reader

PAGES = Pages(Assets())


async def _sent(house: House, text: str = "Where is my parcel?") -> str:
    await house.say(text)
    card = await house.card(text=text)
    await house.decide(card, "approve")
    await house.card(State.SENT, text)
    return card.review


async def test_the_page_tells_of_the_delivery(house: House) -> None:
    """Each attempt with what came of it, beside the facts."""
    page = Reader(await house.page(f"/audit/{await _sent(house)}")).text
    assert page.index("Delivery") < page.index("Sending began", page.index("Delivery"))


async def test_what_was_said_with_the_model_stands_on_the_page(either: House) -> None:
    """Letter by letter, as text, whatever it looks like; and what was erased says so."""
    review = await _sent(either)
    call = Call("gpt-x", (("system", "Be <b>kind</b>"), ("human", "> [NAME_1] wrote")), '{"reply": "<script>"}', "no")
    packed = exchanges.pack([call])
    await either.program.engine.write(lambda conn: exchanges.keep(conn, review, 3, packed))
    page = await either.page(f"/audit/{review}")
    assert '<script>"}' not in page
    text = Reader(page).text
    for words in ("Be <b>kind</b>", "> [NAME_1] wrote", '{"reply": "<script>"}', "not taken, because"):
        assert words in text
    await either.program.engine.write(
        lambda conn: conn.execute(sa.text("DELETE FROM texts WHERE id = (SELECT text FROM exchanges)"))
    )
    assert "What the model was shown was erased." in Reader(await either.page(f"/audit/{review}")).text


async def test_a_review_of_another_desk_is_not_there(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Nobody is told that there is such a review at a desk that is none of theirs."""
    wanted = settings(root, tmp_path, sqlite)
    async with running(wanted) as house:
        review = await _sent(house)
    (name, desk), *_ = wanted.desks.items()
    async with running(wanted.model_copy(update={"desks": {f"{name}2": desk}})) as house:
        assert (await house.client.get(f"/audit/{review}")).status_code == 404
        assert review not in await house.page("/audit?decision=all")
        assert review not in (await house.client.get("/audit/export?format=jsonl")).text


async def test_who_opened_a_review_is_on_record_where_its_desk_asks(
    root: Path, tmp_path: Path, database: sa.URL
) -> None:
    """With their name and the time, on the page itself; elsewhere nothing is noted. Nothing of it can be changed."""
    wanted = settings(root, tmp_path, database)
    asking = {name: desk.model_copy(update={"record_looks": True}) for name, desk in wanted.desks.items()}
    async with running(wanted) as house:
        review = await _sent(house)
        assert "Opened by" not in Reader(await house.page(f"/audit/{review}")).text
    async with running(wanted.model_copy(update={"desks": asking})) as house:
        await house.page(f"/audit/{review}")
        assert "Opened by" in Reader(await house.page(f"/audit/{review}")).text
        assert (await house.client.get("/audit/nonesuch")).status_code == 404
        found = await house.program.engine.read(lambda conn: looks.of(conn, review, 10))
        assert [(one.person, one.page) for one in found] == [("web:local", "story")] * 2
        with pytest.raises((sa.exc.DBAPIError, StoreDown)):
            await house.program.engine.write(lambda conn: conn.execute(look_rows.delete()))
        with pytest.raises((sa.exc.DBAPIError, StoreDown)):
            await house.program.engine.write(lambda conn: conn.execute(look_rows.update().values(person="somebody")))


_CALLS = st.builds(
    Call,
    model=st.text(st.characters(), max_size=30),
    sent=st.lists(st.tuples(st.sampled_from(["system", "human", "<b>"]), st.text(max_size=60)), max_size=2).map(tuple),
    answered=st.text(st.characters(), max_size=60),
    fault=st.text(max_size=30),
)


@given(st.lists(_CALLS, max_size=3))
def test_what_was_said_is_kept_letter_by_letter(calls: list[Call]) -> None:
    """Markup, NUL and halves of surrogate pairs come back as they were."""
    packed = exchanges.pack(calls)
    assert exchanges.unpack(packed) == tuple(calls) if calls else packed == b""


@given(st.text(st.characters(), min_size=1, max_size=60).map(lambda text: f"<img onerror=x>\0\u202e{text}"))
def test_every_text_on_the_page_is_escaped(text: str) -> None:
    """No text makes an element, whatever of a call it stands in."""
    macro: Any = PAGES.env.get_template("exchange.html").module
    call = replace(Call("", (), ""), model=text, sent=(("system", text), (text, text)), answered=text, fault=text)
    page = str(macro.exchanged((call,)))
    page.encode()
    found = Reader(page)
    assert not [tag for tag, _ in found.elements if tag in ("img", "script")]
    assert "<img onerror=x>" in found.text
