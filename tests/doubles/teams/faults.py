"""Everything that may go wrong with a call, in code or by `{"do": "fault", ...}` over HTTP."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal["lose", "hang", "cut", "status", "page", "error", "ratelimit", "slow", "unreadable"]
FOREVER = 0.0


@dataclass(eq=False)
class Fault:
    """What happens to the next `times` calls of `method` (a pattern; None = until cleared).

    lose        the connection is closed without an answer
    hang        no answer ever comes, but the connection stays
    cut         the connection is closed in the middle of the answer
    status      an empty answer with this HTTP status: 408, 412, 500, 502, 503, 504, or 202
    page        status 200 and an HTML page, as a proxy sends it
    error       an error with `code` and `message` in its body
    ratelimit   429; `retry_after` in seconds, None leaves the header out
    slow        the answer comes so many Teams seconds later
    unreadable  a post is taken, but Graph does not show it for so many Teams seconds (0 = until `reveal`)

    `landed` says whether the call took effect; `after` so many calls pass unharmed first; `conversation` narrows it to
    ids that begin so; `chance` below 1 leaves it to the dice.
    """

    kind: Kind
    method: str = "*"
    times: int | None = 1
    landed: bool = False
    status: int = 503
    code: str = "ServiceError"
    message: str = "Unknown"
    retry_after: int | None = 1
    seconds: float = 0.0
    conversation: str = ""
    after: int = 0
    chance: float = 1.0
    hits: int = 0


@dataclass
class Faults:
    """The faults that wait for their call. Where several fit, the oldest comes first."""

    waiting: list[Fault] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(6139))

    def add(self, fault: Fault) -> Fault:
        """Let it happen; its `hits` tell how often it did."""
        self.waiting.append(fault)
        return fault

    def lose(self, method: str, *, landed: bool, times: int | None = 1, after: int = 0) -> Fault:
        """The answer is lost, after the call took effect or before."""
        return self.add(Fault("lose", method, times, landed, after=after))

    def hang(self, method: str, *, landed: bool, times: int | None = 1) -> Fault:
        """The caller waits until it loses patience."""
        return self.add(Fault("hang", method, times, landed))

    def cut(self, method: str, *, landed: bool, times: int | None = 1) -> Fault:
        """Half an answer."""
        return self.add(Fault("cut", method, times, landed))

    def status(self, method: str, status: int, *, landed: bool, times: int | None = 1, after: int = 0) -> Fault:
        """An HTTP status; 408, 412 and 5xx may have landed (openclaw#121116)."""
        return self.add(Fault("status", method, times, landed, status=status, after=after))

    def page(self, method: str, *, landed: bool = False, times: int | None = 1) -> Fault:
        """Somebody else's HTML."""
        return self.add(Fault("page", method, times, landed))

    def error(
        self, method: str, status: int, code: str, message: str = "", *, landed: bool = False, times: int | None = 1
    ) -> Fault:
        """An error in Microsoft's words."""
        return self.add(Fault("error", method, times, landed, status, code, message))

    def ratelimit(self, method: str = "*", *, times: int | None = 1, retry_after: int | None = 1) -> Fault:
        """A storm of 429."""
        return self.add(Fault("ratelimit", method, times, retry_after=retry_after))

    def slow(self, method: str, seconds: float, *, landed: bool = False, times: int | None = 1) -> Fault:
        """Late; `landed` means that it takes effect at once and only the answer is late."""
        return self.add(Fault("slow", method, times, landed, seconds=seconds))

    def unreadable(self, seconds: float = FOREVER, *, times: int | None = 1) -> Fault:
        """Posts that Graph does not show yet."""
        return self.add(Fault("unreadable", "connector.send", times, True, seconds=seconds))

    def vanish(self, *, times: int | None = 1, chance: float = 1.0) -> Fault:
        """Updates fail although the card is there, still weekly in 2026 (msteams-docs#6139)."""
        why = "Message does not exist in the thread."
        gone = Fault("error", "connector.update", times, False, 404, "ActivityNotFoundInConversation", why)
        gone.chance = chance
        return self.add(gone)

    def take(self, method: str, conversation: str) -> Fault | None:
        """The fault for this call, if any."""
        for fault in self.waiting:
            if fnmatchcase(method, fault.method) and conversation.startswith(fault.conversation):
                if fault.after:
                    fault.after -= 1
                    return None
                if fault.chance < 1 and self.dice.random() >= fault.chance:
                    continue
                fault.hits += 1
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """All is well again."""
        self.waiting.clear()
