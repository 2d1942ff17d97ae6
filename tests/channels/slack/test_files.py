"""Files that customers attach: named on the card, and never a reason to lose the message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.channels.slack.house import living
from tests.doubles.slack import Limits, Message
from tests.doubles.slack.faults import Fault, Kind


def names(card: Message, file: str) -> bool:
    """Whether the card names the file."""
    return file in json.dumps(card.blocks)


async def test_a_file_in_a_shared_channel_is_named_on_the_card(tmp_path: Path) -> None:
    """There the event says only that `files.info` knows more."""
    async with living(tmp_path, limits=Limits.none()) as house:
        slack, town = house.slack, house.slack.town
        await slack.act.write(town.kim, town.support, "It arrived broken, see the photo.", files=["torn.png"])
        await house.card(lambda card: names(card, "torn.png"))
        assert slack.called("files.info")


@pytest.mark.parametrize("kind", ["error", "hang"])
async def test_a_file_that_slack_will_not_name_keeps_its_id(tmp_path: Path, kind: Kind) -> None:
    """Whether it refuses or is slow, the message is stored and its card drawn."""
    async with living(tmp_path, limits=Limits.none()) as house:
        slack, town = house.slack, house.slack.town
        slack.faults.add(Fault(kind, "files.info"))
        asked = await slack.act.write(town.kim, town.support, "It arrived broken.", files=["torn.png"])
        card = await house.card(lambda card: names(card, asked.files[0].id))
        assert not names(card, "torn.png")
