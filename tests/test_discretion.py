"""What a reply must not tell: found where it is, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.discretion import Doubts, Kind, Objection, Secrets, other_readers, unexcused
from bot.drafting.knowledge import Knowledge, Section
from bot.drafting.ranking import plain
from tests.drafting.stories import KNOWLEDGE

SECRET = "An agent may waive the fee for a late parcel once a year without asking the lead. See https://handbook.example.org/fees"
PUBLIC = (
    "You can send back anything unused within sixty days. See https://shop.example.org/returns or http://192.168.0.1/"
)


def section(text: str, *, public: bool = False, ref: str = "x") -> Section:
    """An article of one section."""
    return Section(ref, "x", "Fees", "", "en", public, text)


SECRETS = Secrets([section(SECRET), section(PUBLIC, public=True)])


def doubts(words: str, *internal: str, secrets: Secrets = SECRETS) -> Doubts:
    """What is suspicious in these words."""
    return secrets.suspect(words, internal)


def kinds(words: str, *internal: str) -> set[Kind]:
    """What kinds of objections there are, names left out."""
    return {objection.kind for objection in doubts(words, *internal).objections}


# --- passages

_VOCABULARY = ["parcel", "late", "fee", "waive", "ask", "lead", "year", "once", "order", "paid", "card", "sent"]
_words = st.lists(st.sampled_from(_VOCABULARY), min_size=8)


@given(_words, st.text(), st.text(), st.data())
def test_eight_words_of_an_internal_article_are_found_wherever_they_stand(
    article: list[str], before: str, after: str, data: st.DataObject
) -> None:
    """Whatever stands before and behind them, and however they are written."""
    at = data.draw(st.integers(0, len(article) - 8))
    passage = article[at : at + 8]
    typed = ", ".join(word.upper() if data.draw(st.booleans()) else word for word in passage)
    found = doubts(f"{before} {typed} {after}", secrets=Secrets([section(" ".join(article))]))
    assert Objection(Kind.PASSAGE, " ".join(passage)) in found.objections


@given(_words, _words)
def test_what_a_public_article_says_is_no_secret(internal: list[str], public: list[str]) -> None:
    """No reply is stopped for words that customers can read anyway."""
    secrets = Secrets([section(" ".join(internal)), section(" ".join(public), public=True)])
    assert doubts(" ".join(public), secrets=secrets).objections == ()


@given(_words, st.text())
def test_an_objection_quotes_the_reply(article: list[str], reply: str) -> None:
    """Nothing is objected to that does not stand there."""
    secrets = Secrets([section(" ".join(article))])
    for objection in doubts(reply, secrets=secrets).objections:
        assert objection.kind is Kind.LINK or objection.what in plain(reply)


def test_seven_words_are_a_coincidence() -> None:
    """The eighth makes the difference."""
    words = SECRET.split()
    assert kinds(" ".join(words[:7])) == set()
    assert kinds(" ".join(words[:8])) == {Kind.PASSAGE}


def test_headings_count_and_other_articles_do_not_join() -> None:
    """A heading leads into its text; what two articles say is not one sentence."""
    headed = Section("x", "x", "Fees", "What an agent may give", "en", public=False, text="up to twenty pounds each")
    assert doubts("what an agent may give: up to twenty", secrets=Secrets([headed])).objections
    apart = Secrets([section("one two three four"), section("five six seven eight")])
    assert not doubts("one two three four five six seven eight", secrets=apart).objections


def test_the_shipped_public_articles_are_never_stopped() -> None:
    """Each as it stands, and the shipped internal ones always."""
    secrets = Secrets(KNOWLEDGE)
    for shipped in KNOWLEDGE:
        assert bool(doubts(shipped.text, secrets=secrets).objections) is not shipped.public, shipped.ref


def test_all_sections_of_a_knowledge_are_read() -> None:
    """Those of every language, public or not."""
    sections = [section("a", ref="1"), section("b", ref="2", public=True)]
    assert sorted(one.ref for one in Knowledge(sections)) == ["1", "2"]


def test_when_articles_change_only_the_new_ones_count() -> None:
    """Nothing is remembered of what was asked about the old ones."""
    secrets = Secrets([section(SECRET)])
    assert doubts(SECRET, secrets=secrets).objections
    secrets.learn([section(PUBLIC)])
    assert not doubts(SECRET, secrets=secrets).objections
    assert doubts(PUBLIC, secrets=secrets).objections


# --- links

FOR_COLLEAGUES = [
    "http://localhost/x",
    "localhost:8080/admin",
    "https://127.0.0.1:8080/audit/1",
    "http://10.1.2.3",
    "10.1.2.3:9000",
    "https://[::1]/",
    "https://[fd00::1]:8443/x",
    "http://intranet",
    "https://wiki/Refunds",
    "https://ana:secret@wiki/Refunds",
    "build.corp",
    "https://tickets.acme.internal/1.",
    "nas.local, and others",
    "(see printer.lan)",
    "https://HANDBOOK.example.org/fees/",
    "handbook.example.org/fees?section=2",
    "https://www.handbook.example.org/fees#top",
    "[fees](https://handbook.example.org/fees)",
    "smb://files/share",
]
FOR_EVERYBODY = [
    "https://shop.example.org/returns",
    "https://handbook.example.org/",
    "https://example.org/localhost",
    "http://192.168.0.1/",
    "http://192.168.0.1/wifi",
    "Open 10.0.0.1 in your browser, or take version 10.2.0.1",
    "local, internal, corp",
    "kim@mail.corp",
    "kim.lan@example.org",
    "https://",
    "It ends here.Local time counts",
    "Deliveries to Denmark.Internal",
    "mylocalhost.example:80",
]


@pytest.mark.parametrize("words", FOR_COLLEAGUES)
def test_a_link_for_colleagues_is_found(words: str) -> None:
    """What only their own network knows, and what stands in internal articles only."""
    assert kinds(f"Please look at {words}") == {Kind.LINK}


@pytest.mark.parametrize("words", FOR_EVERYBODY)
def test_a_link_for_everybody_is_let_through(words: str) -> None:
    """Public links, addresses of mail, numbers, and what a public article names itself."""
    assert kinds(words) == set()


@pytest.mark.parametrize(
    ("pattern", "words", "stopped"),
    [
        ("wiki.example.org", "https://wiki.example.org/x/y", True),
        ("wiki.example.org", "WIKI.example.org", True),
        ("wiki.example.org", "https://wiki.example.org.evil.example/", False),
        ("wiki.example.org", "https://my-wiki.example.org/", False),
        ("*.corp.example", "https://a.b.corp.example/x", True),
        ("*.corp.example", "https://corp.example/", False),
        ("example.org/staff", "https://example.org/staff/rota", True),
        ("example.org/staff", "https://example.org/staffing", False),
        ("example.org/Staff", "https://example.org/staff", True),
        ("*.slack.com/*/C0REVIEW", "https://acme.slack.com/archives/C0REVIEW/p1790", True),
        ("*.slack.com/*/C0REVIEW", "https://app.slack.com/client/T0/C0REVIEW", True),
        ("*.slack.com/*/C0REVIEW", "https://acme.slack.com/archives/C0SUPPORT/p1790", False),
        ("teams.*/l/*/19:aB@thread.tacv2", "https://teams.microsoft.com/l/message/19:aB@thread.tacv2/1790?a=b", True),
        (
            "teams.*/l/*/19%3AaB%40thread.tacv2",
            "https://teams.cloud.microsoft/l/channel/19%3aaB%40thread.tacv2/x",
            True,
        ),
        ("teams.*/l/*/19:aB@thread.tacv2", "https://teams.microsoft.com/l/message/19:cD@thread.tacv2/1790", False),
    ],
)
def test_a_desk_names_further_hosts(pattern: str, words: str, stopped: bool) -> None:
    """With or without what stands before the host and behind it."""
    assert (kinds(words, pattern) == {Kind.LINK}) is stopped
    assert kinds(words) == set()


def test_a_link_that_a_public_article_tells_is_let_through() -> None:
    """Also where its host is one of those that the desk names."""
    assert kinds("https://shop.example.org/returns", "shop.example.org") == set()
    assert kinds("https://shop.example.org/rota", "shop.example.org") == {Kind.LINK}


# --- names

NAMED = {
    "Dear colleague of Jonas Weber, hello": "Jonas Weber",
    "Jonas Weber's parcel": "Jonas Weber",
    "Jonas Webers Paket": "Jonas Weber",
    "(Jonas Weber)": "Jonas Weber",
    "JONAS WEBER": "Jonas Weber",
    "As Jonas P. Weber wrote": "Jonas P. Weber",
    "from Ludwig van der Rohe.": "Ludwig van der Rohe",
    "der Brief von Åsa Öberg-Lund": "Åsa Öberg-Lund",
    "ask @kim about it": "kim",
    "ask @Kim.": "kim",
    "ask jonas.weber, please": "jonas.weber",
    "write to jonas@example.org.": "jonas@example.org",
    "Анна Петрова уже спросила": "Анна Петрова",
    "שלחנו ליוסי כהן": "ליוסי כהן",
    "김 민수 님께 보냈습니다": "김 민수",
}


@pytest.mark.parametrize("words", NAMED)
def test_a_name_is_found_in_any_script(words: str) -> None:
    """Two words or more, a handle or an address; as it may be on record."""
    assert NAMED[words] in doubts(words).names


@pytest.mark.parametrize(
    "words",
    [
        "your parcel left",
        "Hello, Jonas: Weber is open",
        "It left. Weber has it",
        "Monday",
        "3.5 kg",
        "Jonas\nWeber",
        "@_",
    ],
)
def test_most_words_are_no_names(words: str) -> None:
    """The store is asked about nothing then."""
    assert doubts(words).names == ()


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    """Whatever a person types."""
    doubts(text, "*.corp.example")
    assert unexcused([Objection(Kind.NAME, text)], [text]) is None


# --- reasons


@given(st.sampled_from(list(Kind)), st.text(min_size=1), st.text(), st.text())
def test_what_stands_in_the_conversation_is_no_secret(kind: Kind, what: str, before: str, after: str) -> None:
    """However it was written there."""
    assume(plain(what))
    assert unexcused([Objection(kind, what)], ["x", f"{before} {what} {after}"]) is None


@given(st.lists(st.sampled_from(["alpha beta", "gamma", "delta eps"]), unique=True), st.lists(st.text()))
def test_the_first_without_a_reason_counts(what: list[str], told: list[str]) -> None:
    """One that is excused does not excuse the next."""
    objections = [Objection(Kind.NAME, one) for one in what]
    assume(not any(one in plain(text) for one in what for text in told))
    assert unexcused(objections, told) == (objections[0] if objections else None)
    assert unexcused(objections, [*told, *what[:1]]) == (objections[1] if len(objections) > 1 else None)


def test_part_of_a_word_is_no_mention() -> None:
    """Somebody who wrote of an annex has not named Ann."""
    assert unexcused([Objection(Kind.NAME, "ann ex")], ["annex", "joann ex"]) is not None


@pytest.mark.parametrize("kind", Kind)
def test_the_record_quotes_nothing(kind: Kind) -> None:
    """The one who typed reads what is meant; the audit outlives an erased person."""
    objection = Objection(kind, "Jonas Weber")
    assert "Jonas Weber" in objection.sentence
    assert "Jonas" not in objection.record


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (
            "private",
            "private T0ACME",
            "This reply was written for the members of the channel; by now the members of the channel and people"
            " of T0ACME can read the channel. Ask for another draft.",
        ),
        (
            "public E0A T0B",
            "public",
            "This reply was written for everybody in the workspace and people of E0A, T0B; by now everybody in the"
            " workspace can read the channel. Ask for another draft.",
        ),
        ("unknown", "private", "Whom this reply was written for is not known. Ask for another draft."),
        ("", "private", "Whom this reply was written for is not known. Ask for another draft."),
    ],
)
def test_other_readers_are_named(before: str, now: str, sentence: str) -> None:
    """Before and now, in words."""
    assert other_readers(before, now) == sentence
