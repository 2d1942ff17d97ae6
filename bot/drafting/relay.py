"""Several models, each asked when those before it cannot answer; one that is down is left alone for a while.

The pause of a circuit breaker (Nygard, Release It!, 2007): after a few failures in a row nobody waits for the model any
more, until a single case has shown that it is back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot.drafting.model import AS_SET, PLENTY, Answered, Fault, Manner, Messages, Model, NoAnswer, S, Tokens
from bot.phrases import say
from bot.review.model import Call

# So many cases in a row that nobody answered are no bad luck.
_ENOUGH = 3
# The first rest and the longest one, in seconds; each is twice as long as the one before.
_REST, _MOST_REST = 30.0, 900.0


@dataclass(slots=True)
class _Place:
    """A model in the row. It rests until `until`; `trying` that one case is finding out whether it is back."""

    model: Model
    failures: int = 0
    until: float = 0.0
    rest: float = _REST
    reason: str = ""
    trying: bool = False

    @property
    def suspect(self) -> bool:
        return self.failures >= _ENOUGH

    def free(self, now: float) -> bool:
        """Whether it may be asked. A suspect is asked one case at a time."""
        return not self.suspect or (now >= self.until and not self.trying)

    @contextmanager
    def tried(self) -> Iterator[None]:
        """While a case is with a suspect, no other is."""
        finding_out = self.suspect
        self.trying = self.trying or finding_out
        try:
            yield
        finally:
            if finding_out:
                self.trying = False

    def answered(self) -> None:
        self.failures, self.rest = 0, _REST

    def failed(self, none: NoAnswer, now: float) -> None:
        if not none.down:
            return
        self.reason = none.reason
        self.failures += 1
        if self.suspect:
            self.until, self.rest = now + self.rest, min(2 * self.rest, _MOST_REST)


class Relay:
    """The first of several models that answers."""

    def __init__(self, models: Sequence[Model], clock: Callable[[], float]) -> None:
        """`models` in the order in which they are asked, at least one; `clock` in seconds."""
        self.name = models[0].name
        self._places = tuple(_Place(model) for model in models)
        self._clock = clock

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """See `Model.answer`. A `manner` is meant for the first model. Raises `NoAnswer` with what kept that one."""
        spent, why, down = Tokens(), "", True
        calls: tuple[Call, ...] = ()
        for place in self._places:
            if not place.free(self._clock()):
                why = why or say("model.resting", reason=place.reason)
                continue
            try:
                with place.tried():
                    wanted = manner if place is self._places[0] else AS_SET
                    answered = await place.model.answer(messages, shape, fault, wanted)
            except NoAnswer as none:
                place.failed(none, self._clock())
                spent, why, down = spent + none.tokens, why or none.reason, down and none.down
                calls += none.calls
                continue
            place.answered()
            return replace(answered, tokens=spent + answered.tokens, instead=why, calls=calls + answered.calls)
        raise NoAnswer(why, down=down, tokens=spent, calls=calls)

    def back(self) -> int:
        """How many cases that the first model could not answer it may be given again now: one while it is suspect."""
        first, now = self._places[0], self._clock()
        if not first.free(now):
            return 0
        return 1 if first.suspect else PLENTY

    def troubles(self) -> list[str]:
        """Which models are left alone at the moment, and why, in sentences."""
        return [
            say("model.rests", model=place.model.name, reason=place.reason) for place in self._places if place.suspect
        ]

    async def close(self) -> None:
        """Let go of every model's connections."""
        for place in self._places:
            await place.model.close()
