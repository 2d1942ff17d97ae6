"""One support team's setting, and how long things may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.channels.base import Message, Person, Place
from bot.channels.card import Policy
from bot.drafting.case import Case
from bot.drafting.privacy import ALL, Kind
from bot.drafting.prompts import Template
from bot.review.model import Review, Role
from bot.review.rights import ORDER


@dataclass(frozen=True, slots=True)
class Desk:
    """A support team: where it listens and reviews, who its people are, and how it wants its drafts.

    `people` maps `channel:person` (or `channel:*` for everybody there) to a role. `settle` is how long a customer must
    be quiet before a draft is made, `hold` how long approved words can be recalled; both in seconds. `internal_links`
    are patterns of links that are for colleagues only: `wiki.example.org`, `*.corp.example`, `example.org/staff`. `masks`
    are the kinds of personal data that no model gets to see. Without `feelings` nobody is asked how customers sound.
    `reads` are the languages its reviewers read (ISO 639-1), none meaning all.
    `budget` is what drafts may cost in a month, None without a limit. `hold_back` is for which share of the reviews (0 to
    1) no draft is made.
    """

    id: str
    name: str
    listens: tuple[Place, ...]
    reviews: Place
    people: Mapping[str, Role]
    template: Template
    tone: str
    languages: tuple[str, ...]
    settle: float
    hold: float
    policy: Policy
    internal_links: tuple[str, ...] = ()
    masks: frozenset[Kind] = ALL
    feelings: bool = True
    reads: tuple[str, ...] = ()
    budget: float | None = None
    hold_back: float = 0.0

    def role_of(self, person: Person) -> Role:
        """What this person may do here: what their own name says, else the most that one of their groups may, else what
        everybody in their channel may."""
        return self.named(person) or self.people.get(f"{person.channel}:*") or Role.NOBODY

    def named(self, person: Person) -> Role | None:
        """The same without what everybody may, which outside the review channel would be a whole organisation."""
        of_groups = max((self.people[one] for one in person.groups & self.people.keys()), key=ORDER.index, default=None)
        return self.people.get(str(person)) or of_groups

    def case(
        self,
        review: Review,
        customer: Person,
        thread: tuple[Message, ...],
        template: Template,
        limit: int,
        today: str,
    ) -> Case:
        """What the drafter is asked at a review of this desk; see `Case` for what it is made of."""
        return Case(
            desk=self.name,
            tone=self.tone,
            languages=self.languages,
            template=template,
            customer=customer.name,
            thread=thread,
            covers=review.covers,
            instruction=review.instruction,
            limit=limit,
            today=today,
            desk_id=self.id,
            customer_id=str(customer),
            masks=self.masks,
            feelings=self.feelings,
            reads=self.reads,
        )

    def draws(self, review: str) -> bool:
        """Whether the lot falls on the review of this id: it is drawn by the id alone, so it falls the same every time."""
        lot = int.from_bytes(blake2b(review.encode(), digest_size=8, person=b"hold back").digest())
        return lot < self.hold_back * 2.0**64


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds.

    A lease is how long a worker's claim stands. `send` must be well below `send_lease`: only when no answer can come
    any more may somebody else look whether the words arrived. `tries` is after how many attempts a person is asked.
    `renew` is how long a draft made for want of the model stands before it is made again.
    """

    draft_lease: float = 180.0
    send_lease: float = 30.0
    send: float = 10.0
    card_lease: float = 30.0
    again: float = 2.0
    again_most: float = 300.0
    tries: int = 8
    renew: float = 60.0

    def pause(self, tries: int, asked: float = 0.0) -> float:
        """The pause before the next attempt: doubled with each, and as long as was `asked` for, up to a day."""
        return max(min(self.again * 2.0 ** max(tries - 1, 0), self.again_most), min(asked, 86_400.0))
