"""The environment wins over .env, that over the file, that over the defaults; and each is checked as the file is."""

from __future__ import annotations

import pytest

from bot.settings import read_samples
from bot.written import BadSettings
from tests.settings.conftest import GOOD, Desk

SECRETS = ["OPENAI_API_KEY", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "TEAMS_APP_PASSWORD"]
SECRET = "sk-this-is-nobodys-business-1234567890"


def test_what_wins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source overrules those below it, key by key."""
    assert desk.load().model.attempts == 3
    desk.write(GOOD + "model: {attempts: 4, name: from-the-file}\n")
    assert desk.load().model.attempts == 4
    desk.dotenv.write_text("COUNTERSIGN_MODEL__ATTEMPTS=5\n", "utf-8")
    assert desk.load().model.attempts == 5
    monkeypatch.setenv("COUNTERSIGN_MODEL__ATTEMPTS", "6")
    assert desk.load().model.attempts == 6
    assert desk.load().model.name == "from-the-file"


def test_a_key_of_a_desk_from_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path in capitals, with __ between the levels; what has parts is written as JSON."""
    monkeypatch.setenv("COUNTERSIGN_DESKS__NORTH__SETTLE_SECONDS", "4")
    monkeypatch.setenv("COUNTERSIGN_DESKS__NORTH__LANGUAGES", '["da", "no"]')
    north = desk.load().desks["north"]
    assert (north.settle_seconds, north.languages, north.name) == (4, ("da", "no"), "North")


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_another_file(where: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """COUNTERSIGN_CONFIG names it, and a mistake in it is told under its name."""
    desk.file.rename("other.yaml")
    if where == ".env":
        desk.dotenv.write_text("COUNTERSIGN_CONFIG=other.yaml\n", "utf-8")
    else:
        monkeypatch.setenv("COUNTERSIGN_CONFIG", "other.yaml")
    assert str(desk.load().config) == "other.yaml"
    desk.file.with_name("..").joinpath("other.yaml").write_text(GOOD + "slots: 0\n", "utf-8")
    assert desk.refused() == ["other.yaml, line 6: slots must be a whole number from 1 to 1000, but is 0."]


def test_an_empty_variable_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of .env.example without its `# ` means the default; a variable without a value takes .env's key away."""
    desk.dotenv.write_text(
        "PORT=\nHOST=\nDATABASE_URL=\nTEAMS_ALLOW_UNSIGNED=\nOPENAI_API_KEY=sk-invented\nCOUNTERSIGN_CONFIG=\n", "utf-8"
    )
    found = desk.load()
    assert (found.port, found.host, found.database_url) == (8080, "127.0.0.1", "sqlite:///data/countersign.db")
    assert (found.teams_allow_unsigned, found.has_model) == (False, True)
    assert found.config.name == "countersign.yaml"
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert not desk.load().has_model


def test_marks_of_windows(desk: Desk) -> None:
    """A byte order mark and CRLF change nothing."""
    desk.write(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    desk.dotenv.write_bytes(b"\xef\xbb\xbfPORT=9\r\n")
    assert desk.load().port == 9


VARIABLES = {
    "COUNTERSIGN_SLOTS": ("many", "must be a whole number from 1 to 1000, but is 'many'."),
    "COUNTERSIGN_MODEL__ATTEMPTS": ("many", "must be a whole number from 1 to 10, but is 'many'."),
    "COUNTERSIGN_MODEL__NME": (
        "x",
        "is not a setting; known here are attempts, budget_seconds, fallback_model, name, prices, temperature, timeout_seconds.",
    ),
    "COUNTERSIGN_MODEL": ("{", 'must be written as JSON, as in ["web:support"].'),
    "COUNTERSIGN_DESKS__NORTH__LISTENS": ("web:x", 'must be written as JSON, as in ["web:support"].'),
    "COUNTERSIGN_PORT": ("9", "is not a setting; its name is PORT."),
    "PORT": ("70000", "must be a whole number from 0 to 65535, but is '70000'."),
    "TEAMS_ALLOW_UNSIGNED": ("perhaps", "must be true or false, but is 'perhaps'."),
    "DATABASE_URL": (f"postgresql://me:{SECRET}@host:port/name", "must have a number as its port."),
}


@pytest.mark.parametrize(("name", "value", "sentence"), [(name, *rest) for name, rest in VARIABLES.items()])
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_mistake_in_a_variable(
    where: str, name: str, value: str, sentence: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the variable, and for .env its line."""
    if where == ".env":
        desk.dotenv.write_text(f"# mine\n\n\nexport {name}='{value}'\n", "utf-8")
        assert desk.refused() == [f".env, line 4: {name} {sentence}"]
    else:
        monkeypatch.setenv(name, value)
        assert desk.refused() == [f"Environment variable {name} {sentence}"]


def test_an_unknown_variable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped name would be ignored without a word: the known ones are listed. Others' variables are not ours."""
    monkeypatch.setenv("COUNTERSIGN_SLOT", "3")
    monkeypatch.setenv("OPENAI_ORGANISATION", "x")
    (sentence,) = desk.refused()
    assert sentence.startswith("Environment variable COUNTERSIGN_SLOT is not a setting; known are COUNTERSIGN_CONFIG, ")
    assert "COUNTERSIGN_SLOTS, " in sentence


def test_an_unknown_key_in_dotenv(desk: Desk) -> None:
    """.env is ours alone, so whatever is not known in it is a slip."""
    desk.dotenv.write_text(f"PORT=9\nOPENAI_KEY={SECRET}\n", "utf-8")
    (sentence,) = desk.refused()
    assert sentence.startswith(".env, line 2: OPENAI_KEY is not a setting; known are COUNTERSIGN_CONFIG, ")
    assert "OPENAI_API_KEY, " in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize("line", [f"OPENAI_API_KEY {SECRET}", "OPENAI_API_KEY", "'"])
def test_a_line_of_dotenv_that_is_none(line: str, desk: Desk) -> None:
    """It would be skipped, and the program would start without the key."""
    desk.dotenv.write_text(f"PORT=9\n{line}\n", "utf-8")
    assert desk.refused() == [".env, line 2: must be written as NAME=value."]


def test_a_dotenv_that_is_not_text(desk: Desk) -> None:
    """As for the file."""
    desk.dotenv.write_bytes(b"PORT=\xff\n")
    assert desk.refused() == [".env: is not UTF-8 text."]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_shown(name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in an error about it, not in an error about the variable it was put into by mistake, not by printing it."""
    monkeypatch.setenv(name, SECRET)
    assert SECRET not in repr(desk.load()) + str(desk.load().model_dump())
    for wrong in ("PORT", "TEAMS_ALLOW_UNSIGNED", "COUNTERSIGN_SLOTS", "COUNTERSIGN_MODEL", "COUNTERSIGN_DESKS__NORTH"):
        monkeypatch.setenv(wrong, SECRET)
    assert not [problem for problem in desk.refused() if SECRET in problem]
    for wrong in ("COUNTERSIGN_MODEL", "COUNTERSIGN_DESKS__NORTH"):
        monkeypatch.delenv(wrong)
    assert not [problem for problem in desk.refused() if SECRET in problem]
    desk.write(GOOD + f"{name}: {SECRET}\nslots: {SECRET}\nmodel: [{SECRET}]\n")
    assert not [problem for problem in desk.refused() if SECRET in problem]


def test_samples_are_checked_too(desk: Desk) -> None:
    """They may be missing; what is there must be whole."""
    path = desk.file.with_name("samples.yaml")
    assert read_samples(path) == []
    path.write_text("- {id: a, language: en, label: A, text: Hello}\n", "utf-8")
    assert [sample["text"] for sample in read_samples(path)] == ["Hello"]
    path.write_text("- {id: a, language: en, label: A}\n- 3\n", "utf-8")
    with pytest.raises(BadSettings) as bad:
        read_samples(path)
    assert bad.value.problems == [
        f"{path}, line 1: samples.0.text is missing; it must be text.",
        f"{path}, line 2: samples.1 must be a group of keys (id, label, language, text), but is 3.",
    ]
