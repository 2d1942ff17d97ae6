"""Templates: what is refused, and that values stay what they are."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drafting import prompts
from bot.drafting.prompts import BadTemplate, Problem, PromptInputs, Template
from tests.drafting.stories import ROOT

HEAD = "---\nname: reply\npurpose: Replies.\n---\n"
GOOD = HEAD + "Be {{tone}}.\n--- customer ---\n{{message}}\n"


def inputs(**values: str) -> PromptInputs:
    return PromptInputs(**{name: values.get(name, f"<{name}>") for name in prompts.NAMES})


def body(line: str) -> list[Problem]:
    """What is wrong with a template that has this line, its sixth, above the divider."""
    return prompts.check(f"{HEAD}Be {{{{tone}}}}.\n{line}\n--- customer ---\n{{{{message}}}}\n")


def test_the_templates_of_the_house_are_fine() -> None:
    """What is shipped passes its own check."""
    paths = sorted((ROOT / "prompts").glob("*.md"))
    assert paths
    assert [problem for path in paths for problem in prompts.check_file(path)] == []


def test_it_is_filled_in() -> None:
    """The system's words and the customer's are two messages, in that order."""
    template = Template("reply", 1, "Be {{tone}} and {{ tone }}.\n--- customer ---\nHe says:\n{{message}}\n")
    assert prompts.render(template, inputs(tone="brief", message="hello")) == [
        ("system", "Be brief and brief."),
        ("human", "He says:\nhello"),
    ]


ATTACKS = [
    "{{tone:1000000000}}",
    "{{tone!r}}",
    "{{tone.__class__.__mro__}}",
    "{{tone[0]}}",
    "{{#tone}}x{{/tone}}",
    "{{^tone}}x{{/tone}}",
    "{{{tone}}}",
    "{{&tone}}",
    "{{>partial}}",
    "{{!comment}}",
    "{{=<% %>=}}",
    "{{tone|upper}}",
    "{{tone()}}",
    "{{tone}}}",
    "{{}}",
    "{{ }}",
    "{{\ttone}}",
    "{{tоne}}",  # with a Cyrillic letter
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_anything_but_a_plain_name_is_refused(attack: str) -> None:
    """Widths, attributes, sections, filters, comments, other delimiters: refused with the line and the allowed names."""
    problems = body(f"Also {attack}, please.")
    assert problems
    assert {problem.line for problem in problems} == {6}
    assert all("the allowed names are articles, customer, desk" in problem.reason for problem in problems)


@pytest.mark.parametrize("line", ["Hello {{tone", "Hello {{", "{{tone}} and {{{{", "{{ tone }"])
def test_braces_left_open_are_refused(line: str) -> None:
    """They are looked for on the same line, so that the error is where the mistake is."""
    [problem] = body(line)
    assert problem.line == 6
    assert "not closed on the same line" in problem.reason


@pytest.mark.parametrize(
    "line", ['{"a": {"b": 1}}', "{tone}", "}}", "{% if x %}", "{tone:1000000000}", "${tone}", "%(tone)s"]
)
def test_single_braces_are_text(line: str) -> None:
    """JSON may be written, and other template languages mean nothing here."""
    assert body(line) == []
    template = Template("reply", 1, f"{line}\n--- customer ---\n{{{{message}}}}")
    assert prompts.render(template, inputs())[0] == ("system", line)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    """A slip of the pen would otherwise leave a hole in the prompt."""
    [problem] = body("Hello {{custmer}}")
    assert problem == Problem(
        6, f"there is no variable {{{{custmer}}}}; the allowed names are {', '.join(prompts.NAMES)}"
    )


@pytest.mark.parametrize("name", sorted(prompts.DATA))
def test_data_may_not_stand_in_the_systems_words(name: str) -> None:
    """Not even the customer's display name: it may be an instruction, and so may what a look-up found."""
    [problem] = body(f"The customer: {{{{{name}}}}}")
    assert problem.line == 6
    assert "may only stand below" in problem.reason


def test_the_message_and_the_divider_must_be_there() -> None:
    """Without them the model would not see the customer, or see them as its master."""
    assert [p.reason for p in prompts.check(HEAD + "Hello")] == [
        "the line --- customer --- is missing; the customer's text goes below it",
        "{{message}} is missing, so the model would not see what to answer",
    ]
    assert "no text above" in prompts.check(HEAD + "--- customer ---\n{{message}}")[0].reason
    assert "twice" in prompts.check(GOOD + "--- customer ---\n")[0].reason


def test_a_divider_with_spaces_around_it_divides_too() -> None:
    """What the check takes for the divider, the rendering must take for it as well."""
    text = GOOD.replace("--- customer ---", "  --- customer --- ")
    assert prompts.check(text) == []
    template = prompts.read(text, "reply")
    assert [role for role, words in prompts.render(template, inputs()) if "<message>" in words] == ["human"]


