"""Two processes of the program on one PostgreSQL: they share the work, and one that goes leaves nothing stranded."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import tables, verify
from bot.store.opening import connections
from bot.store.texts import to_text
from tests.cli.house import House, Program, until
from tests.cli.model import Model, model

# What a dead process held is taken up again when its claim has lapsed (seconds).
_SHORT = {
    "patience.draft_lease": 6,
    "patience.send_lease": 1.5,
    "patience.send": 0.5,
    "patience.card_lease": 1,
    "model.timeout_seconds": 5,
    "model.budget_seconds": 5.5,
    "slots": 2,
}


@pytest.fixture
def house(postgresql: sa.URL, tmp_path: Path) -> House:
    """Settings that two programs share."""
    house = House(tmp_path, {"DATABASE_URL": postgresql.render_as_string(hide_password=False)})
    house.configure(_SHORT)
    return house


@pytest.fixture
def drafting() -> Iterator[Model]:
    """A model that both ask."""
    with model() as running:
        yield running


class Record:
    """What stands in the database, whoever wrote it."""

    def __init__(self, url: sa.URL) -> None:
        self._url = url

    def lines(self) -> list[sa.Row[tuple[str, str]]]:
        """Review and step of each line of the audit."""
        return self._rows(sa.select(tables.audit.c.review, tables.audit.c.action))

    def each_once(self, action: str, times: int) -> bool:
        """Whether as many reviews took this step, and each of them once."""
        taken = Counter(line.review for line in self.lines() if line.action == action)
        return len(taken) == times and set(taken.values()) == {1}

    def drafted_by(self) -> set[str]:
        """The names of the models that made drafts."""
        query = sa.select(tables.texts.c.body).join(tables.audit, tables.audit.c.text == tables.texts.c.id)
        bodies = self._rows(query.where(tables.audit.c.action == "Drafted"))
        return {name for (body,) in bodies for name in ("model-a", "model-b") if name in to_text(body)}

    def replies(self) -> Counter[int]:
        """How many replies hang in each thread."""
        query = sa.select(tables.posts.c.root).where(tables.posts.c.speaker == "bot")
        return Counter(root for (root,) in self._rows(query))

    def holds(self) -> int:
        """Verify the audit; the number of its reviews."""
        engine = connections(self._url)
        with engine.connect() as conn:
            found = verify.verify(conn)
        engine.dispose()
        return found.reviews

    def _rows(
        self, query: sa.Select[tuple[str, str]] | sa.Select[tuple[bytes]] | sa.Select[tuple[int]]
    ) -> list[sa.Row]:  # type: ignore[type-arg]
        engine = connections(self._url)
        with engine.connect() as conn:
            rows = list(conn.execute(query))
        engine.dispose()
        return rows


def named(drafting: Model, name: str) -> dict[str, str]:
    """The environment of a program whose drafts carry this model's name."""
    return {"OPENAI_BASE_URL": drafting.url, "COUNTERSIGN_MODEL__NAME": name}


def ask(program: Program, *numbers: int) -> None:
    """A customer begins a thread for each number; an answer may be lost with the program that was asked."""
    for number in numbers:
        answer = program.say(f"How do I return jacket {number:03}?", nonce=f"jacket-{number:03}")
        assert answer.json() == {"done": True, "sentence": ""}


def test_two_share_the_work_and_do_nothing_twice(house: House, postgresql: sa.URL, drafting: Model) -> None:
    """What is asked at one door may be drafted by the other program and approved at the other's door. Both draft, each
    review is drafted once, and each thread gets one reply.
    """
    record = Record(postgresql)
    with (
        house.running(**named(drafting, "model-a")) as one,
        house.running(**named(drafting, "model-b")) as other,
    ):
        drafting.script(*[{"do": "slow", "seconds": 0.3}] * 24)
        ask(one, *range(12))
        ask(other, *range(12, 24))
        until(lambda: len([card for card in one.cards() if card.state == "in_review"]) == 24, "all are drafted")
        assert record.drafted_by() == {"model-a", "model-b"}
        for number, card in enumerate(other.cards("jacket")):
            answer = (one, other)[number % 2].approve(card).json()
            assert answer["done"], answer["sentence"]
        until(lambda: record.each_once("Delivered", 24), "all are sent")
        assert one.end() == 0
        assert other.end() == 0
    assert record.each_once("Drafted", 24)
    assert set(record.replies().values()) == {1}
    assert len(record.replies()) == 24
    assert record.holds() == 24
    assert drafting.complaints() == []


