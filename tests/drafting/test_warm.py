"""What is made ready before the first draft."""

from __future__ import annotations

import subprocess
import sys

_ASKED = """
import sys
from bot.drafting import evidence, rules, suspicion
from bot.drafting.privacy import Mask
from bot.drafting.warm import warm

warm()
before = set(sys.modules)
text = "My card is 5555 5555 5555 4444, call 070-123 45 67, born 19900101-1239, IBAN SE35 5000 0000 0549 1000 0003."
Mask().hide(text)
rules.sentiment(text, ["sv"])
evidence.weigh(text, "en", (), (text,))
suspicion.signs(text, text, (), "")
print(*sorted(set(sys.modules) - before))
"""


def test_nothing_is_left_to_load_for_a_first_draft() -> None:
    """What a process loads late is loaded once it is warm, numbers of people, phones and banks included."""
    done = subprocess.run([sys.executable, "-c", _ASKED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
