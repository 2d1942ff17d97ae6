"""Every mistake in the file gets a sentence that says where it is and what would be right."""

from __future__ import annotations

import pytest

from tests.settings.conftest import GOOD, Desk

FILE = "config/countersign.yaml"
DESK = (
    "answer_within_minutes, backtest_limit, confirm, hold_back, hold_seconds, hour_costs, internal_links, keep_days,"
    " languages, leads_channel, listens, monthly_budget, name, people, reads, record_looks, reviews, sentiment, settle_seconds,"
    " show_individuals, slack, teams, template, tone, unmasked"
)
PLACE = "channel:id, with one of these channels: web, slack, teams"
SPOKEN = "en, fr, da, sv, no, de or es"

# what is written below the good desk (from line 6 on) -> line, and the sentence behind it
ADDED = {
    "an unknown key": (
        "colour: red",
        6,
        "colour is not a setting; known here are desks, knowledge, knowledge_embeddings, knowledge_seconds, log_level, lookups, mcp, model, patience, prompts, public_url, samples,"
        " seal_key, seal_seconds, signin, slack, slots, teams, workspace.",
    ),
    "an unknown key of a desk": ("    colour: red", 6, f"desks.north.colour is not a setting; known here are {DESK}."),
    "an unknown key of the model": (
        "model:\n  nme: x",
        7,
        "model.nme is not a setting; known here are attempts, budget_seconds, fallback_model, name, prices, temperature, timeout_seconds.",
    ),
    "an unknown key of patience": (
        "patience:\n  nme: 1",
        7,
        "patience.nme is not a setting; known here are again, again_most, card_lease, draft_lease, renew, send, send_lease,"
        " tries.",
    ),
    "an unknown key of the workspace": (
        "workspace: {nme: 1}",
        6,
        "workspace.nme is not a setting; known here are customers, place, reviewers.",
    ),
    "a key that is no text": (
        "2: x",
        6,
        "2 is not a setting; known here are desks, knowledge, knowledge_embeddings, knowledge_seconds, log_level, lookups, mcp, model, patience, prompts, public_url, samples, seal_key,"
        " seal_seconds, signin, slack, slots, teams, workspace.",
    ),
    "text for a number": ("slots: many", 6, "slots must be a whole number from 1 to 1000, but is 'many'."),
    "a truth for a number": ("slots: yes", 6, "slots must be a whole number from 1 to 1000, but is true."),
    "nothing for a number": ("slots:", 6, "slots must be a whole number from 1 to 1000, but is empty."),
    "half a number": ("slots: 1.5", 6, "slots must be a whole number from 1 to 1000, but is 1.5."),
    "too low": ("slots: 0", 6, "slots must be a whole number from 1 to 1000, but is 0."),
    "too high": (
        "    settle_seconds: 601",
        6,
        "desks.north.settle_seconds must be a number from 0 to 600, but is 601.",
    ),
    "no number at all": (
        "    hold_seconds: .nan",
        6,
        "desks.north.hold_seconds must be a number from 0 to 3600, but is nan.",
    ),
    "a number without end": ("patience: {send: .inf}", 6, "patience.send must be a number above 0, but is inf."),
    "a choice that is none": ("log_level: loud", 6, "log_level must be debug, info, warning or error, but is 'loud'."),
    "an address for a host": (
        '    internal_links: ["*.corp.example", "https://wiki.example"]',
        6,
        "desks.north.internal_links.1 must be a host without https://, as in wiki.example.org, *.corp.example or"
        " example.org/staff, but is 'https://wiki.example'.",
    ),
    "a question that is asked sometimes": (
        "    confirm: sometimes",
        6,
        "desks.north.confirm must be never, risky or always, but is 'sometimes'.",
    ),
    "a promise to have answered already": (
        "    answer_within_minutes: 0",
        6,
        "desks.north.answer_within_minutes must be a number above 0, but is 0.",
    ),
    "text for a group": (
        "model: gpt",
        6,
        "model must be a group of keys (attempts, budget_seconds, fallback_model, name, prices, temperature, timeout_seconds), but is 'gpt'.",
    ),
    "text for a list": (
        "    languages: en",
        6,
        f"desks.north.languages must be a list of {SPOKEN}, at least one, but is 'en'.",
    ),
    "an empty list": ("workspace: {customers: []}", 6, "workspace.customers must be a list, at least one, but is []."),
    "a number for a path": ("prompts: 3", 6, "prompts must be a path, but is 3."),
    "an unknown language": ("    languages: [en, xx]", 6, f"desks.north.languages.1 must be {SPOKEN}, but is 'xx'."),
    "an unknown role": (
        '    people: {"web:ana": boss}',
        6,
        "desks.north.people.web:ana must be agent, lead or admin, but is 'boss'.",
    ),
    "a person without a channel": (
        "    people:\n      ana: agent",
        7,
        "desks.north.people.ana must be channel:person, channel:* or group:name, with one of these channels: web, slack, teams, but is 'ana'.",
    ),
    "a key that stands there twice": ("slots: 3\nslots: 4", 7, "slots stands there twice; leave one of them."),
    "a desk that stands there twice": ("  north: {}", 6, "desks.north stands there twice; leave one of them."),
    "a secret": (
        "openai_api_key: sk-abc",
        6,
        "openai_api_key belongs into .env or the environment, as OPENAI_API_KEY, not into this file.",
    ),
    "a lease too short to be sure": (
        "patience:\n  send: 20",
        6,
        "patience.send_lease is 30 and must be at least three times patience.send (20), or a reply could be sent twice.",
    ),
    "a workspace nobody listens to": (
        'workspace:\n  place: "web:suport"',
        7,
        "workspace.place is web:suport, where no desk listens, so nobody would be answered there; name one of"
        " web:support.",
    ),
    "a place two desks listen to": (
        '  south: {name: South, listens: ["web:support"], reviews: "web:review"}',
        6,
        "desks.south.listens names web:support, where desks.north listens already; leave it to one.",
    ),
    "a review where another desk listens": (
        '  south:\n    name: South\n    listens: ["web:south"]\n    reviews: "web:support"',
        9,
        "desks.south.reviews is web:support, where customers of desks.north write and would read the drafts; name"
        " another channel.",
    ),
}


