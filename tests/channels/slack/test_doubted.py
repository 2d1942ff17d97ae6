"""What no source says, on a card in Slack: seen there, and taken out with one signed click."""

from __future__ import annotations

from tests.channels.slack.conftest import Opens
from tests.channels.slack.house import House, actions, says
from tests.doubles.openai_answers import BEHAVIOURS
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.slack import Message
from tests.stage import doubtful
from tests.stage.doubtful import BORNE_OUT, CARD, INVENTED, LINKED, MAIL, QUESTION


async def asked(house: House) -> tuple[Message, Message]:
    """The customer's question, and its card."""
    town = house.slack.town
    return await house.slack.act.write(town.kim, town.support, QUESTION), await house.card()


def scripted(model: OpenAIServer) -> None:
    """The model answers as in `doubtful`."""
    model.script(*(BEHAVIOURS[str(step.pop("do"))](**step) for step in map(dict, doubtful.script())))


async def test_a_sentence_is_taken_out_with_one_click(opens: Opens) -> None:
    """The card is drawn anew without it and without its translation; nothing is sent until somebody approves, and then
    what is left."""
    async with OpenAIServer() as model:
        scripted(model)
        async with opens(environment={"OPENAI_BASE_URL": model.url}, reads=["en"]) as house:
            slack, town = house.slack, house.slack.town
            question, card = await asked(house)
            assert says(card, f"No source says: “{INVENTED}”")
            assert says(card, f"No source says: “{LINKED}”")
            assert not says(card, f"No source says: “{BORNE_OUT}”")
            assert says(card, "may be meant to steer the draft")
            assert says(card, "Not shown to the model: e-mail address, card number")
            assert says(card, "You get 25 kr. back as an apology.")
            removing = [name for name in actions(card) if name.startswith("decide.strike.")]
            assert len(removing) == 2
            seen = slack.act.snapshot(card)
            await slack.act.press(town.ana, card, removing[0])
            await house.shows(card, "No source says: “Følg den", buttons=True)
            await slack.until(lambda: not says(card, INVENTED))
            assert says(card, BORNE_OUT)
            assert says(card, "Hi, where is my parcel?")
            assert not says(card, "back as an apology")
            await slack.act.press(town.lea, seen, removing[1])
            assert "took a sentence out" in await house.whisper(town.lea)
            assert not slack.posts(thread=question)
            await slack.act.press(town.ana, card, "decide.approve")
            (reply,) = await house.replies(question)
            assert BORNE_OUT in reply.text
            assert INVENTED not in reply.text
            await house.shows(card, "Delivered.", buttons=False)
            await slack.settled()
            assert not says(card, "Look at this before it goes out")
            assert not slack.complaints
            assert not slack.warnings
        assert not [call for call in model.seen if MAIL in str(call) or CARD in str(call)]
        assert QUESTION not in house.log()


async def test_whoever_may_not_decide_takes_nothing_out(opens: Opens) -> None:
    """The click is refused like any other decision, and so is one that names no sentence of this draft."""
    async with OpenAIServer() as model:
        scripted(model)
        async with opens(environment={"OPENAI_BASE_URL": model.url}, reads=["en"]) as house:
            slack, town = house.slack, house.slack.town
            town.review.members.append(town.tom)
            _, card = await asked(house)
            removing = next(name for name in actions(card) if name.startswith("decide.strike."))
            await slack.act.press(town.tom, card, removing)
            assert "You may look but not decide here." in await house.whisper(town.tom)
            assert says(card, INVENTED)
