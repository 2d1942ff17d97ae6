"""What customers and colleagues do: one conversation each, step by step. A step that was not acknowledged is done again."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.channels.base import Speaker
from bot.review.model import State


@dataclass(frozen=True)
class Says:
    """Somebody writes message `ref`; `shown` waits for a card that asks for a decision, `sending` for words on their way."""

    ref: str
    text: str
    speaker: Speaker = Speaker.CUSTOMER
    shown: bool = False
    sending: bool = False


@dataclass(frozen=True)
class Deletes:
    """The customer takes message `ref` back, once a card is on show."""

    ref: str
    shown: bool = True
    sending: bool = False


@dataclass(frozen=True)
class Presses:
    """A reviewer presses this button on the card that is on show, until it counts or the review is over."""

    verb: str
    fields: dict[str, str] = field(default_factory=dict)


Step = Says | Deletes | Presses


@dataclass(frozen=True)
class Story:
    """Steps; whatever asks for a decision afterwards is approved. `end` is where its reviews end up.

    `echoes`: the channel tells us of our own posts.
    """

    steps: tuple[Step, ...]
    end: State = State.SENT
    echoes: bool = False

    @property
    def texts(self) -> list[str]:
        """What people write, in order."""
        return [step.text for step in self.steps if isinstance(step, Says)]


_ASKS = Says("1", "Where is my parcel?")
_EDIT = Presses("edit", {"words": "It is on its way. Sorry for the wait."})
STORIES = {
    "approve": Story((_ASKS,)),
    "echo": Story((_ASKS,), echoes=True),
    "redraft": Story((_ASKS, Presses("redraft", {"instruction": "Shorter."}), _EDIT)),
    "more": Story((_ASKS, Says("2", "It is number 7.", shown=True))),
    "late": Story((_ASKS, Presses("approve"), Says("2", "It is here!", sending=True))),
    "reject": Story((_ASKS, Presses("reject", {"reason": "tone", "note": "No."})), State.REJECTED),
    "handled": Story(
        (
            *(_ASKS, Presses("claim"), Presses("correct", {"feeling": "angry"})),
            *(Presses("escalate", {"note": "She is angry."}), Presses("snooze", {"minutes": "30"}), Presses("wake")),
        )
    ),
    "by hand": Story((_ASKS, Says("2", "I called them.", Speaker.STAFF, shown=True)), State.RETIRED),
    "delete": Story((_ASKS, Deletes("1")), State.RETIRED),
}