@pytest.mark.parametrize(("text", "line", "sentence"), ADDED.values(), ids=ADDED)
def test_a_mistake_below_a_good_desk(text: str, line: int, sentence: str, desk: Desk) -> None:
    """One sentence: the file and the line, the key, and what is allowed there."""
    desk.write(f"{GOOD}{text}\n")
    assert desk.refused() == [f"{FILE}, line {line}: {sentence}"]


# what of the good desk is written otherwise -> line and sentence
CHANGED = {
    "its own support channel": (
        "web:review",
        "web:support",
        5,
        "desks.north.reviews is web:support, where this desk's customers write and would read the drafts; name another"
        " channel.",
    ),
    "a channel of an unknown kind": (
        "web:support",
        "fax:1",
        4,
        f"desks.north.listens.0 must be {PLACE}, but is 'fax:1'.",
    ),
    "a channel without a name": ("web:review", "web:", 5, f"desks.north.reviews must be {PLACE}, but is 'web:'."),
    "the same channel twice": (
        '"web:support"',
        '"web:support", "web:support"',
        4,
        "desks.north.listens names web:support, where it listens already; leave it to one.",
    ),
    "a place instead of places": (
        '["web:support"]',
        "web:support",
        4,
        "desks.north.listens must be a list of channel:id, at least one, but is 'web:support'.",
    ),
    "a number for a name": ("name: North", "name: 3", 3, "desks.north.name must be text, but is 3."),
    "a name left out": ("    name: North\n", "", 2, "desks.north.name is missing; it must be text."),
    "an empty desk": (GOOD[15:], "", 2, f"desks.north must be a group of keys ({DESK}), but is empty."),
}


@pytest.mark.parametrize(("old", "new", "line", "sentence"), CHANGED.values(), ids=CHANGED)
def test_a_mistake_in_a_desk(old: str, new: str, line: int, sentence: str, desk: Desk) -> None:
    """A desk that could not work, or would work against its own customers, is refused where it is written."""
    assert old in GOOD
    desk.write(GOOD.replace(old, new))
    assert desk.refused() == [f"{FILE}, line {line}: {sentence}"]


WHOLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", ": must hold keys and values, beginning with desks:."),
    "a comment": ("# nothing yet\n", ": must hold keys and values, beginning with desks:."),
    "a list": ("- desks\n", ": must hold keys and values, beginning with desks:."),
    "not YAML": ("desks: [\n", ", line 2: is not valid YAML: expected the node content, but found '<stream end>'."),
    "a tab": ("desks:\n\tnorth:\n", ", line 2: is not valid YAML: found character '\\t' that cannot start any token."),
    "a NUL": (
        b"desks: \x00",
        ": is not valid YAML: unacceptable character #x0000: special characters are not allowed.",
    ),
    "two files in one": (GOOD + "---\na: b\n", ", line 6: is not valid YAML: but found another document."),
    "code": (
        "desks: !!python/object/apply:os.getcwd []",
        ", line 1: is not valid YAML: could not determine a constructor for the tag"
        " 'tag:yaml.org,2002:python/object/apply:os.getcwd'.",
    ),
    "a day that is none": ("desks: 2026-13-45\n", ": is not valid YAML: month must be in 1..12."),
    "a well": (b"[" * 5000, ": is not valid YAML: it is nested too deeply or refers to itself."),
    "a list of itself": ("a: &a [*a]\n", ": is not valid YAML: it is nested too deeply or refers to itself."),
    "not UTF-8": (b"desks: \xff\n", ": is not UTF-8 text."),
    "UTF-16": (GOOD.encode("utf-16"), ": is not UTF-8 text."),
    "without desks": ("slots: 3\n", ": desks is missing; it must be a group of keys, at least one."),
    "without any desk": ("desks: {}\n", ", line 1: desks must be a group of keys, at least one, but is {}."),
}


@pytest.mark.parametrize(("text", "sentence"), WHOLE.values(), ids=WHOLE)
def test_a_file_that_is_none(text: str | bytes, sentence: str, desk: Desk) -> None:
    """What cannot be read as settings at all is refused as a whole, without a traceback."""
    desk.write(text)
    assert desk.refused() == [FILE + sentence]


def test_a_file_that_is_not_there(desk: Desk) -> None:
    """The sentence says how to name another one."""
    desk.file.unlink()
    assert desk.refused() == [
        f"{FILE}: cannot be read (No such file or directory); COUNTERSIGN_CONFIG names another file."
    ]


def test_every_mistake_is_told_at_once(desk: Desk) -> None:
    """Nobody has to start the program once for each."""
    desk.write(GOOD + "colour: red\nslots: 0\nmodel: {attempts: 0}\n")
    assert [problem.split(":")[0] for problem in desk.refused()] == [f"{FILE}, line {line}" for line in (6, 8, 7)]


def test_two_desks_with_the_same_reviewers(desk: Desk) -> None:
    """Colleagues may look after several desks in one place."""
    desk.write(GOOD + '  south: {name: South, listens: ["web:south"], reviews: "web:review"}\n')
    assert list(desk.load().desks) == ["north", "south"]


def test_norwegian_needs_no_quotes(desk: Desk) -> None:
    """YAML reads a bare `no` as false; here it is a language all the same."""
    desk.write(GOOD + "    languages: [en, no]\n")
    assert desk.load().desks["north"].languages == ("en", "no")


def test_a_draft_lease_outlasts_the_model(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that ends while the model may still answer would have the draft made twice, and paid twice."""
    desk.write(GOOD + "patience: {draft_lease: 90}\n")
    assert desk.load().patience.draft_lease == 90
    monkeypatch.setenv("OPENAI_API_KEY", "sk-invented")
    assert desk.refused() == [
        f"{FILE}, line 6: patience.draft_lease is 90 and must be above 90, model.budget_seconds for every model and"
        " translation, or a draft would be made twice."
    ]
    desk.write(GOOD + "    reads: [en]\npatience: {draft_lease: 359}\nmodel: {fallback_model: other}\n")
    assert "must be above 360," in desk.refused()[0]


def test_a_budget_needs_prices(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a price for each model that may draft, nothing is ever spent. A budget of 0 asks no model at all."""
    desk.write(
        GOOD + "    monthly_budget: 50\nmodel: {name: a, fallback_model: b, prices: {a: {sent: 1, received: 1}}}\n"
    )
    assert desk.load().desks["north"].monthly_budget == 50
    monkeypatch.setenv("OPENAI_API_KEY", "sk-invented")
    assert desk.refused() == [
        f"{FILE}, line 6: desks.north.monthly_budget would never be used up, because model.prices has no price for b;"
        " add one."
    ]
    desk.write(GOOD + "    monthly_budget: 0\n")
    assert desk.load().desks["north"].monthly_budget == 0
