"""What no source says, on a card in Teams: seen there, and taken out with one click of a new client and of an old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.channels.teams.conftest import asked
from tests.channels.teams.house import living, says
from tests.doubles.openai_answers import BEHAVIOURS
from tests.doubles.openai_server import OpenAIServer
from tests.stage import doubtful
from tests.stage.doubtful import BORNE_OUT, CARD, INVENTED, LINKED, MAIL, QUESTION


@pytest.mark.parametrize("old_client", [False, True], ids=["Action.Execute", "Action.Submit"])
async def test_a_sentence_is_taken_out_with_one_click(old_client: bool, tmp_path: Path) -> None:
    """The card is drawn anew without it and without its translation; nothing is sent until somebody approves, and then
    what is left."""
    async with OpenAIServer() as model:
        model.script(*(BEHAVIOURS[str(step.pop("do"))](**step) for step in map(dict, doubtful.script())))
        async with living(tmp_path, environment={"OPENAI_BASE_URL": model.url}, reads=["en"]) as house:
            teams, town = house.teams, house.teams.town
            question, card = await asked(house, words=QUESTION)
            assert says(card, f"No source says: “{INVENTED}”")
            assert says(card, f"No source says: “{LINKED}”")
            assert not says(card, f"No source says: “{BORNE_OUT}”")
            assert says(card, "Not shown to the model: e-mail address, card number")
            assert says(card, "You get 25 kr. back as an apology.")
            delivery = await teams.act.press(town.ana, card, "Remove", old_client=old_client)
            assert delivery.acknowledged
            await teams.until(lambda: not says(card, INVENTED))
            assert says(card, LINKED)
            assert says(card, "Hi, where is my parcel?")
            assert not says(card, "back as an apology")
            assert not teams.posts(question)
            await house.press(town.ana, card, "approve")
            (reply,) = await house.replies(question)
            assert BORNE_OUT in reply.text
            assert INVENTED not in reply.text
            await house.shows(card, "Delivered.", pressable=False)
            await house.settled()
            assert not says(card, "Look at this before it goes out")
            assert not teams.warnings
        assert not [call for call in model.seen if MAIL in str(call) or CARD in str(call)]
