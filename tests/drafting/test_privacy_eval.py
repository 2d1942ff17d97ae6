"""The figures of the evaluation are counted as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.eval import privacy


def _message(text: str, *marked: tuple[str, str], complete: bool = True) -> dict[str, Any]:
    spans = [{"start": (at := text.index(v)), "end": at + len(v), "label": label, "value": v} for label, v in marked]
    return {"text": text, "spans": spans, "spans_complete": complete}


def test_recall_and_false_alarms_are_counted_per_label(tmp_path: Path) -> None:
    """Hidden, half hidden and missed spans, names with and without knowing them, and finds where nothing is marked."""
    messages = [
        _message("a@fjell.example", ("EMAIL", "a@fjell.example")),
        _message("the mail is kai at fjell", ("EMAIL", "kai at fjell")),
        _message("kai b@fjell.example", ("EMAIL", "kai b@fjell.example")),
        _message("Ask Vestergaard", ("PERSON", "Vestergaard")),
        _message("c@fjell.example"),
        _message("d@fjell.example", complete=False),
    ]
    for path, records in ((privacy.MARKED, messages), (privacy.PLAIN, [{"text": "Call 0701234567"}, {"text": "Hi"}])):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("\n".join(map(json.dumps, records)), "utf-8")
    found = {row.name: row for row in privacy.rows(tmp_path)}
    assert (found["EMAIL"].value, found["EMAIL"].of, found["EMAIL"].note) == (1, 3, "hidden entirely; 1 more in part")
    assert (found["PERSON"].value, found["PERSON, known"].value) == (0, 1)
    assert (found["false alarms"].value, found["false alarms"].of) == (1, 5)
    assert (found["false alarms, plain"].value, found["false alarms, plain"].of) == (1, 2)
