"""A template tried out on decided reviews, and the gate that asks for it, as somebody with a keyboard meets them."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.backtest import Budget
from tests.cli.house import ROOT, House
from tests.cli.model import Model, model

SHIPPED = (ROOT / "prompts" / "support_reply.md").read_text("utf-8")
NOTE = ("--note", "Tried.", "--author", "Ada")
EDITED = "Hello, your parcel left this morning and will be with you on Friday. Kind regards, the desk"


@pytest.fixture(scope="module")
def _decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three reviews drafted by version 1 and decided: approved, edited and rejected."""
    house = House(tmp_path_factory.mktemp("decided"))
    with model() as server, house.running(OPENAI_BASE_URL=server.url) as program:
        for number, verb in enumerate(("approve", "edit", "reject"), start=1):
            program.say(f"Where is my parcel number {number}, please?")
            card = program.card(f"number {number}")
            more = {"edit": {"words": EDITED}, "reject": {"reason": "tone"}}.get(verb, {})
            answer = program.post(f"/reviews/{card.review}/{verb}", by="web:ana", version=card.version, fields=more)
            assert answer.json()["done"], answer.text
            program.card(f"number {number}", "rejected" if verb == "reject" else "sent")
    return house.folder


class Trial:
    """A copy of that house, a draft of version 2, and the stand-in for the model."""

    def __init__(self, house: House, server: Model) -> None:
        self.house = house
        self.server = server
        self.saves("very brief")

    def saves(self, manner: str) -> None:
        """Save a further version."""
        file = self.house.folder / "draft.md"
        file.write_text(SHIPPED.replace("You draft replies", f"You draft {manner} replies"), "utf-8")
        self.does("save", "support_reply", "draft.md", *NOTE)

    def does(self, *words: str, wrong: bool = False) -> str:
        """Type a command; what it says."""
        answer = self.house.types("prompts", *words, OPENAI_BASE_URL=self.server.url)
        assert answer.returncode == int(wrong), answer.stderr
        assert "Traceback" not in answer.stderr
        return answer.stderr if wrong else answer.stdout

    def tries(self, *words: str, reply: str = "", template: str = "support_reply") -> tuple[str, int]:
        """Run a backtest in which every draft reads so; what it says, and how many drafts were asked for."""
        before = self.server.calls()
        if reply:
            self.server.script(*({"do": "good", "reply": reply} for _ in range(12)))
        said = self.does("backtest", template, *words)
        return said, self.server.calls() - before

    def limits(self, **limit: float | bool) -> None:
        """What the desk puts up with."""
        self.house.configure({f"desks.nordlys.backtest_limit.{key}": value for key, value in limit.items()})


@pytest.fixture(scope="module")
def _server() -> Iterator[Model]:
    """Started once: that takes a second."""
    with model() as server:
        yield server


@pytest.fixture
def trial(tmp_path: Path, _decided: Path, _server: Model) -> Trial:
    """Ready to be tried."""
    shutil.copytree(_decided, tmp_path / "house")
    _server.forget()
    return Trial(House(tmp_path / "house"), _server)


def test_it_shows_case_by_case_and_in_sum_what_the_change_would_have_done(trial: Trial) -> None:
    """Version 1 is not asked again: its drafts are on record. And nobody is shown the answer beforehand."""
    said, calls = trial.tries(reply=EDITED)
    assert calls == 3
    assert [call for call in trial.server.seen() if EDITED in call["messages"][1]["content"]] == []
    assert said.splitlines()[0] == "support_reply@2 against @1, with gpt-4.1-mini"
    rows = [line.split() for line in said.splitlines() if re.match(r"[0-9A-Z]{26} ", line)]
    decisions = {row[1]: row[2:4] for row in rows}
    assert decisions["rejected"] == ["-", "-"]
    assert decisions["approved"][0] == decisions["edited"][1] == "0.00"
    assert float(decisions["approved"][1]) > 0.5
    assert float(decisions["edited"][0]) > 0.5
    near, far = decisions["edited"][0], decisions["approved"][1]
    assert f"Distance to what was sent, edited: {near} → 0.00 (1)" in said
    assert f"Distance to what was sent, approved: 0.00 → {far} (1)" in said
    assert "Other sentiment: 0 of 3; other risks: 0" in said
    assert "Wrong language: 0 → 0" in said
    assert "Not finished" not in said


def test_another_sentiment_other_risks_and_a_wrong_language_are_counted(trial: Trial) -> None:
    """Each stands beside its review as well."""
    french = "Bonjour, votre colis est parti ce matin et il sera chez vous vendredi. Cordialement, le service"
    answer = {"do": "good", "reply": french, "language": "fr", "mood": "negative", "angry": True, "risks": ["refund"]}
    trial.server.script(*[answer] * 12)
    said = trial.does("backtest", "support_reply")
    assert said.count("neutral → angry") == 3
    assert "Other sentiment: 3 of 3; other risks: 3" in said
    assert "Wrong language: 0 → 3" in said


def test_it_is_budgeted_and_goes_on_where_it_ended(trial: Trial) -> None:
    """No draft is asked for twice, and what was found stays found."""
    said, calls = trial.tries("--calls", "2")
    assert calls == 2
    assert "Not finished: 1 of 3 are left. Run it again to go on." in said
    said, calls = trial.tries("--calls", "0")
    assert (calls, said.count("same")) == (0, 4)
    said, calls = trial.tries()
    assert calls == 1
    assert "Not finished" not in said
    _, calls = trial.tries()
    assert calls == 3, "what is finished begins anew"


