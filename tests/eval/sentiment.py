"""How well the list of cues hears anger and mood, without any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.drafting import rules
from tests.eval.figures import Figure, records

TOPIC = "sentiment by cues"
CUSTOMERS = Path("sentiment", "customer_en.jsonl")
OTHERS = (Path("sentiment", "general_en.jsonl"), Path("sentiment", "nordic_de_fr_es.jsonl"))


def rows(data: Path) -> Iterator[Figure]:
    """Anger among customers' messages first, which is what a reviewer must not miss; then the mood by language."""
    customers = list(records(data / CUSTOMERS))
    told = [rules.sentiment(one["text"], [one["lang"]]) for one in customers]
    angry = [bool(_detail(one).get("angry")) for one in customers]
    heard = sum(mood.angry for mood, is_so in zip(told, angry, strict=True) if is_so)
    alarms = sum(mood.angry for mood, is_so in zip(told, angry, strict=True) if not is_so)
    negative = sum(mood.mood == "negative" for mood, is_so in zip(told, angry, strict=True) if is_so)
    yield Figure(TOPIC, "angry customers heard as angry", heard, sum(angry), "en; VADER: 6 of 40 of another set")
    yield Figure(TOPIC, "angry customers heard as negative", negative, sum(angry), "en")
    yield Figure(TOPIC, "others heard as angry", alarms, len(angry) - sum(angry), "en")
    everybody = customers + [one for path in OTHERS for one in records(data / path)]
    right: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for one in everybody:
        where = f"{one['lang']}, customers" if one in customers else one["lang"]
        whole[where] += 1
        right[where] += rules.sentiment(one["text"], [one["lang"]]).mood.value == one["label"]
    for where in sorted(whole):
        yield Figure(TOPIC, f"mood: {where}", right[where], whole[where], "negative, neutral or positive told right")


def _detail(one: dict[str, Any]) -> dict[str, Any]:
    detail = one.get("detail")
    return detail if isinstance(detail, dict) else {}
