"""What staff ask for by mentioning the bot in the review channel, and where the answer stands."""

from __future__ import annotations

import json

import pytest

from bot.channels.base import Answer, Person, Place, Thread
from bot.channels.prompts import NoPrompts, Printed
from bot.channels.standing import Pause, Standing
from bot.channels.teams.commands import thread_of
from bot.phrases import say
from bot.review.model import Mood, Role, Sentiment
from tests.channels.slack.cards import HOSTILE, card
from tests.channels.teams.conftest import Bench
from tests.doubles.teams import Message, User
from tests.doubles.teams.kit import cards
from tests.doubles.teams.wire import Json


async def answer(bench: Bench, user: User, words: str, *, thread: Message | None = None, html: str = "") -> Message:
    """What is answered to what somebody writes in the review channel."""
    count = len(bench.teams.posts())
    await bench.teams.act.write(user, bench.town.review, words, thread=thread, html=html)
    await bench.teams.until(lambda: len(bench.teams.posts()) > count, what="no answer")
    post = bench.teams.posts()[-1]
    cards.check(post.card or {})
    return post


def text(post: Message) -> str:
    """All words on a card."""
    return "\n".join("".join(run["text"] for run in one["inlines"]) for one in (post.card or {})["body"])


async def test_help_lists_the_commands(bench: Bench) -> None:
    """In the thread of whoever asked, each as it is to be typed."""
    await bench.teams.act.write(bench.town.ana, bench.town.review, "hello?")
    for words in (f"{bench.town.bot}", f"{bench.town.bot} help", f"{bench.town.bot} HELP me"):
        post = await answer(bench, bench.town.ana, words)
        assert "@Countersign queue lists what waits for a decision" in text(post)
        assert bench.town.review.messages[post.root].words == words
    assert len(bench.teams.posts()) == 3
    runs = [run for one in (post.card or {})["body"] for run in one["inlines"]]
    assert {"type": "TextRun", "text": "@Countersign queue", "fontType": "Monospace"} in runs


async def test_an_answer_stands_in_the_thread_where_it_was_asked(bench: Bench) -> None:
    """Beneath a card, or beneath whatever else somebody asked."""
    first = await bench.teams.act.write(bench.town.lea, bench.town.review, "Good morning")
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} version", thread=first)
    assert post.root == first.id
    assert text(post) == "Countersign 1.2.3"


async def test_the_queue_links_to_each_review(bench: Bench) -> None:
    """Who waits, since when, who is on it; a customer's words are only words."""
    angry = Sentiment(Mood.NEGATIVE, True, (), "rules")
    bench.inbox.waiting = [card(customer=f"[x](https://evil.example) {HOSTILE}", sentiment=angry, holder="Lea")]
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} queue")
    assert "Open reviews: 1" in text(post)
    assert "Lea is on it" in text(post)
    assert "😡" in text(post)
    made = json.dumps(post.card)
    assert '"url": "https://countersign.example/audit/01REVIEW"' in made
    assert '"TextBlock"' not in made
    assert not bench.teams.warnings


async def test_an_unknown_word_is_said_back(bench: Bench) -> None:
    """With what there is."""
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} dance `now` *please*")
    assert "There is no command “dance”" in text(post)


async def test_leads_pause_and_resume(bench: Bench) -> None:
    """Those who lead a desk; others are told so."""
    await answer(bench, bench.town.lea, f"{bench.town.bot} pause")
    assert bench.inbox.pauses == [(bench.town.lea.aad, "nordlys", True)]
    bench.inbox.standings = (Standing("nordlys", "Nordlys support", Role.AGENT, Pause("Lea", 1790000001.0)),)
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} resume")
    assert "Only the leads and admins" in text(post)
    assert len(bench.inbox.pauses) == 1


async def test_the_story_of_a_review_by_a_link_to_its_message(bench: Bench) -> None:
    """Teams shows a pasted link under the message's first words."""
    town = bench.town
    link = (
        f"https://teams.microsoft.com/l/message/{town.support.id.replace(':', '%3A').replace('@', '%40')}/1790000000123"
    )
    link += "?tenantId=x&parentMessageId=1790000000001"
    bench.inbox.cards[str(Thread(Place("teams", town.support.id), "1790000000001"))] = card()
    span = '<span itemtype="http://schema.skype.com/Mention" itemid="0">Countersign</span>'
    html = f'<p>{span}&nbsp;audit <a href="{link.replace("&", "&amp;")}">Kim: Where is my parcel?</a></p>'
    post = await answer(bench, town.ana, f"{town.bot} audit x", html=html)
    assert bench.inbox.asked == [Thread(Place("teams", town.support.id), "1790000000001")]
    assert "The customer wrote." in text(post)