def test_an_empty_and_a_huge_template_are_refused_at_once() -> None:
    """A megabyte of braces is not even looked through."""
    assert prompts.check(" \n ") == [Problem(0, "the template is empty")]
    assert "at most 20000" in prompts.check(HEAD + "{{" * 500_000)[0].reason
    assert len(prompts.check(HEAD + "{{" * 9_000)) < 5


def test_control_characters_are_refused() -> None:
    """Nobody sees them in an editor, and a model may."""
    assert body("Hello\0")[0] == Problem(6, "there is a control character in it")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hello", "reply.md, line 1: it has to start with a line --- and the fields name, purpose."),
        (GOOD.replace("name: reply", "name: other"), "reply.md, line 2: the name has to be reply, like the file's."),
        (GOOD.replace("name: reply", "name: A reply"), "reply.md, line 2: a name has small letters, digits"),
        (
            GOOD.replace("purpose: Replies.", "purpose: A\x1bbell."),
            "reply.md, line 3: there is a control character in it.",
        ),
        (
            GOOD.replace("---\nBe", "languages: English\n---\nBe"),
            "reply.md, line 4: languages are written as two-letter",
        ),
        (GOOD.replace("---\nBe", "model: a model\n---\nBe"), "reply.md, line 4: a model is named without spaces"),
        (GOOD.replace("---\nBe", "temperature: hot\n---\nBe"), "reply.md, line 4: a temperature is a number from 0"),
        (GOOD.replace("---\nBe", "temperature: 2.5\n---\nBe"), "reply.md, line 4: a temperature is a number from 0"),
        (GOOD.replace("---\nBe", "temperature: nan\n---\nBe"), "reply.md, line 4: a temperature is a number from 0"),
        (
            GOOD.replace("{{tone}}", "{{tome}}"),
            "reply.md, line 5: there is no variable {{tome}}; the allowed names are",
        ),
    ],
)
def test_an_error_names_the_file_and_the_line(tmp_path: Path, text: str, sentence: str) -> None:
    """One sentence each, for `doctor`, `prompts check` and the start."""
    path = tmp_path / "reply.md"
    path.write_text(text, "utf-8")
    with pytest.raises(BadTemplate) as caught:
        prompts.load(path)
    assert sentence in str(caught.value)
    assert prompts.check_file(path)[0] == str(caught.value)


def test_a_file_that_is_missing_huge_or_no_text_is_named(tmp_path: Path) -> None:
    """What cannot be read is said in one sentence too, and a huge file is not read at all."""
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "huge.md").write_bytes(b"x" * 1_000_000)
    for name, words in (("nowhere.md", "No such file"), ("binary.md", "not UTF-8"), ("huge.md", "more than 20000")):
        with pytest.raises(BadTemplate, match=words):
            prompts.load(tmp_path / name)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    """Some editors write them."""
    path = tmp_path / "reply.md"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    template = prompts.load(path, version=7)
    assert str(template) == "reply@7"
    assert prompts.render(template, inputs())[0] == ("system", "Be <tone>.")


def test_the_fields_on_top_may_name_languages_and_a_model() -> None:
    """They belong to the version, so that what was tried out is what is used."""
    plain = prompts.read(GOOD, "reply")
    assert (plain.languages, plain.model, plain.temperature) == ((), "", None)
    text = GOOD.replace("---\nBe", "languages: en, fr\nmodel: openai/gpt-4.1\ntemperature: 0.2\n---\nBe")
    told = prompts.read(text, "reply")
    assert (told.languages, told.model, told.temperature) == (("en", "fr"), "openai/gpt-4.1", 0.2)


def test_what_nobody_gave_reads_as_nothing() -> None:
    """A template may name examples and look-ups at a desk that has neither."""
    template = Template("reply", 1, "Hi\n--- customer ---\n{{examples}} {{facts}} {{message}}")
    few = {name: "x" for name in prompts.NAMES if name not in ("examples", "facts")}
    assert prompts.render(template, PromptInputs(**few))[1] == ("human", "(nothing) (nothing) x")


def test_the_variables_are_the_fields() -> None:
    """Whoever adds a field has added a variable."""
    assert set(prompts.NAMES) == {field.name for field in fields(PromptInputs)}
    assert set(prompts.NAMES) > prompts.DATA


VALUES = st.text(st.sampled_from("{}#^/&!>.| \nab") | st.characters(), max_size=60) | st.sampled_from(
    [f"{{{{{name}}}}}" for name in prompts.NAMES] + ["{{kb}}", "{{{message}}}", "\\1", "\\g<0>", "--- customer ---"]
)


@given(st.fixed_dictionaries(dict.fromkeys(prompts.NAMES, VALUES)))
def test_a_value_is_never_expanded(values: dict[str, str]) -> None:
    """Whatever a customer, an article or a reviewer writes goes in letter by letter, braces and all."""
    marked = "".join(f"\x01{{{{{name}}}}}\x02" for name in prompts.NAMES)
    template = Template("reply", 1, f"{marked}\n--- customer ---\n{marked}")
    expected = "".join(f"\x01{values[name]}\x02" for name in prompts.NAMES)
    assert prompts.render(template, PromptInputs(**values)) == [("system", expected), ("human", expected)]
