"""What a chat is told about templates: leads read them, admins roll them back."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bot.channels.base import Answer, NotStored, Person
from bot.channels.prompts import Listed, Printed
from bot.channels.standing import LEADING
from bot.drafting.prompts import BadTemplate
from bot.phrases import say
from bot.review.model import Role
from bot.store import changes
from bot.store.changes import What
from bot.store.engine import Connection, StoreDown, T, Work
from bot.store.templates import NoVersion, Version
from bot.versions import Unwanted
from bot.workshop import Unsaid, Workshop, named

_USED = (What.ACTIVATED, What.ROLLED_BACK)


class Answering:
    """The `Prompts` of the desks. `address` makes the address of one of our pages from its path."""

    def __init__(self, workshop: Workshop, address: Callable[[str], str]) -> None:
        self._workshop = workshop
        self._address = address

    async def listed(self, by: Person) -> tuple[tuple[Listed, ...], str]:
        """See `Prompts`."""
        names = self._workshop.of_desks(self._at(by, LEADING))
        found = await self._looked(lambda conn: tuple(self._line(conn, name) for name in names))
        return found, self._address("/templates")

    def _line(self, conn: Connection, name: str) -> Listed:
        standing = self._workshop.standing(conn, name)
        used = [line for line in changes.of(conn, name) if line.what in _USED]
        by, at = (used[-1].person, used[-1].at) if used else ("", 0.0)
        return Listed(str(standing.active or name), by, at, standing.drafts)

    async def shown(self, by: Person, wanted: str) -> Printed:
        """See `Prompts`."""
        name = wanted.partition("@")[0]
        if not self._is_theirs(by, name, LEADING):
            return Printed(say("prompts.unknown", name=name[:60]))
        try:
            version: Version = await self._looked(lambda conn: named(conn, wanted))
        except NoVersion as missing:
            return Printed(str(missing))
        return Printed(str(version), version.text, self._page(version))

    async def previewed(self, by: Person, wanted: str, review: str) -> Printed:
        """See `Prompts`."""
        name = wanted.partition("@")[0]
        if not self._is_theirs(by, name, LEADING):
            return Printed(say("prompts.unknown", name=name[:60]))
        try:
            version: Version = await self._looked(lambda conn: named(conn, wanted))
            seen = await self._workshop.preview(str(version), review, self._at(by, LEADING))
        except (BadTemplate, NoVersion, Unsaid) as missing:
            return Printed(str(missing))
        except StoreDown as down:
            raise NotStored from down
        text = "\n\n".join(f"--- {role} ---\n{words}" for role, words in seen)
        link = self._address(f"/templates/{name}/preview?version={version.version}&review={review}")
        return Printed(say("prompts.previewed", template=version, review=review), text, link)

    async def rolled_back(self, by: Person, name: str, note: str) -> Answer:
        """See `Prompts`."""
        if not self._is_theirs(by, name, LEADING):
            return Answer(False, say("prompts.unknown", name=name[:60]))
        if not self._is_theirs(by, name, (Role.ADMIN,)):
            return Answer(False, say("prompts.admins_only"))
        try:
            version = await self._workshop.rollback(name, by, note)
        except Unwanted as error:
            return Answer(False, str(error))
        except StoreDown as down:
            raise NotStored from down
        return Answer(True, say("prompts.rolled_back", template=version))

    def _at(self, by: Person, roles: Collection[Role]) -> list[str]:
        return [desk.id for desk in self._workshop.desks if desk.role_of(by) in roles]

    def _is_theirs(self, by: Person, name: str, roles: Collection[Role]) -> bool:
        return name in self._workshop.of_desks(self._at(by, roles))

    def _page(self, version: Version) -> str:
        return self._address(f"/templates/{version.name}?version={version.version}")

    async def _looked(self, look: Work[T]) -> T:
        try:
            return await self._workshop.engine.read(look)
        except StoreDown as down:
            raise NotStored from down
