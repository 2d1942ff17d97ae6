"""Edits that people repeat, and the proposals that come of them, as somebody with a keyboard meets them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.phrases import say
from bot.store.tables import metadata
from tests.cli.house import ROOT, House, Program, until
from tests.cli.model import Model, model
from tests.cli.test_erase import everything
from tests.stage.databases import connected, sqlite_url

NOTE = ("--note", "They keep doing it.", "--author", "Ada")
MIA, JONAS = "web:customer-0", "web:customer-1"
RETURNS = "returns.en#how-do-i-return-something"
DRAFTED = "You can send it back."
LABEL = "The label lies in the box."
# What the model drafts of each matter, and what three people make of it. Where there are two, it is not enough.
QUESTIONS = {
    "label": "How do I return something?",
    "software": "May I bring back a programme that I have opened?",
    "manner": "Do you mend the torn zip of a tent?",
    "price": "What does a parcel to Norway cost?",
    "app": "Where do I see my purchases on the phone?",
}
EDITS = {
    "label": (DRAFTED, [f"{DRAFTED} {LABEL}"] * 3),
    "software": ("Opened software can be sent back.", ["Opened software cannot be sent back."] * 3),
    "manner": (f"{LABEL} Cheers", [f"{LABEL} {closing}" for closing in ("Best", "Yours", "Thanks")]),
    "price": ("It costs 3 €.", ["It costs 4 €."] * 2),
}
# What the last question of the school below ends in, word for word as `corrects` asks it.
LAST = sum(len(edits) for _, edits in EDITS.values()) + 1


def corrects(program: Program, server: Model, about: str, drafted: str, sent: str, by: str = MIA) -> None:
    """A customer asks, the model drafts, Ana sends the draft or what she makes of it."""
    sources = [RETURNS] if about == "label" else []
    server.script({"do": "good", "reply": drafted, "intent": about, "language": "en", "sources": sources})
    asked = f"{QUESTIONS[about]} {server.calls()}"
    program.post("/messages/say", by=by, text=asked, nonce=f"nonce-{about}-{server.calls()}")
    card = program.card(asked)
    verb, fields = ("approve", {}) if sent == drafted else ("edit", {"words": sent})
    answer = program.post(f"/reviews/{card.review}/{verb}", by="web:ana", version=card.version, fields=fields)
    assert answer.json()["done"], answer.text
    program.card(asked, "sent")


class School:
    """A house with articles of its own, in which one types."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.articles = house.folder / "knowledge"
        house.configure({"knowledge": "knowledge"})

    def types(self, *words: str, wrong: bool = False, **env: str) -> str:
        """Type a command; what it says."""
        answer = self.house.types(*words, **env)
        assert answer.returncode == int(wrong), answer.stderr
        assert "Traceback" not in answer.stderr
        return answer.stderr if wrong else answer.stdout + answer.stderr

    def number(self, form: str) -> str:
        """The number of the open proposal of this form."""
        found = re.search(rf"^open +(\d+)  \S+  {form} ", self.types("proposals", "list"), re.MULTILINE)
        assert found
        return found[1]

    def files(self) -> dict[str, bytes]:
        """The articles."""
        return {path.name: path.read_bytes() for path in self.articles.iterdir()}


def school(folder: Path, **env: str) -> School:
    """A new one."""
    shutil.copytree(ROOT / "config" / "knowledge", folder / "knowledge")
    return School(House(folder, env))


