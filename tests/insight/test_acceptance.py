"""What became of reviews, how long it took and who came back, worked out by hand."""

from __future__ import annotations

from datetime import date

from bot.insight.acceptance import acceptance
from bot.insight.cases import Opening, Thumbs, Waiting
from bot.insight.contacts import repeats, satisfaction, shift
from bot.insight.figures import Period, Team, figures, groups
from bot.insight.spread import Share, Spread
from bot.insight.times import handling, queue_age, times
from tests.insight.samples import DAY, HOUR, MONDAY, case

TEAMS = {"support": Team("Support"), "sales": Team("Sales", shows_individuals=True)}
WEEK = [
    case(),
    case(),
    case(outcome="edited", distance=0.4, material=True),
    case(outcome="edited", distance=0.1),
    case(outcome="edited", held=True),
    case(outcome="edited", distance=None),  # nothing was proposed
    case(outcome="rejected"),
    case(outcome="by_hand"),
    case(outcome="open"),
    case(outcome="withdrawn"),
]


def test_six_shares_add_up() -> None:
    """Of ten reviews one was withdrawn; the other nine needed an answer, and each is in one of six shares."""
    found = acceptance(WEEK)
    assert (found.opened, found.withdrawn) == (10, 1)
    shares = (found.as_is, found.edited, found.written, found.rejected, found.by_hand, found.unanswered)
    assert shares == (Share(2, 9), Share(2, 9), Share(2, 9), Share(1, 9), Share(1, 9), Share(1, 9))
    assert sum(share.part for share in shares) == 9


def test_acceptance_is_of_the_drafts_somebody_decided_on() -> None:
    """Two as drafted, two edited, one rejected, one answered by hand. What had no draft, waits or went is not in it."""
    found = acceptance(WEEK)
    assert found.accepted == Share(2, 6)
    assert found.material == Share(1, 2)
    assert found.distance == Spread(2, 0.1, 0.4, 0.4)


def test_times_are_from_opening() -> None:
    """Card after 10 s and 30 s, decisions after 60 s and 100 s, one reply after 65 s."""
    found = times(
        [
            case(carded_at=MONDAY + 10, decided_at=MONDAY + 60, replied_at=MONDAY + 65),
            case(carded_at=MONDAY + 30, decided_at=MONDAY + 100, outcome="rejected"),
            case(outcome="open"),
        ]
    )
    assert found.card == Spread(2, 10.0, 30.0, 30.0)
    assert found.decision == Spread(2, 60.0, 100.0, 100.0)
    assert found.reply == Spread(1, 65.0, 65.0, 65.0)
    waiting = [Waiting("support", MONDAY), Waiting("support", MONDAY + HOUR)]
    assert queue_age(waiting, MONDAY + 3 * HOUR) == Spread(2, 2 * HOUR, 3 * HOUR, 3 * HOUR)


def test_a_colleagues_own_answer_ends_the_handling() -> None:
    """It is no decision, so the end of the review stands for it; what nobody decided on was not handled."""
    assert handling(case(carded_at=MONDAY, decided_at=MONDAY + 9)) == 9.0
    assert handling(case(outcome="by_hand", carded_at=MONDAY, closed_at=MONDAY + 40)) == 40.0
    assert handling(case(outcome="withdrawn", carded_at=MONDAY, closed_at=MONDAY + 40)) is None
    assert handling(case(outcome="by_hand", carded_at=None, closed_at=MONDAY + 40)) is None


def test_repeat_contact() -> None:
    """Of four replies one is too young to count; after one the customer wrote again within seven days, to the second;
    after one a second too late; the fourth customer never did, though somebody of that name in another chat."""
    first = case(customer="web:a", replied_at=MONDAY)
    late = case(customer="web:b", replied_at=MONDAY)
    never = case(customer="web:c", replied_at=MONDAY)
    young = case(customer="web:a", opened_at=MONDAY + 7 * DAY, replied_at=MONDAY + 7 * DAY + 60)
    later = [Opening(MONDAY + 7 * DAY + 1, "", "c9", "web:b"), Opening(MONDAY + 1, "", "c9", "slack:c")]
    assert repeats([first, late, never, young], later, MONDAY + 8 * DAY) == Share(1, 3)
    assert repeats([first], [], MONDAY + 6 * DAY) == Share(0, 0)


def test_before_and_after() -> None:
    """A pair is a review with a reply and the next one of its conversation within a week; others tell nothing."""
    angry = case(feeling="angry", replied_at=MONDAY + 60)
    again = case(feeling="neutral", opened_at=MONDAY + HOUR, replied_at=MONDAY + 2 * HOUR)
    other = case(feeling="positive", conversation="c2", replied_at=MONDAY)
    later = [Opening(MONDAY + 3 * HOUR, "negative", "c1", "web:jonas"), Opening(MONDAY + 8 * DAY, "angry", "c2", "x")]
    found = shift([angry, again, other], later)
    assert (found.better, found.worse, found.same, found.pairs) == (1, 1, 0, 2)
    assert found.before == {"angry": 1, "neutral": 1}
    assert found.after == {"neutral": 1, "negative": 1}


def test_satisfaction() -> None:
    """Good reactions out of all."""
    assert satisfaction(Thumbs(3, 1)) == Share(3, 4)


def test_klarnas_five() -> None:
    """Six replies were sent from here and one by hand: as drafted two of seven, as drafted or edited four of seven."""
    period = Period(date(2026, 11, 2), date(2026, 11, 8))
    five = figures(WEEK, [], Thumbs(1, 0), [], TEAMS, period, MONDAY).five
    assert five.volume == 6
    assert five.drafted == Share(2, 7)
    assert five.helped == Share(4, 7)
    assert five.satisfaction == Share(1, 1)


def test_periods_are_drawn_by_day_week_or_month() -> None:
    """A month by days, a quarter by weeks that begin on Monday, a year by months; the first as the period begins."""
    week = Period(date(2026, 11, 2), date(2026, 11, 8))
    assert (week.since, week.until, week.days) == (MONDAY, MONDAY + 7 * DAY, 7)
    assert len(week.stretches()) == 7
    assert week.stretch(MONDAY + DAY - 0.001) == date(2026, 11, 2)
    quarter = Period(date(2026, 9, 2), date(2026, 11, 8))
    assert quarter.stretches()[:2] == [date(2026, 9, 2), date(2026, 9, 7)]
    year = Period(date(2025, 11, 9), date(2026, 11, 8))
    assert year.stretches()[:2] == [date(2025, 11, 9), date(2025, 12, 1)]
    assert len(year.stretches()) == 13


def test_a_review_with_two_risks_is_in_two_groups() -> None:
    """And one without in a group without a name; the largest group stands first."""
    found = groups([case(risks="|legal|refund|"), case(risks="|legal|"), case(), case(), case()], "risk", TEAMS)
    assert [(group.name, group.accepted.opened) for group in found] == [("", 3), ("legal", 2), ("refund", 1)]


def test_single_reviewers_only_where_the_desk_shows_them() -> None:
    """What Ana did at a desk that keeps it from its leads is in no group, nor is what nobody decided."""
    found = groups([case(), case(desk="sales"), case(desk="sales", reviewer="")], "reviewer", TEAMS)
    assert [(group.name, group.accepted.opened) for group in found] == [("slack:U0ANA", 1)]
