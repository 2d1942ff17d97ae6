"""What bears out the sentences of a draft, and how one that nothing bears out is taken from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drafting import values
from bot.drafting.evidence import THREAD, Basis, weigh
from bot.drafting.sentences import spans, without
from bot.review.model import Statement

RETURNS = Basis(
    "returns.en",
    "Returns: How do I return something?\nYou have 60 days to send back anything that is unused and still has its tags. "
    "The return label costs 4 €, which we take off your refund. We pay you back within 5 working days after your "
    "return has reached our warehouse. Gas cartridges and gift cards cannot be returned.",
    public=True,
)
RETURNS_DA = Basis(
    "returns.da",
    "Returnering: Hvordan returnerer jeg en vare?\nDu har 60 dage til at sende en vare retur, når den er ubrugt og "
    "stadig har mærkerne på. Returlabelen koster 29 kr., som vi trækker fra beløbet. Vi betaler pengene tilbage senest "
    "5 hverdage efter, at din retur er nået frem til vores lager. Gavekort kan ikke returneres.",
    public=True,
)
ORDER = Basis("lookup:order", "Order 4711\nstatus: shipped\nshipped: 2026-11-12\ntotal: 1299.50 SEK", public=True)
ASKED = ("Hello, my tent from order 4711 is too small. Can I send it back?",)


def one(reply: str, language: str = "en", *sources: Basis, thread: tuple[str, ...] = ASKED) -> Statement:
    """The only statement of a reply."""
    (statement,) = weigh(reply, language, sources or (RETURNS, ORDER), thread)
    return statement


@pytest.mark.parametrize(
    ("language", "basis", "sentence"),
    [
        ("en", RETURNS, "You can send back unused things within 60 days if they still have their tags."),
        ("en", RETURNS, "We will pay you back within 5 working days after the return has reached our warehouse."),
        ("en", RETURNS, "Unfortunately, gift cards cannot be returned."),
        ("en", RETURNS, "Posting it to our shop with the label costs 4 €."),
        ("en", RETURNS, "Send back whatever is unused and still wears its tags."),
        ("da", RETURNS_DA, "Du kan sende varen retur i 60 dage, hvis den er ubrugt og har mærkerne på."),
        ("da", RETURNS_DA, "Returlabelen koster 29 kr., og det trækker vi fra beløbet."),
        ("da", RETURNS_DA, "Gavekort kan desværre ikke returneres."),
    ],
)
def test_what_an_article_says_in_other_words_is_tied_to_it(language: str, basis: Basis, sentence: str) -> None:
    """A reviewer is shown where it stands, and nothing is highlighted."""
    assert one(sentence, language, basis, ORDER) == Statement(sentence, (basis.ref,))


@pytest.mark.parametrize(
    "sentence",
    [
        "Our courier collects the tent at your home.",
        "The warranty also covers storms and theft.",
        "It is waterproof.",
        "The return label is printed by our partner in Oslo.",
    ],
)
def test_what_nothing_says_is_unsupported(sentence: str) -> None:
    """A sentence about another matter names no source."""
    assert one(sentence) == Statement(sentence)


@pytest.mark.parametrize(
    ("sentence", "doubted"),
    [
        ("You have 90 days to send back anything unused that still has its tags.", ("90 days",)),
        ("You have 60 hours to send back anything unused that still has its tags.", ("60 hours",)),
        ("The return label costs 6 €, which we take off your refund.", ("6 €",)),
        ("The return label costs $4, which we take off your refund.", ("$4",)),
        ("The return label costs 60 €, which we take off your refund.", ("60 €",)),
        ("Your order 4712 is with the carrier.", ("4712",)),
        ("Your order was shipped on 13 November.", ("13 November",)),
        ("Your return label is at https://shop.example/labels.", ("https://shop.example/labels",)),
        (
            "About your return, write to help@shop.example or call +45 12 34 56 78.",
            ("help@shop.example", "+45 12 34 56 78"),
        ),
    ],
)
def test_a_number_a_date_or_a_link_that_no_source_has_is_doubted(sentence: str, doubted: tuple[str, ...]) -> None:
    """The exact words are highlighted, also where the rest of the sentence is the article's."""
    assert one(sentence).doubts == doubted