@pytest.fixture(scope="module")
def _corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven edits, and two drafts that were right."""
    made = school(tmp_path_factory.mktemp("corrected"))
    with model() as server, made.house.running(OPENAI_BASE_URL=server.url) as program:
        for about, (drafted, edits) in EDITS.items():
            for sent in edits:
                corrects(program, server, about, drafted, sent)
        for closing in ("Bye", "Later"):
            corrects(program, server, "manner", f"{LABEL} {closing}", f"{LABEL} {closing}")
    return made.house.folder


@pytest.fixture
def before(_corrected: Path, tmp_path: Path) -> School:
    """A copy, of which nothing was learned yet."""
    shutil.copytree(_corrected, tmp_path / "school")
    return School(House(tmp_path / "school"))


@pytest.fixture(scope="module")
def _learned(_corrected: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned") / "school"
    shutil.copytree(_corrected, folder)
    School(House(folder)).types("learn")
    return folder


@pytest.fixture
def learned(_learned: Path, tmp_path: Path) -> School:
    """A copy with three open proposals."""
    shutil.copytree(_learned, tmp_path / "school")
    return School(House(tmp_path / "school"))


def rows(database: sa.URL) -> dict[str, list[str]]:
    """What stands in the tables, but for those of proposals."""
    with connected(database) as engine, engine.connect() as conn:
        return {
            table.name: sorted(map(repr, conn.execute(sa.select(table))))
            for table in metadata.sorted_tables
            if table.name not in ("proposals", "evidence", "texts")
        }


def test_learning_proposes_and_changes_nothing(before: School) -> None:
    """Three edits of a kind make a proposal, two do not; templates, articles and examples are what they were."""
    database = sqlite_url(before.house.database)
    kept = before.files(), rows(database)
    said = before.types("learn").splitlines()
    assert [re.sub(r"\d{4}-\d\d-\d\d", "(day)", line) for line in said] == [
        "  1  (day)  example   nordlys  manner  tone (en)  3 edits. See countersign proposals show 1.",
        "  2  (day)  template  nordlys  software  policy (en)  3 edits. See countersign proposals show 2.",
        "  3  (day)  article   nordlys  returns.en  omission (en)  3 edits. See countersign proposals show 3.",
    ]
    assert (before.files(), rows(database)) == kept
    assert before.types("learn") == say("learning.nothing_new", enough=3) + "\n"
    assert before.types("proposals", "list").count("open") == 3


def test_a_proposal_shows_what_it_is_made_from(learned: School) -> None:
    """The reviews, what people made of the draft, and the file it would become."""
    said = learned.types("proposals", "show", learned.number("article"))
    assert len(re.findall(r"^[0-9A-Z]{26}$", said, re.MULTILINE)) == 3
    assert said.count(f"\n  + {LABEL}\n") == 3
    assert f"audience: internal\n---\n\n- {LABEL}\n" in said
    difference = learned.types("proposals", "show", learned.number("template"))
    assert "\n+What reviewers keep correcting:\n+- About “software”: instead of" in difference
    assert LABEL in learned.types("proposals", "show", learned.number("example"))


@pytest.mark.parametrize(("more", "audience"), [((), "internal"), (("--public",), "public")])
def test_an_accepted_article_is_a_new_file(learned: School, more: tuple[str, ...], audience: str) -> None:
    """For colleagues, unless whoever accepts it says otherwise; and it is on record who that was and why."""
    number, before = learned.number("article"), learned.files()
    learned.types("proposals", "accept", number, *NOTE, *more)
    (name,) = learned.files().keys() - before.keys()
    assert name == f"learned-{number}-returns.en.md"
    text = learned.files()[name].decode()
    assert (f"audience: {audience}\n" in text, LABEL in text) == (True, True)
    assert {one: data for one, data in learned.files().items() if one != name} == before
    assert "broken" not in learned.types("knowledge", "check")
    assert f"Ada  accepted ({name}): They keep doing it." in learned.types("proposals", "show", number)
    assert learned.types("proposals", "accept", number, *NOTE, wrong=True) == (
        say("learning.was.accepted", number=number) + "\n"
    )
    assert learned.types("proposals", "dismiss", number, *NOTE, wrong=True) == (
        say("learning.was.accepted", number=number) + "\n"
    )


def test_a_file_that_is_there_is_left_alone(learned: School) -> None:
    """The proposal stays open."""
    number = learned.number("article")
    file = learned.articles / f"learned-{number}-returns.en.md"
    file.write_text("# Mine\n\nMy own words.\n", "utf-8")
    assert "cannot be written: File exists." in learned.types("proposals", "accept", number, *NOTE, wrong=True)
    assert file.read_text("utf-8") == "# Mine\n\nMy own words.\n"
    assert learned.number("article") == number


def test_an_accepted_rule_waits_for_its_backtest(learned: School) -> None:
    """It is a draft version; the one in use stays in use, and the gate asks for what it asks of any version."""
    learned.house.configure({"knowledge": "knowledge", "desks.nordlys.backtest_limit.required": True})
    before = learned.types("prompts", "show", "support_reply")
    said = learned.types("proposals", "accept", learned.number("template"), *NOTE)
    assert said == say("learning.is_draft", made="support_reply@2") + "\n"
    assert learned.types("prompts", "show", "support_reply") == before
    assert "What reviewers keep correcting:" in learned.types("prompts", "show", "support_reply@2")
    refused = learned.types("prompts", "activate", "support_reply@2", *NOTE, wrong=True)
    assert "asks for a finished backtest" in refused


def test_an_accepted_example_is_shown_to_the_model_first(learned: School) -> None:
    """Before the reply to the very same question."""
    said = learned.types("proposals", "accept", learned.number("example"), *NOTE)
    review = re.findall("[0-9A-Z]{26}", said)
    assert said == say("learning.is_example", made=review[0]) + "\n"
    with model() as server, learned.house.running(OPENAI_BASE_URL=server.url) as program:

        def asked() -> str:
            """What the model gets to see; the replies are read when the program has begun."""
            before = server.calls()
            program.say(f"{QUESTIONS['manner']} {LAST}")
            until(lambda: server.calls() > before, "a draft is asked for")
            return str(server.seen()[-1]["messages"][1]["content"])

        until(lambda: LABEL in asked(), "replies are shown")
        assert re.findall(rf"> {LABEL} (\w+)", asked()) == ["Thanks", "Later"]


def test_a_dismissed_proposal_does_not_come_back(learned: School) -> None:
    """Its edits do not count again; who dismissed it and why is on record."""
    number = learned.number("article")
    files = learned.files()
    assert learned.types("proposals", "dismiss", number, *NOTE) == say("learning.dismissed", number=number) + "\n"
    assert learned.types("learn") == say("learning.nothing_new", enough=3) + "\n"
    assert "Ada  dismissed: They keep doing it." in learned.types("proposals", "show", number)
    assert "dismissed already" in learned.types("proposals", "accept", number, *NOTE, wrong=True)
    assert learned.files() == files


MISTAKES = {
    "proposals show 99": "There is no proposal 99.",
    "proposals accept 99 --note Why.": "There is no proposal 99.",
    "proposals dismiss 99 --note Why.": "There is no proposal 99.",
    "proposals accept 1 --note Why. --public": "is no article",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_said_in_a_sentence(words: str, learned: School) -> None:
    """Whatever was asked for and is not there."""
    assert MISTAKES[words] in learned.types(*words.split(), wrong=True)


def test_a_note_is_needed(learned: School) -> None:
    """Nothing is decided without a reason that can be read later."""
    assert "--note" in learned.house.command("proposals", "accept", "1").stderr
    assert say("learning.note_needed") in learned.types("proposals", "accept", "1", "--note", " ", wrong=True)
    assert learned.types("proposals", "list").count("open") == 3


@pytest.fixture
def either(database: sa.URL, tmp_path: Path) -> School:
    """On a database of either kind, with nothing in it."""
    return school(tmp_path / "school", DATABASE_URL=database.render_as_string(hide_password=False))


def test_an_erased_customer_is_in_no_proposal(either: School, database: sa.URL) -> None:
    """It goes on with what is left of it, and no byte of theirs is left."""
    mark = "The quagga label lies in the box."
    with model() as server, either.house.running(OPENAI_BASE_URL=server.url) as program:
        for sent, by in ((mark, MIA), *((LABEL, JONAS),) * 3):
            corrects(program, server, "label", DRAFTED, f"{DRAFTED} {sent}", by)
    either.types("learn")
    number = either.number("article")
    assert mark in either.types("proposals", "show", number)
    either.types("erase", "--customer", MIA, "--yes")
    said = either.types("proposals", "show", number)
    assert (mark in said, LABEL in said, say("learning.erased") in said) == (False, True, True)
    assert "quagga" not in everything(database)
    either.types("erase", "--customer", JONAS, "--yes")
    assert either.types("proposals", "list").startswith("withdrawn ")
    assert "was withdrawn" in either.types("proposals", "accept", number, *NOTE, wrong=True)


def test_the_model_is_asked_where_the_rules_are_not_sure(either: School) -> None:
    """Once for each edit, with nobody's name, and what it costs is counted; without it nothing is made of them."""
    drafted, sent = "Open the app and tap Orders.", "Mia, sign in on the web page and choose My purchases."
    with model() as server:
        with either.house.running(OPENAI_BASE_URL=server.url) as program:
            for _ in range(3):
                corrects(program, server, "app", drafted, sent)
        assert either.types("learn") == say("learning.nothing_new", enough=3) + "\n"
        before = server.calls()
        server.script(*({"do": "good", "kind": "fact"} for _ in range(3)))
        assert " article   nordlys  app  fact (en)  3 edits" in either.types("learn", OPENAI_BASE_URL=server.url)
        asked = server.seen()[before:]
        assert len(asked) == 3
        assert all("Mia" not in str(call["messages"]) and "My purchases" in str(call["messages"]) for call in asked)
        either.types("learn", OPENAI_BASE_URL=server.url)
        assert server.calls() == before + 3
