"""What people write, change and take back in Teams reaches the desk as they meant it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Deleted, Edited, Said, Speaker
from bot.channels.teams.activities import seconds
from bot.channels.teams.heard import heard
from tests.channels.teams.conftest import Bench
from tests.doubles.teams.wire import Json

BOT = "28:3f0b7a52-0f6f-4b0e-8d2e-6a1c5a3f9e11"
SPAN = '<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="{}">{}</span>'


def said(rich: str, *mentions: tuple[str, str], plain: str = "plain") -> Json:
    """An activity with this original; each mention is an id and a name."""
    entities = [
        {"type": "mention", "mentioned": {"id": who, "name": name}, "text": f"<at>{name}</at>"}
        for who, name in mentions
    ]
    attachments = [{"contentType": "text/html", "content": rich}] if rich else []
    return {"type": "message", "text": plain, "attachments": attachments, "entities": entities}


# --- events


async def test_an_edit_is_an_edit_and_told_twice_is_one(bench: Bench) -> None:
    """By the time of the edit: another one to the same message is another."""
    teams, town = bench.teams, bench.town
    question = await teams.act.write(town.kim, town.support, "Where is it?")
    await teams.act.edit(question, "Where is my parcel?")
    again = teams.told("editMessage")[0].activity
    assert (await teams.act.deliver(again)).status == 200
    await teams.act.edit(question, "Where is my red parcel?")
    first, *edits = bench.inbox.events
    assert isinstance(first, Said)
    assert [event.text for event in edits if isinstance(event, Edited)] == [
        "Where is my parcel?",
        "Where is my red parcel?",
    ]
    assert {event.ref for event in edits} == {question.id}
    assert {event.thread for event in edits} == {first.thread}


async def test_a_deletion_and_its_taking_back(bench: Bench) -> None:
    """The words are gone, then said again, then gone again; each is told once more and counts once."""
    teams, town = bench.teams, bench.town
    question = await teams.act.write(town.kim, town.support, "Where is it?")
    for _ in range(2):
        await teams.act.delete(question)
        await teams.act.undelete(question)
    for delivery in teams.told("softDeleteMessage") + teams.told("undeleteMessage"):
        await teams.act.deliver(delivery.activity)
    kinds = [type(event) for event in bench.inbox.events]
    assert kinds == [Said, Deleted, Said, Deleted, Said]
    assert {event.ref for event in bench.inbox.events} == {question.id}
    times = [event.at for event in bench.inbox.events]
    assert times == sorted(times)
    last = bench.inbox.events[-1]
    assert isinstance(last, Said)
    assert last.text == "Where is it?"


async def test_an_answer_in_a_thread_hangs_from_its_first_message(bench: Bench) -> None:
    """Also when the bot never saw that first message."""
    teams, town = bench.teams, bench.town
    teams.admin.consent(town.support_team)
    first = await teams.act.write(town.ana, town.support, "Good morning!")
    await teams.act.reply(town.kim, first, f"{town.bot} where is my parcel?")
    (event,) = bench.inbox.events
    assert (event.thread.root, event.speaker) == (first.id, Speaker.CUSTOMER)
    assert event.ref != first.id


async def test_a_message_without_words_but_with_a_picture_names_it(bench: Bench) -> None:
    """What is attached is named; what is neither words nor a file is nothing."""
    picture: Json = {"contentType": "image/png", "contentUrl": "https://x.example/1", "name": "broken.png"}
    nameless: Json = {"contentType": "application/pdf"}
    for attachments in ([picture, nameless], [], [{"contentType": "application/vnd.microsoft.card.adaptive"}]):
        await bench.teams.act.deliver(bench.message("") | {"text": "", "attachments": attachments})
    (event,) = bench.inbox.events
    assert isinstance(event, Said)
    assert event.files == ("broken.png", "application/pdf")


@pytest.mark.parametrize(
    ("stamp", "unix"),
    [
        ("2026-11-23T14:02:00.1234567Z", 1795442520.123456),
        ("2026-11-23T14:02:00Z", 1795442520.0),
        ("2026-11-23T16:02:00+02:00", 1795442520.0),
        ("2026-11-23T14:02:00", 1795442520.0),
        ("yesterday", 0.0),
        ("", 0.0),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_are_read_as_the_connector_writes_them(stamp: str, unix: float | None) -> None:
    """With ten-millionths of a second; what is no time is none."""
    assert unix is None or seconds(stamp) == unix
    assert isinstance(seconds(stamp), float)


# --- words

READS = {
    "a paragraph": ("<p>Where is my parcel?</p>", "Where is my parcel?"),
    "two paragraphs": ("<p>Hello,</p><p>where is it?</p>", "Hello,\nwhere is it?"),
    "an empty line": ("<p>Hello,</p><p>&nbsp;</p><p>where is it?</p>", "Hello,\n\nwhere is it?"),
    "a line break": ("<div>one<br>two<br/>three</div>", "one\ntwo\nthree"),
    "entities": ("<p>A &amp; B &lt;b&gt;&nbsp;&#128512;</p>", "A & B <b> 😀"),
    "spaces of the source": ("<div>\n  <p>one   two</p>\n</div>", "one two"),
    "a list": ("<p>Two:</p><ul><li>red</li><li>blue</li></ul><p>Now.</p>", "Two:\n- red\n- blue\nNow."),
    "a numbered list": ("<ol><li>first</li><li><p>second</p></li></ol>", "1. first\n2. second"),
    "a list in a list": ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
    "a list with paragraphs": ("<ul><li><p>a</p><p>b</p></li><li></li><li>c</li></ul>", "- a\nb\n- c"),
    "only a sign": ("<p>&gt;</p><p>&gt; a</p>", ">\n> a"),
    "a quotation": (
        "<blockquote><p>You said</p><p>this</p></blockquote><p>No.</p>",
        "> You said\n> this\nNo.",
    ),
    "code": ("<p>See</p><pre><code>if x:\n    y()</code></pre><p>ok</p>", "See\nif x:\n    y()\nok"),
    "a table": ("<table><tr><td>red</td><td>2</td></tr><tr><td>blue</td><td>3</td></tr></table>", "red | 2\nblue | 3"),
    "a link": ('<p>See <a href="https://a.example/x">this page</a>.</p>', "See this page (https://a.example/x)."),
    "a bare link": ('<p><a href="https://a.example/x">https://a.example/x</a></p>', "https://a.example/x"),
    "a link without its scheme": ('<p><a href="https://a.example/">a.example</a></p>', "a.example"),
    "a mail address": ('<p><a href="mailto:a@b.example">a@b.example</a></p>', "a@b.example"),
    "an empty link": ('<p>x <a href="https://a.example"></a></p>', "x https://a.example"),
    "a link to a script": ('<p><a href="javascript:alert(1)">click</a></p>', "click"),
    "an emoji": ('<p>Thanks <emoji id="smile" alt="🙂" title="Smile"></emoji></p>', "Thanks 🙂"),
    "a picture": ('<p><img alt="image" src="https://x.example"></p>', "image"),
    "emphasis": ("<p>It is <strong>very</strong> <em>late</em></p>", "It is very late"),
    "a script": ("<p>a<script>alert(1)</script>b<style>x{}</style></p>", "ab"),
    "an attachment": ('<p>look</p><attachment id="1"></attachment>', "look"),
    "unclosed tags": ("<p><b>one<li>two", "one\n- two"),
    "tags nobody opened": ("one</p></ul></li></span></a></pre></blockquote>two", "one\ntwo"),
    "a comment": ("<p>a<!-- b -->c</p>", "ac"),
    "right to left": ("<p>שלום</p>", "שלום"),
}


@pytest.mark.parametrize("name", READS)
def test_the_rich_original_is_read_as_plain_text(name: str) -> None:
    """As a browser would show it, without markup."""
    rich, text = READS[name]
    assert heard(said(rich), BOT) == text


MENTIONS = {
    "us alone": (f"<p>{SPAN.format(0, 'Countersign')}&nbsp;where is it?</p>", [(BOT, "Countersign")], "where is it?"),
    "us in capitals": (f"<p>{SPAN.format(0, 'C')} hi</p>", [(BOT.upper(), "C")], "hi"),
    "us and another": (
        f"<p>{SPAN.format(0, 'Countersign')} and {SPAN.format(1, 'Ana Alves')}: hi</p>",
        [(BOT, "Countersign"), ("29:ana", "Ana Alves")],
        "and @Ana Alves: hi",
    ),
    "twice": (
        f"<p>{SPAN.format(0, 'C')} a {SPAN.format(1, 'C')} b</p>",
        [(BOT, "C"), (BOT, "C")],
        "a  b",
    ),
    "somebody of our name": (
        f"<p>{SPAN.format(0, 'C')} {SPAN.format(1, 'C')} hi</p>",
        [(BOT, "C"), ("29:c", "C")],
        "@C hi",
    ),
    "another bot": (f"<p>{SPAN.format(0, 'Robot')} hi</p>", [("28:robot", "Robot")], "@Robot hi"),
    "a name with markup": (
        f"<p>{SPAN.format(0, 'A &amp; B')} hi</p>",
        [("29:x", "A & B")],
        "@A & B hi",
    ),
    "only us": (f"<p>{SPAN.format(0, 'C')}</p>", [(BOT, "C")], ""),
}


@pytest.mark.parametrize("name", MENTIONS)
def test_only_our_own_mention_is_left_out(name: str) -> None:
    """Whom else a customer addressed is part of what they said."""
    rich, mentions, text = MENTIONS[name]
    assert re.sub(" +", " ", heard(said(rich, *mentions), BOT)) == re.sub(" +", " ", text)


def test_without_the_original_the_plain_text_is_read() -> None:
    """Its mentions are marked; what looks like markup otherwise was typed."""
    plain = "<at>Countersign</at>&nbsp;ask <at>Ana Alves</at>: is 1 < 2 &amp; <b>bold</b>?"
    activity = said("", (BOT, "Countersign"), ("29:ana", "Ana Alves"), plain=plain)
    assert heard(activity, BOT) == "ask @Ana Alves: is 1 < 2 &amp; <b>bold</b>?"


@pytest.mark.parametrize("rich", ["<![foo[x]]>", "<p>" + "x" * 200_001])
def test_an_original_that_cannot_be_taken_apart_is_not_needed(rich: str) -> None:
    """The plain text says the same with less."""
    assert heard(said(rich, plain="plain words"), BOT) == "plain words"


@pytest.mark.parametrize("tag", ["<blockquote>", "<ul><li>"])
def test_what_is_nested_without_end_stays_short(tag: str) -> None:
    """Anybody who may write in the channel can send this; what is stored of it is not many times what was sent."""
    rich = f"{tag}a" * 2000
    told = heard(said(rich), BOT)
    assert told.count("a") == 2000
    assert len(told) < 4 * len(rich)


def test_for_a_command_a_link_is_where_it_leads() -> None:
    """Teams shows a pasted link under another name."""
    rich = '<p>audit <a href="https://teams.microsoft.com/l/message/1/2">Review | Support</a></p>'
    assert heard(said(rich), BOT, addresses=True) == "audit https://teams.microsoft.com/l/message/1/2"


@given(st.text(alphabet="<>/ab=\"'&;!-[]#x \n", max_size=60))
def test_any_original_can_be_read(rich: str) -> None:
    """Whatever stands in it, reading it fails never."""
    assert isinstance(heard(said(rich), BOT), str)


@given(st.lists(st.text(alphabet="abc <>&é\n", min_size=1, max_size=8), max_size=5))
def test_what_is_escaped_comes_back(lines: list[str]) -> None:
    """Words between tags are the words that were typed, but for spaces at the ends."""
    escaped = [line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in lines]
    told = heard(said("".join(f"<p>{line}</p>" for line in escaped), plain=""), BOT)
    assert "".join(told.split()) == "".join("".join(lines).split())
