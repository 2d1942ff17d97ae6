"""What a customer and a reviewer live through, whatever the channel."""

from __future__ import annotations

import pytest

from bot.channels.base import CannotLook, Note, NotStored, Receipt, Refusal, Silence, Speaker, Thread
from bot.discretion import UNKNOWN
from bot.review.model import Release, State
from tests.channels.contract.ground import Ground, Heard, seen
from tests.stage.works import PATIENCE

HARMLESS = {
    "markup": "<script>alert(1)</script> *bold* _it_ ~no~ `code` <https://evil.example|click> [x](http://y) &amp; <b>",
    "mentions": "@channel @here <!channel> <@U123> <at>Ana</at> #general",
    "braces": "{{7*7}} {name} ${x} %(y)s {% raw %} {0.__class__}",
    "right to left": "שלום \u202eevil\u2066 مرحبا",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 :smile:",
    "spaces": "  two\n\n   lines\t and a tab  ",
}


async def test_a_message_becomes_a_card_and_an_approved_reply(ground: Ground) -> None:
    """Written, shown, approved, and read by the customer once, in the thread, as the bot's words."""
    root, card = await ground.asked("Where is my parcel?")
    assert (card.state, card.reply, card.customer) == (State.IN_REVIEW, "You wrote: Where is my parcel?", "Mia")
    assert await ground.replies(root) == []
    assert (await ground.presses(card, "approve")).done
    await ground.works.works()
    assert await ground.thread(root) == [
        Heard(Speaker.CUSTOMER, "Where is my parcel?"),
        Heard(Speaker.BOT, "You wrote: Where is my parcel?"),
    ]
    ground.works.clock.move(60)
    await ground.works.works()
    assert len(await ground.replies(root)) == 1
    assert (await ground.card(root)).state is State.SENT


async def test_an_edited_message_is_drafted_anew(ground: Ground) -> None:
    """The card shows the new words, and a click on the old card is refused."""
    root, old = await ground.asked("Where is my parcel?")
    await ground.edits(root, "Where is my OTHER parcel?")
    await ground.works.settles()
    card = await ground.card(root)
    assert (card.messages[0].text, card.messages[0].edited) == ("Where is my OTHER parcel?", True)
    assert card.reply == "You wrote: Where is my OTHER parcel?"
    assert not (await ground.presses(old, "approve")).done
    await ground.works.works()
    assert await ground.replies(root) == []


async def test_a_deleted_message_needs_no_reply(ground: Ground) -> None:
    """Also when it was approved a moment before."""
    root, card = await ground.asked("Where is my parcel?")
    await ground.presses(card, "approve")
    await ground.takes_back(root)
    await ground.works.settles()
    assert await ground.thread(root) == []
    gone = (await ground.card(root)).messages[0]
    assert (gone.text, gone.deleted) == ("", True)
    assert (await ground.card(root)).state is State.RETIRED


async def test_an_answer_by_hand_retires_the_draft(ground: Ground) -> None:
    """The customer is not told the same thing twice."""
    root, card = await ground.asked("Where is my parcel?")
    await ground.answers("With the neighbour.", root)
    await ground.works.settles()
    assert not (await ground.presses(card, "approve")).done
    assert [heard.speaker for heard in await ground.thread(root)] == [Speaker.CUSTOMER, Speaker.STAFF]
    assert (await ground.card(root)).state is State.RETIRED


async def test_a_further_message_joins_the_thread(ground: Ground) -> None:
    """Two messages, one review, one reply."""
    root = await ground.says("Where is my parcel?")
    await ground.says("It is red.", root)
    await ground.works.settles()
    card = await ground.card(root)
    assert [message.text for message in card.messages] == ["Where is my parcel?", "It is red."]
    await ground.presses(card, "approve")
    await ground.works.works()
    assert await ground.replies(root) == ["You wrote: Where is my parcel? / It is red."]


async def test_a_message_that_is_told_twice_is_one(ground: Ground) -> None:
    """However the channel repeats itself."""
    root = await ground.says("Where is my parcel?")
    assert await ground.says_again() is Receipt.DUPLICATE
    await ground.works.settles()
    assert [message.text for message in (await ground.card(root)).messages] == ["Where is my parcel?"]
    assert len(await ground.thread(root)) == 1


async def test_a_doubled_click_counts_once(ground: Ground) -> None:
    """The second is told who was first."""
    root, card = await ground.asked("Where is my parcel?")
    first, second = await ground.presses(card, "approve"), await ground.presses(card, "approve")
    assert (first.done, second.done) == (True, False)
    assert second.sentence.startswith("Approved by Ana. That was at ")
    await ground.works.works()
    assert len(await ground.replies(root)) == 1


async def test_the_reviewers_words_go_out_as_typed(ground: Ground) -> None:
    """What the form asks for is what is sent."""
    root, card = await ground.asked("Where is my parcel?")
    (form,) = [button for button in card.buttons if button.verb == "edit"]
    assert (form.fields[0].value, form.fields[0].limit) == (card.reply, ground.channel.limit)
    await ground.presses(card, "edit", **{form.fields[0].name: "With the neighbour."})
    await ground.works.works()
    assert await ground.replies(root) == ["With the neighbour."]