def test_fewer_cases_are_the_last_decided_ones(trial: Trial) -> None:
    """The others are not asked about."""
    said, calls = trial.tries("--cases", "1")
    assert calls == 1
    assert "rejected" in said
    assert "approved" not in said


def test_a_version_without_drafts_is_asked_as_well(trial: Trial) -> None:
    """Then every review takes two drafts."""
    trial.saves("even briefer")
    said, calls = trial.tries("--against", "2", template="support_reply@3")
    assert calls == 6
    assert said.startswith("support_reply@3 against @2")
    assert trial.tries("--against", "2", "--calls", "1", template="support_reply@3")[1] == 0


def test_what_was_erased_is_left_out_and_counted(trial: Trial) -> None:
    """There is nothing to try it on any more."""
    with closing(sqlite3.connect(trial.house.database)) as conn:
        conn.execute("DELETE FROM texts WHERE id = (SELECT text FROM messages ORDER BY number LIMIT 1)")
        conn.commit()
    said, calls = trial.tries()
    assert calls == 2
    assert "Left out, because the words are erased or were changed since: 1" in said
    assert "approved" not in said


def test_what_the_customer_changed_afterwards_is_left_out(trial: Trial) -> None:
    """Nobody was asked that question."""
    with trial.house.running() as program:
        ref = re.search(r'data-ref="(\d+)"', program.client.get("/columns/channel").text)
        assert ref
        program.post("/messages/edit", by="web:customer-0", ref=ref[1], text="Where is my sofa, please?")
        program.card("my sofa")
    assert "were changed since: 1" in trial.tries()[0]


def test_a_model_that_is_down_leaves_the_backtest_unfinished(trial: Trial) -> None:
    """What it could not answer is tried again the next time, and counts for nothing."""
    trial.house.configure({"model.attempts": 1})
    trial.server.script(*[{"do": "unauthorized"}] * 12)
    said = trial.does("backtest", "support_reply")
    assert "No answer from the model: 3" in said
    assert "Not finished: 3 of 3 are left" in said


def test_a_version_that_does_worse_is_refused_unless_somebody_says_why(trial: Trial) -> None:
    """The reason goes on record."""
    trial.tries(reply="No.")
    activate = ("activate", "support_reply@2", *NOTE)
    said = trial.does(*activate, wrong=True)
    assert re.search(r"For Nordlys support its drafts are 0\.\d\d further from what was sent, and at most 0\.20", said)
    assert "--override" in said
    assert trial.does("show", "support_reply") == SHIPPED
    trial.does(*activate, "--override", "The old one promises refunds.")
    assert "You draft very brief replies" in trial.does("show", "support_reply")
    assert "(against the backtest: The old one promises refunds.)" in trial.does("list")


def test_a_version_that_does_as_well_is_put_into_use(trial: Trial) -> None:
    """An override that was not needed is not on record."""
    trial.tries()
    trial.does("activate", "support_reply@2", *NOTE, "--override", "To be safe.")
    assert "against the backtest" not in trial.does("list")


def test_more_faults_than_before_are_refused(trial: Trial) -> None:
    """However near the words are: here the limit on the distance is off."""
    trial.limits(worse_by=1)
    french = "Bonjour, votre colis est parti ce matin et il sera chez vous vendredi. Cordialement, le service"
    trial.server.script(*[{"do": "good", "reply": french, "language": "fr"}] * 12)
    trial.does("backtest", "support_reply")
    said = trial.does("activate", "support_reply@2", *NOTE, wrong=True)
    more = re.search(r"have (\d+) more claims without a source or replies in a wrong language, and at most 0", said)
    assert more
    assert int(more[1]) >= 3
    trial.limits(worse_by=1, more_faults=int(more[1]))
    trial.does("activate", "support_reply@2", *NOTE)


def test_a_desk_may_ask_for_a_finished_backtest(trial: Trial) -> None:
    """One that is under way is not enough, and rolling back needs none."""
    trial.limits(required=True)
    activate = ("activate", "support_reply@2", *NOTE)
    assert "asks for a finished backtest of support_reply@2 against version 1" in trial.does(*activate, wrong=True)
    trial.tries("--calls", "2")
    assert "asks for a finished backtest" in trial.does(*activate, wrong=True)
    trial.tries()
    trial.does(*activate)
    trial.does("rollback", "support_reply", *NOTE)
    assert trial.does("show", "support_reply") == SHIPPED


def test_there_has_to_be_something_to_compare(trial: Trial) -> None:
    """The version in use is not compared to itself, and a template that no desk uses has no reviews."""
    assert "is what it would be compared to" in trial.does("backtest", "support_reply@1", wrong=True)
    assert "There is no template other." in trial.does("backtest", "other", wrong=True)
    with closing(sqlite3.connect(trial.house.database)) as conn:
        conn.execute("UPDATE reviews SET desk = 'elsewhere'")
        conn.commit()
    assert "was decided yet" in trial.does("backtest", "support_reply", wrong=True)


def test_the_money_is_a_limit_too() -> None:
    """Once it is spent no further draft is asked for."""
    budget = Budget(calls=3, money=0.5)
    assert budget.allows(2)
    assert not budget.allows(2)
    budget.spent = 0.5
    assert not budget.allows(1)
    assert Budget().allows(1_000)