@pytest.mark.parametrize(
    ("sentence", "doubted"),
    [
        ("We will send you a voucher.", ("We will",)),
        ("You will receive a new tent free of charge.", ("You will receive", "free of charge")),
        ("Your return label has been cancelled.", ("has been cancelled",)),
        ("You have 60 days to send back anything unused and get a free of charge repair.", ("free of charge",)),
        ("We cannot repair that.", ("cannot",)),
        ("Gift cards can be returned.", ("can be",)),
        ("We will not pay you back after your return has reached our warehouse.", ("will not",)),
    ],
)
def test_a_promise_or_a_refusal_needs_an_article_that_says_the_same(sentence: str, doubted: tuple[str, ...]) -> None:
    """Nobody is promised or refused anything because a model was generous or strict."""
    assert one(sentence).doubts == doubted


def test_the_customer_bears_out_facts_but_no_promise() -> None:
    """What they wrote may be repeated to them; that they were promised something is only what they say."""
    thread = ("Your colleague said that you refund my broken lantern in full.",)
    assert one("Your lantern is broken.", thread=thread).sources == (THREAD,)
    said = one("We will refund your broken lantern in full.", thread=thread)
    assert (said.sources, said.doubts) == ((THREAD,), ("We will",))


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        (
            "en",
            "Hi Maja,\n\nThank you for your message, and sorry for the delay. A colleague will look into it and get back "
            "to you. We will look into it. Could you send us your order number? Did anybody say that we will refund it? "
            "Thank you for order 4711. Please tell us your size.\n\nKind regards,\nNordlys support",
        ),
        (
            "da",
            "Hej Maja\n\nTak for din besked. Vi beklager ventetiden. En kollega kigger på det og vender tilbage til dig. "
            "Kan du sende os dit ordrenummer?\n\nVenlig hilsen\nNordlys",
        ),
        ("sv", "Hej Maja!\n\nTack för ditt meddelande. Vi är ledsna för besväret.\n\nVänliga hälsningar\nNordlys"),
        ("no", "Hei, Maja!\n\nTakk for meldingen. Vi beklager ventetiden.\n\nVennlig hilsen\nNordlys"),
        ("de", "Hallo Maja,\n\nvielen Dank für Ihre Nachricht. Das tut uns leid.\n\nFreundliche Grüße\nNordlys"),
        ("fr", "Bonjour Maja,\n\nMerci pour votre message. Nous sommes désolés.\n\nCordialement,\nNordlys"),
        ("es", "Hola, Maja:\n\nGracias por su mensaje. Sentimos las molestias.\n\nUn saludo,\nNordlys"),
    ],
)
def test_courtesies_claim_nothing(language: str, reply: str) -> None:
    """Greetings, thanks, regrets, questions, requests, signatures and `somebody looks into it` are left out."""
    assert weigh(reply, language, (RETURNS,), ASKED) == ()


@pytest.mark.parametrize(
    ("sentence", "doubted"),
    [
        ("Thank you for your patience, we will refund the tent.", ("we will",)),
        ("A colleague will get back to you within 24 hours.", ("24 hours",)),
        ("Sorry, but we cannot help you.", ("cannot",)),
        ("Could you pay 500 € first?", ("500 €",)),
    ],
)
def test_a_claim_behind_a_courtesy_is_found(sentence: str, doubted: tuple[str, ...]) -> None:
    """Being polite about it does not make it true."""
    assert one(sentence).doubts == doubted


def test_words_from_all_over_an_article_bear_nothing_out() -> None:
    """What a source says stands in one place of it."""
    article = "Tents are green. Cups hold water. Stoves need gas. Lamps hang on walls. Boots last for winters."
    assert one("Green stoves last on water.", "en", Basis("a", article, public=True)).sources == ()