def test_a_double_click_at_two_doors_counts_once(house: House, postgresql: sa.URL) -> None:
    """Two reviewers press at the same card on two programs: one decides, the other is told who did."""
    with house.running() as one, house.running() as other:
        ask(one, 1)
        card = other.card("jacket 001")
        said = [door.approve(card).json() for door in (one, other)]
        assert [answer["done"] for answer in said] == [True, False]
        assert "Ana" in said[1]["sentence"]
        until(lambda: Record(postgresql).each_once("Delivered", 1), "it is sent")
    assert list(Record(postgresql).replies().values()) == [1]


def test_one_that_is_killed_leaves_nothing_stranded(house: House, postgresql: sa.URL, drafting: Model) -> None:
    """A program dies with two drafts in its hands; when its claims lapse the other one takes them up, and each review
    is still drafted once.
    """
    record = Record(postgresql)
    with house.running(**named(drafting, "model-b")) as other:
        with house.running(**named(drafting, "model-a")) as one:
            other.send(signal.SIGSTOP)
            drafting.script(*[{"do": "slow", "seconds": 60}] * 2)
            ask(one, *range(4))
            until(lambda: drafting.calls() == 2, "two drafts are at hand")
            assert one.end(signal.SIGKILL) == -signal.SIGKILL
        other.send(signal.SIGCONT)
        until(lambda: len(other.cards("jacket")) == 4, "all are there")
        for number in range(4):
            assert other.approve(other.card(f"jacket {number:03}")).json()["done"]
        until(lambda: record.each_once("Delivered", 4), "all are sent")
        assert other.end() == 0
    steps = Counter(line.action for line in record.lines())
    assert (steps["Start"], steps["Drafted"], steps["Delivered"]) == (6, 4, 4)
    assert record.drafted_by() == {"model-b"}
    assert set(record.replies().values()) == {1}
    assert record.holds() == 4


def test_one_that_was_frozen_does_not_speak_out_of_turn(house: House, postgresql: sa.URL, drafting: Model) -> None:
    """A program that stood still while another took up its work wakes with claims that are no longer its own: what it
    brings then is not recorded, though the other one has not finished yet.
    """
    record = Record(postgresql)
    with (
        house.running(**named(drafting, "model-a")) as one,
        house.running(**named(drafting, "model-b")) as other,
    ):
        other.send(signal.SIGSTOP)
        drafting.script(*[{"do": "slow", "seconds": 4}] * 2, *[{"do": "slow", "seconds": 2}] * 2)
        ask(one, 1, 2)
        until(lambda: drafting.calls() == 2, "two drafts are at hand")
        one.send(signal.SIGSTOP)
        other.send(signal.SIGCONT)
        until(lambda: drafting.calls() == 4, "the other has taken them up")
        one.send(signal.SIGCONT)
        for number in (1, 2):
            assert other.approve(one.card(f"jacket {number:03}")).json()["done"]
        until(lambda: record.each_once("Delivered", 2), "all are sent")
        assert record.drafted_by() == {"model-b"}
        ask(one, 3)
        assert one.approve(one.card("jacket 003")).json()["done"]
        until(lambda: record.each_once("Delivered", 3), "the one that was frozen works again")
        assert one.end() == 0
        assert other.end() == 0
    assert record.each_once("Drafted", 3)
    assert set(record.replies().values()) == {1}
    assert record.holds() == 3


def test_a_stop_ends_it_cleanly_with_a_page_open(house: House) -> None:
    """SIGTERM ends the program within seconds, with exit code 0, while a page listens on the live line."""
    with house.running() as program, program.client.stream("GET", "/live") as page:
        lines = page.iter_lines()
        assert next(lines) == "event: hello"
        assert program.end() == 0
        assert "stopped" in program.said()
