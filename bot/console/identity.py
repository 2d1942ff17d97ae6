"""From what the provider says of somebody to the person that the desks name, or to why nobody may come in as that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.base import Person
from bot.channels.words import clean, cut
from bot.phrases import say

SLACK, ENTRA, OIDC = "slack", "entra", "oidc"
_SLACK_USER, _SLACK_TEAM = "https://slack.com/user_id", "https://slack.com/team_id"


class NotOurs(Exception):
    """Somebody of elsewhere, or of whom too little is known."""


@dataclass(frozen=True, slots=True)
class House:
    """Whose people may come in: those of this `team` of Slack, of this `tenant` of Entra, or all whom an issuer knows.

    `groups` is the claim that lists the groups somebody is in.
    """

    provider: str
    team: str = ""
    tenant: str = ""
    groups: str = "groups"


def person_of(claims: Mapping[str, Any], house: House) -> Person:
    """Who it is. `claims` are those of an ID token that was verified. Raises `NotOurs`."""
    name = cut(clean(_text(claims, "name") or _text(claims, "preferred_username")).strip(), 80)
    groups = _groups(claims, house.groups)
    if house.provider == SLACK:
        # https://docs.slack.dev/authentication/sign-in-with-slack: anybody with Slack can sign in, so we have to look.
        if _text(claims, _SLACK_TEAM) != house.team:
            raise NotOurs(say("signin.wrong_team"))
        user = _text(claims, _SLACK_USER)
        return _known("slack", user, name)
    if house.provider == ENTRA:
        # https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference: sub differs between apps.
        if _text(claims, "tid").lower() != house.tenant:
            raise NotOurs(say("signin.wrong_tenant"))
        return _known("teams", _text(claims, "oid").lower(), name, groups)
    email = _text(claims, "email").lower()
    # An address that nobody verified can be anybody's.
    if email and claims.get("email_verified") is True:
        return _known("web", email, name, groups)
    return _known("web", _text(claims, "sub"), name, groups)


def _known(channel: str, id_: str, name: str, groups: frozenset[str] = frozenset()) -> Person:
    if not id_ or id_ == "*":
        raise NotOurs(say("signin.nameless"))
    return Person(channel, id_, name or id_, groups)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """As in `group:leads`. Some providers give one name alone instead of a list."""
    said = claims.get(name)
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(f"group:{one}" for one in listed if isinstance(one, str) and one)