def test_a_small_number_counts_only_where_the_source_speaks_of_the_same_thing() -> None:
    """The price of something else is no price of this."""
    prices = "The return label costs 4 €. Express delivery to the islands takes 3 days and costs 15 €."
    assert one("The return label costs 15 €.", "en", Basis("prices", prices, public=True)).doubts == ("15 €",)
    assert one("The return label costs 4 €.", "en", Basis("prices", prices, public=True)).doubts == ()


def test_the_source_that_has_the_numbers_is_named_alone() -> None:
    """Another that says nearly the same would only send the reviewer astray."""
    here = Basis("here", "The return label costs 4 € for every parcel.", public=True)
    abroad = Basis("abroad", "The return label costs 9 € for every parcel.", public=True)
    assert one("The return label costs 9 €.", "en", here, abroad).sources == ("abroad",)


def test_the_end_of_a_very_long_text_bears_nothing_out() -> None:
    """Fifty thousand characters of a customer's cost as little as an article."""
    said = "The return label is blue."
    long = "Where is my parcel? " * 2_000
    assert one(said, "en", Basis("a", f"{said} {long}", public=True)).sources == ("a",)
    assert one(said, "en", Basis("a", f"{long} {said}", public=True)).sources == ()


def test_a_reply_in_another_language_is_tied_by_its_numbers_and_links() -> None:
    """Words cannot be compared across languages, so a sentence without a value is honestly unsupported."""
    assert one("Du har 60 dage til at sende varen retur.", "da", RETURNS) == Statement(
        "Du har 60 dage til at sende varen retur.", ("returns.en",)
    )
    assert one("Du har 61 dage til at sende varen retur.", "da", RETURNS).doubts == ("61 dage",)
    assert one("Lageret ligger ved havnen.", "da", RETURNS).sources == ()
    assert one("Den kan returneres.", "da", RETURNS).sources == ()