async def test_a_command_that_is_told_again_is_answered_once(bench: Bench) -> None:
    """Teams may not have heard that we took it."""
    await answer(bench, bench.town.ana, f"{bench.town.bot} version")
    told: Json = bench.teams.told("message")[-1].activity
    await bench.teams.act.deliver(told)
    await answer(bench, bench.town.ana, f"{bench.town.bot} help")
    assert len(bench.teams.posts()) == 2


async def test_elsewhere_a_mention_is_no_command(bench: Bench) -> None:
    """A customer who mentions the bot asks a question; in the review channel talk is not a command."""
    town = bench.town
    await bench.teams.act.write(town.kim, town.support, f"{town.bot} queue")
    await bench.teams.act.write(town.ana, town.review, "queue")
    await bench.teams.act.write(town.ana, town.review, f"{town.lea} queue")
    robot = bench.teams.happenings.say(town.review, town.robot, words=f"{town.bot} queue")
    await bench.teams.act.deliver(bench.teams.activities.said(robot))
    await answer(bench, town.ana, f"{town.bot} version")
    assert len(bench.inbox.events) == 1
    assert len(bench.teams.posts()) == 1


async def test_somebody_from_outside_is_told_nothing(bench: Bench) -> None:
    """A guest who came into the review channel sees no queue."""
    bench.inbox.waiting = [card()]
    bench.town.staff_team.members.append(bench.town.kim)
    post = await answer(bench, bench.town.kim, f"{bench.town.bot} queue")
    assert "own organisation" in text(post)


async def test_when_the_database_is_down_the_answer_says_so(bench: Bench) -> None:
    """Nothing was done."""
    bench.inbox.down = True
    post = await answer(bench, bench.town.lea, f"{bench.town.bot} pause")
    assert "nothing was done" in text(post)


CHANNEL = "19:abc@thread.tacv2"
LINKS: list[tuple[str, str | None]] = [
    (f"https://teams.microsoft.com/l/message/{CHANNEL}/12", "12"),
    ("https://teams.microsoft.com/l/message/19%3aabc%40thread.tacv2/12", "12"),
    (f"https://teams.cloud.microsoft/l/message/{CHANNEL}/12?parentMessageId=7&groupId=g", "7"),
    ("https://teams.microsoft.com/l/channel/19%3aabc%40thread.tacv2/General", None),
    ("https://x.example/12", None),
    ("01REVIEW", None),
    ("http://[", None),
    ("", None),
]


@pytest.mark.parametrize(("link", "root"), LINKS)
def test_a_link_to_a_message_names_its_thread(link: str, root: str | None) -> None:
    """As "Copy link" writes it."""
    found = thread_of(link)
    assert (found and (found.place.id, found.root)) == (root and (CHANNEL, root))


class Shelf(NoPrompts):
    """A template with a text that is longer than an answer."""

    async def shown(self, by: Person, wanted: str) -> Printed:
        return Printed(wanted, f"**{HOSTILE}**\n" + "Be kind.\n" * 1000, "https://desk.example/templates/support_reply")

    async def rolled_back(self, by: Person, name: str, note: str) -> Answer:
        return Answer(True, f"{name}: {note}")


async def test_a_prompt_is_shown_letter_by_letter(bench: Bench) -> None:
    """As much of it as a card holds, with the way to its page; and it is rolled back with a note."""
    bench.inbox.prompts = Shelf()
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} prompts show support_reply@3")
    assert "\nBe kind.\nBe kind." in text(post)
    assert say("prompts.cut") in text(post)
    assert len(json.dumps(post.card)) < 28_000
    assert json.dumps(post.card).count("https://desk.example/templates/support_reply") == 1
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} prompts rollback support_reply Too long.")
    assert text(post) == "support_reply: Too long."
    post = await answer(bench, bench.town.ana, f"{bench.town.bot} prompts")
    assert text(post) == say("prompts.none")
