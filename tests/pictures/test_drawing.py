"""The pictures show what Slack is sent."""

from __future__ import annotations

from bot.channels.slack import blocks
from tests.channels.slack.cards import HOSTILE, card
from tests.pictures.drawing import Post, Scene, page


def test_a_picture_shows_the_card_and_runs_nothing_in_it() -> None:
    """What a customer wrote stands there as letters."""
    drawn = card(customer="<script>alert(1)</script>", reply=HOSTILE)
    shown = page(Scene("card", [Post("Countersign", 0.0, blocks.blocks(drawn, "https://x.example/1"), app=True)]))
    assert "Where is my parcel?" in shown
    assert "Approve &amp; send" in shown
    assert "<script" not in shown
    assert "<a>nordlys" not in shown
