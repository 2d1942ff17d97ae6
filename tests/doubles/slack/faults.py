"""Everything that may go wrong with a call, in code or by `{"do": "fault", ...}` over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal["lose", "hang", "cut", "status", "page", "error", "ratelimit", "slow", "unreadable"]


@dataclass(eq=False)
class Fault:
    """What happens to the next `times` calls of `method` (a pattern; None = until cleared).

    lose        the connection is closed without an answer
    hang        no answer ever comes, but the connection stays
    cut         the connection is closed in the middle of the answer
    status      an empty answer with this HTTP status
    page        status 200 and an HTML page, as a proxy sends it
    error       `{"ok": false, "error": ...}`; with fatal_error or internal_error it may have landed all the same
    ratelimit   429 with Retry-After
    slow        the answer comes so many Slack seconds later
    unreadable  a post is taken, but cannot be read for so many Slack seconds (0 = until `reveal`)

    `landed` says whether the call took effect; `after` so many calls pass unharmed first; `channel` narrows it.
    """

    kind: Kind
    method: str = "*"
    times: int | None = 1
    landed: bool = False
    status: int = 503
    error: str = "fatal_error"
    retry_after: int = 1
    seconds: float = 0.0
    channel: str = ""
    after: int = 0
    hits: int = 0


@dataclass
class Faults:
    """The faults that wait for their call. Where several fit, the oldest comes first."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Let it happen; its `hits` tell how often it did."""
        self.waiting.append(fault)
        return fault

    def lose(self, method: str, *, landed: bool, times: int | None = 1, channel: str = "", after: int = 0) -> Fault:
        """The answer is lost, after the call took effect or before."""
        return self.add(Fault("lose", method, times, landed, channel=channel, after=after))

    def hang(self, method: str, *, landed: bool, times: int | None = 1) -> Fault:
        """The caller waits until it loses patience."""
        return self.add(Fault("hang", method, times, landed))

    def cut(self, method: str, *, landed: bool, times: int | None = 1) -> Fault:
        """Half an answer."""
        return self.add(Fault("cut", method, times, landed))

    def status(self, method: str, status: int, *, landed: bool, times: int | None = 1, after: int = 0) -> Fault:
        """An HTTP status such as 500, 502, 503."""
        return self.add(Fault("status", method, times, landed, status=status, after=after))

    def page(self, method: str, *, landed: bool = False, times: int | None = 1) -> Fault:
        """Somebody else's HTML."""
        return self.add(Fault("page", method, times, landed))

    def error(self, method: str, error: str, *, landed: bool = False, times: int | None = 1) -> Fault:
        """An error of Slack's own, such as fatal_error."""
        return self.add(Fault("error", method, times, landed, error=error))

    def ratelimit(self, method: str = "*", *, times: int | None = 1, retry_after: int = 1) -> Fault:
        """A storm of 429."""
        return self.add(Fault("ratelimit", method, times, retry_after=retry_after))

    def slow(self, method: str, seconds: float, *, landed: bool = False, times: int | None = 1) -> Fault:
        """Late; `landed` means that it takes effect at once and only the answer is late."""
        return self.add(Fault("slow", method, times, landed, seconds=seconds))

    def unreadable(self, seconds: float = 0.0, *, times: int | None = 1) -> Fault:
        """Posts that history and replies do not show yet."""
        return self.add(Fault("unreadable", "chat.postMessage", times, True, seconds=seconds))

    def take(self, method: str, channel: str) -> Fault | None:
        """The fault for this call, if any."""
        for fault in self.waiting:
            if fnmatchcase(method, fault.method) and fault.channel in ("", channel):
                if fault.after:
                    fault.after -= 1
                    return None
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
