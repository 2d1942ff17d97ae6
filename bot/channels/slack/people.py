"""Who writes: a customer, a colleague or a bot? Staff are declared or come from our own team; the rest are customers."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.base import Speaker


@dataclass(frozen=True, slots=True)
class Us:
    """The workspace the app is installed in, and the app itself in it. Empty values are not known (yet).

    `team` is `T..`, `enterprise` `E..` on Enterprise Grid, `user` and `bot` are the app's own `U..` and `B..`.
    """

    team: str = ""
    enterprise: str = ""
    user: str = ""
    bot: str = ""
    app: str = ""

    @property
    def homes(self) -> frozenset[str]:
        """On Enterprise Grid the sister workspaces are ours too, so the enterprise counts like the team."""
        return frozenset({self.team, self.enterprise} - {""})


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack knows of a user. `homes` are the ids of team and enterprise; `stranger` shares no channel with us."""

    id: str
    name: str
    homes: frozenset[str] = frozenset()
    guest: bool = False
    stranger: bool = False
    bot: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class Staff:
    """Who counts as a colleague at a desk.

    `named` holds ids of users (`U`, `W`), user groups (`S`), and teams or enterprises (`T`, `E`). `colleagues` says
    what the rest of our own team is: `staff`, `customers`, or `auto`, which is staff in channels that are shared with
    another organisation and customers elsewhere, as at an internal help desk. `guests` of our team are `customers` or
    `staff`.
    """

    named: frozenset[str] = frozenset()
    colleagues: str = "auto"
    guests: str = "customers"


def is_ours(profile: Profile, us: Us, staff: Staff) -> bool:
    """Whether somebody was named, or belongs to our organisation and is not a guest who counts as a customer.

    Of somebody whom Slack will not show now it cannot be known whether they are a guest: only those named are sure.
    """
    if profile.id in staff.named:
        return True
    ours = profile.known and bool(profile.homes & (us.homes | staff.named))
    return ours and not (profile.guest and staff.guests == "customers")


def speaker(profile: Profile, groups: frozenset[str], us: Us, staff: Staff, *, shared: bool) -> Speaker:
    """Whose message it is. `groups` are the user groups the writer is in; `shared` is whether another organisation
    shares the channel.

    There is no flag for "external": https://docs.slack.dev/apis/slack-connect/ has one compare the teams.
    """
    if profile.bot or profile.id == "USLACKBOT":
        return Speaker.BOT
    if profile.id in staff.named or groups & staff.named or profile.homes & staff.named:
        return Speaker.STAFF
    if profile.stranger or not profile.homes & us.homes:
        return Speaker.CUSTOMER
    if profile.guest and staff.guests == "customers":
        return Speaker.CUSTOMER
    if staff.colleagues == "staff" or (staff.colleagues == "auto" and shared):
        return Speaker.STAFF
    return Speaker.CUSTOMER
