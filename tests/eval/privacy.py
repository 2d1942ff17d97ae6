"""How much personal data a mask hides, and how often it hides what is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bot.drafting.privacy import ALL, Mask
from tests.eval.figures import Figure, records

TOPIC = "privacy"
MARKED = Path("pii", "messages.jsonl")
# Bank customers' questions without any personal data.
PLAIN = Path("intents", "banking77_en.jsonl")
# Labels that no kind is for: replies are about dates and references, and the rest does not tell who somebody is.
MEANT_TO_STAY = frozenset({"DATE", "REFERENCE", "LOCATION", "USERNAME", "OTHER", "AGE"})


def rows(data: Path) -> Iterator[Figure]:
    """Recall for each label of the marked messages, then false alarms for each kind; see the data's README."""
    messages = list(records(data / MARKED))
    marked = Counter(span["label"] for message in messages for span in message["spans"])
    unknown, partly = _recall(messages, known=False)
    known, _ = _recall(messages, known=True)
    for label in sorted(marked, key=lambda label: (label in MEANT_TO_STAY, label)):
        note = "meant to stay visible" if label in MEANT_TO_STAY else f"hidden entirely; {partly[label]} more in part"
        yield Figure(TOPIC, label, unknown[label], marked[label], note)
        if label == "PERSON":
            yield Figure(TOPIC, "PERSON, known", known[label], marked[label], "given the people's display names")
    complete = [message for message in messages if message["spans_complete"]]
    alarms = Counter(kind for message in complete for kind in _alarms(message))
    yield Figure(TOPIC, "false alarms", alarms.total(), len(complete), _told(alarms, "messages marked in full"))
    questions = [record["text"] for record in records(data / PLAIN)]
    plain = Counter(kind for text in questions for _, _, kind in Mask(ALL).spans(text))
    yield Figure(
        TOPIC, "false alarms, plain", plain.total(), len(questions), _told(plain, "questions without personal data")
    )


def _recall(messages: Iterable[dict[str, Any]], *, known: bool) -> tuple[Counter[str], Counter[str]]:
    """For each label the marked spans of which no letter and no digit is left, and those of which some are."""
    entirely: Counter[str] = Counter()
    partly: Counter[str] = Counter()
    for message in messages:
        text, spans = message["text"], message["spans"]
        people = [span["value"] for span in spans if span["label"] == "PERSON"] if known else []
        gone = {at for start, end, _ in Mask(ALL, people).spans(text) for at in range(start, end)}
        for span in spans:
            written = {at for at in range(span["start"], span["end"]) if text[at].isalnum()}
            if written <= gone:
                entirely[span["label"]] += 1
            elif written & gone:
                partly[span["label"]] += 1
    return entirely, partly


def _alarms(message: dict[str, Any]) -> Iterator[str]:
    """The kinds of what was hidden where nothing is marked."""
    for start, end, kind in Mask(ALL).spans(message["text"]):
        if not any(start < span["end"] and span["start"] < end for span in message["spans"]):
            yield kind


def _told(alarms: Counter[str], among: str) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(alarms.items()))
    return f"{among}; {kinds}" if kinds else among