def test_an_internal_article_is_named_only_where_no_other_source_says_the_same() -> None:
    """A reviewer should not quote what is not for customers when there is something that is."""
    internal = Basis("goodwill.en", RETURNS.text, public=False)
    sentence = "Gift cards cannot be returned."
    assert one(sentence, "en", internal, RETURNS).sources == ("returns.en",)
    assert one(sentence, "en", internal).sources == ("goodwill.en",)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("1 299,50 kr", "1299.50 SEK"),
        ("kr. 1.299", "1,299 DKK"),
        ("€50", "50 euros"),
        ("fourteen days", "14 days"),
        ("two weeks", "14 dage"),
        ("48 timmar", "2 Tage"),
        ("une semaine", "7 días"),
        ("2 or 3 more days", "2-3 dager"),
        ("5 business days", "5 jours ouvrés"),
        ("fünf Werktagen", "5 hverdage"),
        ("12 Nov", "November 12th"),
        ("12. november 2026", "2026-11-12"),
        ("12 de noviembre", "12/11/2026"),
        ("5 %", "five percent"),
        ("5 per cent", "5 procent"),
        ("kl. 10", "10:00"),
        ("3 pm", "15:00"),
        ("www.shop.example/returns", "https://shop.example/returns/"),
        ("shop.example", "https://www.shop.example/returns"),
        ("0045 12 34 56 78", "+45 12345678"),
        ("020 7946 0018", "+44 20 7946 0018"),
        ("on Fridays", "am Freitag"),
        ("order ab-1234", "AB-1234"),
    ],
)
def test_the_same_value_is_the_same_however_it_is_written(said: str, written: str) -> None:
    """In another form, unit or language."""
    (value,) = values.find(said)
    given_there = frozenset[str]().union(*(other.gives for other in values.find(written)))
    assert value.held(given_there)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("14 days", "14 business days"),
        ("14 days", "14 hours"),
        ("50 kr", "50 €"),
        ("5 %", "5 days"),
        ("12 November 2025", "12 November 2026"),
        ("shop.example/returns", "shop.example/refunds"),
        ("https://shop.example/?d=1", "https://shop.example/"),
        ("2-4 days", "2-3 days"),
    ],
)
def test_another_value_is_not_the_same(said: str, written: str) -> None:
    """However much they look alike."""
    (value,) = values.find(said)
    given_there = frozenset[str]().union(*(other.gives for other in values.find(written)))
    assert not value.held(given_there)


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Holm ringer kl. 10 f.eks. om fredagen.", "Det koster 29.50 kr."],
        ["Ask J. Holm in Oslo.", "She knows."],
        ["See https://shop.example/a.b?c=d. for it.", "It opens at 8 a.m. on weekdays!", "Really?"],
        ["Am 12. November, d.h. nächste Woche, kommt z.B. das Zelt.", "Bis dann!"],
        ["First open My orders", "Choose Return", "Print the label."],
        ["This line is broken\nby somebody's editor in the middle.", "This one is not."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(sentences: list[str]) -> None:
    """Abbreviations, decimals, ordinals, links and broken lines end nothing; the lines of a list do."""
    is_list = sentences[0].startswith("First")
    reply = "\n".join(f"- {sentence}" for sentence in sentences) if is_list else " ".join(sentences)
    assert [reply[start:end] for start, end in spans(reply)] == sentences


@pytest.mark.parametrize(
    ("reply", "sentence", "left"),
    [
        ("Hi,\n\nOne is true. Two is not. Three is.\n\nBye", "Two is not.", "Hi,\n\nOne is true. Three is.\n\nBye"),
        ("Hi,\n\nOne is true. Two is not.\n\nBye", "Two is not.", "Hi,\n\nOne is true.\n\nBye"),
        ("Hi,\n\nTwo is not.\n\nBye", "Two is not.", "Hi,\n\nBye"),
        ("Hi,\n\n- One\n- Two\n- Three\n\nBye", "Two", "Hi,\n\n- One\n- Three\n\nBye"),
        ("Two is not. One is.", "Two is not.", "One is."),
        ("One is.\n\nTwo is not.", "Two is not.", "One is."),
        ("Two is not.\n\nOne is.", "Two is not.", "One is."),
        ("Two is not.", "Two is not.", ""),
        ("No. Nobody knows.", "No", "No. Nobody knows."),
        ("Somebody edited it.", "Two is not.", "Somebody edited it."),
    ],
)
def test_one_click_takes_a_sentence_out_tidily(reply: str, sentence: str, left: str) -> None:
    """No double space, no empty bullet, no gap between paragraphs, and nothing when it is no longer there."""
    assert without(reply, sentence) == left


ANYTHING = st.text(max_size=300) | st.text("aB1 .,!?\n-*>€%@:/<>[]()'’kr days we will not 12 nov", max_size=300)


@given(ANYTHING, st.sampled_from(["en", "da", "de", "fr", "xx", ""]), ANYTHING, ANYTHING)
def test_any_text_is_weighed_without_a_fault(reply: str, language: str, text: str, message: str) -> None:
    """Statements are parts of the reply in its order, doubts parts of them, and each can be taken out."""
    at = 0
    for statement in weigh(reply, language, (Basis("a", text, public=True),), (message,)):
        at = reply.index(statement.text, at) + len(statement.text)
        assert all(doubt and doubt in statement.text for doubt in statement.doubts)
        assert set(statement.sources) <= {"a", THREAD}
        assert len(without(reply, statement.text)) < len(reply)


@given(st.integers(1, 99_999), st.integers(1, 99_999), st.sampled_from(["€", "kr", "days", "%"]))
def test_a_number_is_doubted_exactly_when_it_is_another_one(told: int, said: int, unit: str) -> None:
    """Whatever the number and its unit."""
    source = Basis("a", f"Express delivery to the islands takes or costs {told} {unit} in winter.", public=True)
    (statement,) = weigh(f"Express delivery to the islands takes or costs {said} {unit}.", "en", (source,), ())
    assert statement == Statement(statement.text, ("a",), () if said == told else (f"{said} {unit}",))