@pytest.mark.parametrize("landed", [True, False])
async def test_a_reply_whose_answer_was_lost_is_found_by_its_key(landed: bool, ground: Ground) -> None:
    """It is looked for when no answer can come any more, and sent only if it is not there: read once either way."""
    root, card = await ground.asked("Where is my parcel?")
    await ground.presses(card, "approve")
    ground.loses(landed=landed)
    await ground.works.works()
    assert (await ground.works.review(root)).state is State.SENDING
    ground.works.clock.move(PATIENCE.send_lease)
    await ground.works.works()
    assert len(await ground.replies(root)) == 1
    assert (await ground.works.review(root)).state is State.SENT


async def test_a_card_is_drawn_where_it_stands(ground: Ground) -> None:
    """Drawn again it keeps its reference; a first drawing that landed unseen is found."""
    place = ground.works.setting.reviews
    root, card = await ground.asked("Where is my parcel?")
    before = await ground.drawn(root)
    ref = await ground.channel.show_card(place, card, "", look=True)
    assert ref
    assert await ground.channel.show_card(place, card, ref, look=False) == ref
    assert [seen(card) for card in await ground.drawn(root)] == [seen(card) for card in before]


async def test_a_reply_that_is_too_long_is_refused_on_the_card(ground: Ground) -> None:
    """With the limit, before anything is released; and a channel that is handed one all the same refuses for good."""
    root, card = await ground.asked("Where is my parcel?")
    limit = ground.channel.limit
    answer = await ground.presses(card, "edit", words="x" * (limit + 1))
    assert (answer.done, str(limit) in answer.sentence) == (False, True)
    thread = Thread(ground.works.setting.listens[0], root)
    with pytest.raises(Refusal) as refusal:
        await ground.channel.send_reply(thread, Release(card.review, 9, "c", "x" * (limit + 1)))
    assert refusal.value.final
    assert (await ground.presses(card, "edit", words="x" * limit)).done
    await ground.works.works()
    assert await ground.replies(root) == ["x" * limit]


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
async def test_text_stays_text_in_both_directions(text: str, ground: Ground) -> None:
    """What a customer writes and what a reviewer types is shown and sent as it is: nothing is executed or expanded."""
    root, card = await ground.asked(text)
    assert card.messages[0].text == text
    await ground.presses(card, "edit", words=text)
    await ground.works.works()
    assert await ground.replies(root) == [text]


@pytest.mark.parametrize(
    "text", ["before\x00after", "half \ud83d", "a long story " * 4_000], ids=["NUL", "half", "long"]
)
async def test_a_message_that_no_chat_should_carry_is_stored_whole(text: str, ground: Ground) -> None:
    """And drafted for like any other."""
    _, card = await ground.asked(text)
    assert card.messages[0].text == text
    assert card.state is State.IN_REVIEW


async def test_what_cannot_be_stored_is_not_acknowledged(ground: Ground) -> None:
    """The channel lets it come again, and then it is there once."""
    root = await ground.says("Where is my parcel?")
    with ground.works.gone(), pytest.raises(NotStored):
        await ground.says_again()
    assert await ground.says_again() is Receipt.DUPLICATE
    await ground.works.settles()
    assert len(await ground.drawn(root)) == 1


async def test_a_key_that_was_never_sent_is_not_found(ground: Ground) -> None:
    """Looking finds exactly what was sent under this key, or says that it cannot look."""
    root, card = await ground.asked("Where is my parcel?")
    thread = Thread(ground.works.setting.listens[0], root)
    release = Release(card.review, 77, "c", "words")
    try:
        assert await ground.channel.find_reply(thread, release) is None
        ref = await ground.channel.send_reply(thread, release)
        assert await ground.channel.find_reply(thread, release) == ref
    except (CannotLook, Silence):
        pytest.fail("a quiet channel can be searched")


async def test_a_reply_into_a_thread_that_is_not_there_is_refused_for_good(ground: Ground) -> None:
    """Nobody tries again for ever."""
    gone = Thread(ground.works.setting.listens[0], "987654321")
    with pytest.raises(Refusal) as refusal:
        await ground.channel.send_reply(gone, Release("r", 1, "c", "words"))
    assert refusal.value.final


async def test_a_channel_says_who_reads_in_the_same_words(ground: Ground) -> None:
    """So that it can be compared, and never that it does not know: then it refuses or is silent."""
    place = ground.works.setting.listens[0]
    audience = await ground.channel.audience(place)
    assert audience == await ground.channel.audience(place)
    assert audience != UNKNOWN
    assert not audience or audience.split()[0] in ("private", "public")
    _, card = await ground.asked("Where is my parcel?")
    review = await ground.works.review(card.messages[0].ref)
    assert review.draft is not None
    assert review.draft.audience == audience


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
async def test_colleagues_are_told_something_once_by_its_key(text: str, ground: Ground) -> None:
    """A note stands there as it was written; looking finds one that landed, and no other one, nor is it a card."""
    place, line = ground.works.setting.reviews, " ".join(text.split())
    ref = await ground.channel.post_note(place, "seal-1", Note("Sealed", (line, "and more")), look=False)
    assert await ground.channel.post_note(place, "seal-1", Note("Sealed", (line, "and more")), look=True) == ref
    assert await ground.channel.post_note(place, "seal-2", Note("Sealed again"), look=True) != ref
    assert sorted(await ground.notes()) == [f"Sealed\n{line}\nand more", "Sealed again"]
    await ground.works.settles()
    assert await ground.works.desk.board() == []


async def test_a_channel_says_what_it_is(ground: Ground) -> None:
    """Its name is the first half of its places, and its limit is the longest reply."""
    assert ground.channel.name == ground.works.setting.listens[0].channel
    assert ground.channel.limit > 100
