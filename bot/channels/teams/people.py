"""Who writes: a customer, a colleague or a bot? Staff are declared or come from our own tenant; the rest are customers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.channels.base import Speaker
from bot.channels.payload import Payload, text

# The marks of a guest: the role in the team, a field of its own or a list, and the sign-in name that Entra gives them.
# https://learn.microsoft.com/entra/external-id/user-properties
_ROLE, _UPN = "guest", "#ext#"
# The object in Entra is called so by activities, the connector's roster and Graph.
_OBJECT = ("aadObjectId", "objectId", "userId")
# Ids of people begin with 29:, those of bots with 28: and hold the app's id.
_BOT = "28:"


@dataclass(frozen=True, slots=True)
class Profile:
    """What Teams tells of somebody. `id` is their object id in Entra, else Teams' own; `tenant` is their home, empty when
    it is not told; `guest` is whether they are in our tenant by invitation."""

    id: str
    name: str
    tenant: str = ""
    guest: bool = False
    bot: bool = False

    def over(self, told: Profile) -> Profile:
        """This profile, looked up, with what it lacks taken from what the activity itself told."""
        return replace(self, name=self.name or told.name, tenant=self.tenant or told.tenant, bot=told.bot)


@dataclass(frozen=True, slots=True)
class Staff:
    """Who counts as a colleague at a desk.

    `named` holds object ids of people and ids of tenants. `colleagues` says what the rest of our own tenant is: `staff`,
    `customers`, or `auto`, which is staff in channels with people from outside and customers elsewhere, as at an
    internal help desk. `guests` of our tenant are `customers` or `staff`.
    """

    named: frozenset[str] = frozenset()
    colleagues: str = "auto"
    guests: str = "customers"


def names(profile: Profile, staff: Staff) -> bool:
    """Whether the desk names this person, or their whole tenant."""
    return bool({profile.id, profile.tenant} & staff.named)


def is_outsider(profile: Profile, tenant: str) -> bool:
    """Whether somebody is a guest or of another tenant than ours."""
    return profile.guest or profile.tenant not in ("", tenant)


def speaker(profile: Profile, tenant: str, staff: Staff, *, outsiders: bool) -> Speaker:
    """Whose message it is. `tenant` is ours; `outsiders` is whether people from outside are in the channel."""
    if profile.bot:
        return Speaker.BOT
    if names(profile, staff):
        return Speaker.STAFF
    if profile.tenant not in ("", tenant):
        return Speaker.CUSTOMER
    if profile.guest and staff.guests == "customers":
        return Speaker.CUSTOMER
    if staff.colleagues == "staff" or (staff.colleagues == "auto" and outsiders):
        return Speaker.STAFF
    return Speaker.CUSTOMER


def account(told: Payload) -> Profile:
    """Somebody as an activity's `from` shows them, or a member of a channel in the connector or in Graph."""
    own, roles = text(told, "id"), told.get("roles")
    role = text(told, "userRole") or (" ".join(map(str, roles)) if isinstance(roles, list) else "")
    return Profile(
        id=next((text(told, name) for name in _OBJECT if text(told, name)), own).casefold(),
        name=(text(told, "name") or text(told, "displayName")).strip(),
        tenant=text(told, "tenantId").casefold(),
        guest=_ROLE in role.casefold().split() or _UPN in text(told, "userPrincipalName").casefold(),
        bot=own.startswith(_BOT),
    )
