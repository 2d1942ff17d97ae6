"""Each thing that can be missing has a line that fails, a sentence that mends it, and an exit code of 1."""

from __future__ import annotations

import pytest

from bot.phrases import say
from tests.cli.house import ROOT, House

DATABASE = say("doctor.database_mend")
# name of the line -> what is set, what the line says, and the sentence below it
FAILING: dict[str, tuple[dict[str, str], str, str]] = {
    "settings": (
        {"COUNTERSIGN_SLOTS": "many"},
        "Environment variable COUNTERSIGN_SLOTS must be a whole number from 1 to 1000, but is 'many'.",
        "",
    ),
    "door": ({"HOST": "0.0.0.0"}, "0.0.0.0:0", say("start.open_door", host="0.0.0.0")),
    "template": (
        {"COUNTERSIGN_PROMPTS": "nowhere"},
        "nowhere/support_reply.md: it cannot be read (No such file or directory).",
        say("doctor.template_mend"),
    ),
    "knowledge": (
        {"COUNTERSIGN_KNOWLEDGE": "nowhere"},
        "nowhere: there is no such file or folder.",
        say("doctor.knowledge_mend"),
    ),
    "samples": ({"COUNTERSIGN_SAMPLES": "config"}, "config: cannot be read (Is a directory).", ""),
    "database, its kind": (
        {"DATABASE_URL": "mysql://me:secret@here/x"},
        "DATABASE_URL cannot be used. It must be sqlite or postgresql, but is mysql.",
        DATABASE,
    ),
    "database, its folder": (
        {"DATABASE_URL": "sqlite:///config/countersign.yaml/x.db"},
        "sqlite:///config/countersign.yaml/x.db cannot be created, because {house}/config/countersign.yaml is not a"
        " folder that can be written to.",
        DATABASE,
    ),
    "database, its file": (
        {"DATABASE_URL": "sqlite:///config/countersign.yaml"},
        "sqlite:///config/countersign.yaml: file is not a database",
        DATABASE,
    ),
    "database, its server": (
        {"DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/x"},
        'postgresql://me:***@127.0.0.1:1/x: connection failed: connection to server at "127.0.0.1", port 1 failed:'
        " Connection refused",
        DATABASE,
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_line_that_fails(name: str, house: House) -> None:
    """It says what is wrong and how to mend it; what else is wrong is said as well; no password is."""
    env, said, mend = FAILING[name]
    answer = house.command("doctor", **env)
    key = "settings" if name == "samples" else name.split(",")[0]
    expected = f"FAIL  {say(f'doctor.{key}')}: {said}".replace("{house}", str(house.folder.resolve()))
    lines = answer.stdout.splitlines()
    assert answer.returncode == 1
    assert answer.stderr == ""
    assert expected in lines
    assert [line for line in lines if line.startswith("FAIL")] == [expected]
    if mend:
        assert lines[lines.index(expected) + 1] == f"      {mend}"
    assert "secret" not in answer.stdout


def test_a_house_without_articles(house: House) -> None:
    """Nothing fails, but what it means is said."""
    (house.folder / "empty").mkdir()
    answer = house.command("doctor", COUNTERSIGN_KNOWLEDGE="empty")
    assert answer.returncode == 0
    assert say("doctor.knowledge_empty", paths="empty") in answer.stdout


def test_a_model(house: House) -> None:
    """Which one is said, the key is not."""
    answer = house.command("doctor", OPENAI_API_KEY="sk-invented-and-long-enough")
    assert say("doctor.model_set", model="gpt-4.1-mini", server="OpenAI") in answer.stdout
    assert "sk-invented" not in answer.stdout


def test_the_house_itself_is_well(house: House) -> None:
    """What is shipped passes, from the folder it is shipped in."""
    data = f"sqlite:///{house.folder}/x.db"
    answer = House.command(_At(house), "doctor", DATABASE_URL=data)
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout


class _At(House):
    """The folder of the repository, whose settings are left alone."""

    def __init__(self, house: House) -> None:
        self.folder = ROOT
        self.env = house.env
