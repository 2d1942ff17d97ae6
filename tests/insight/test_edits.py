"""Corrections as people make them, each with the kind a colleague would give it."""

from __future__ import annotations

import pytest

from bot.insight.edits import Change, Kind, changes, kinds, kinds_of

# language -> kind -> as it was drafted, as it was sent
CORRECTED = {
    "en": {
        Kind.FACT: (
            "Hello Mia, you can send it back within 30 days. Kind regards, Nordlys",
            "Hello Mia, you can send it back within 60 days. Kind regards, Nordlys",
        ),
        Kind.POLICY: ("Opened software can be sent back.", "Opened software cannot be sent back."),
        Kind.TONE: (
            "Hi Mia! The parcel left the warehouse yesterday. Cheers",
            "Dear Mia, the parcel left our warehouse yesterday. Kind regards",
        ),
        Kind.OMISSION: (
            "You can send the jacket back.",
            "You can send the jacket back. The label lies in the box.",
        ),
        Kind.LANGUAGE: (
            "You can send the jacket back, and the label lies in the box.",
            "Du kan sende jakken tilbage, og etiketten ligger i æsken.",
        ),
    },
    "da": {
        Kind.FACT: (
            "Hej Mia. Du kan sende jakken tilbage inden for 30 dage.",
            "Hej Mia. Du kan sende jakken tilbage inden for 60 dage.",
        ),
        Kind.POLICY: (
            "Hej Mia. Vi refunderer hele beløbet.",
            "Hej Mia. Vi kan desværre ikke refundere beløbet.",
        ),
        Kind.TONE: (
            "Hej Mia! Pakken forlod lageret i går. Hilsen Nordlys",
            "Kære Mia. Pakken forlod vores lager i går. Med venlig hilsen Nordlys",
        ),
        Kind.OMISSION: ("Du kan sende jakken tilbage.", "Du kan sende jakken tilbage. Etiketten ligger i kassen."),
        Kind.LANGUAGE: (
            "Du kan sende jakken tilbage, og etiketten ligger i æsken.",
            "You can send the jacket back, and the label lies in the box.",
        ),
    },
    "sv": {
        Kind.FACT: ("Frakten kostar 49 kr.", "Frakten kostar 59 kr."),
        Kind.POLICY: ("Vi byter lampan utan kostnad.", "Vi kan tyvärr inte byta lampan."),
        Kind.TONE: (
            "Hej Mia! Paketet lämnade lagret i går. Hälsningar",
            "Hej Mia, i går lämnade paketet lagret. Med vänliga hälsningar",
        ),
        Kind.OMISSION: ("Du kan skicka tillbaka jackan.", "Du kan skicka tillbaka jackan. Etiketten ligger i lådan."),
        Kind.LANGUAGE: (
            "Du kan skicka tillbaka jackan och etiketten ligger i lådan.",
            "You can send the jacket back, and the label lies in the box.",
        ),
    },
    "no": {
        Kind.FACT: ("Pakken kommer den 12. november.", "Pakken kommer den 14. november."),
        Kind.POLICY: ("Vi refunderer hele beløpet.", "Vi kan dessverre ikke refundere beløpet."),
        Kind.TONE: (
            "Hei Mia! Pakken forlot lageret i går. Hilsen oss",
            "Hei Mia, pakken forlot lageret vårt i går. Vennlig hilsen oss",
        ),
        Kind.OMISSION: ("Du kan sende jakken tilbake.", "Du kan sende jakken tilbake. Etiketten ligger i esken."),
        Kind.LANGUAGE: (
            "You can send the jacket back, and the label lies in the box.",
            "Du kan sende jakken tilbake, og etiketten ligger i esken hjemme hos deg.",
        ),
    },
    "fr": {
        Kind.FACT: (
            "Vous pouvez renvoyer la veste sous 30 jours.",
            "Vous pouvez renvoyer la veste sous 60 jours.",
        ),
        Kind.POLICY: (
            "Nous vous remboursons le montant total.",
            "Nous ne pouvons malheureusement pas rembourser ce montant.",
        ),
        Kind.TONE: (
            "Bonjour Mia ! Le colis a quitté l'entrepôt hier. Merci",
            "Bonjour Mia, le colis a quitté notre entrepôt hier. Bien cordialement",
        ),
        Kind.OMISSION: (
            "Vous pouvez renvoyer la veste.",
            "Vous pouvez renvoyer la veste. L'étiquette se trouve dans le carton.",
        ),
        Kind.LANGUAGE: (
            "Vous pouvez renvoyer la veste, et l'étiquette est dans le carton.",
            "Sie können die Jacke zurücksenden, und das Etikett liegt im Karton.",
        ),
    },
    "de": {
        Kind.FACT: ("Der Versand kostet 4,90 €.", "Der Versand kostet 5,90 €."),
        Kind.POLICY: ("Wir ersetzen die Lampe kostenlos.", "Leider können wir die Lampe nicht ersetzen."),
        Kind.TONE: (
            "Hallo Mia! Das Paket hat das Lager gestern verlassen. Grüße",
            "Hallo Mia, das Paket hat unser Lager gestern verlassen. Mit freundlichen Grüßen",
        ),
        Kind.OMISSION: (
            "Sie können die Jacke zurücksenden.",
            "Sie können die Jacke zurücksenden. Das Etikett liegt im Karton.",
        ),
        Kind.LANGUAGE: (
            "Sie können die Jacke zurücksenden, und das Etikett liegt im Karton.",
            "Puede devolver la chaqueta, y la etiqueta está en la caja.",
        ),
    },
    "es": {
        Kind.FACT: ("Puede devolver la chaqueta en 30 días.", "Puede devolver la chaqueta en 60 días."),
        Kind.POLICY: ("Le devolvemos el importe completo.", "Lamentablemente no podemos devolver el importe."),
        Kind.TONE: (
            "¡Hola Mia! El paquete salió del almacén ayer. Un saludo",
            "Hola Mia: el paquete salió de nuestro almacén ayer. Atentamente",
        ),
        Kind.OMISSION: ("Puede devolver la chaqueta.", "Puede devolver la chaqueta. La etiqueta está en la caja."),
        Kind.LANGUAGE: (
            "Puede devolver la chaqueta, y la etiqueta está en la caja.",
            "You can send the jacket back, and the label lies in the box.",
        ),
    },
}
CASES = [(language, kind) for language, kinds_there in CORRECTED.items() for kind in kinds_there]


@pytest.mark.parametrize(("language", "kind"), CASES)
def test_a_correction_has_its_kind_and_no_other(language: str, kind: Kind) -> None:
    """In every language the rules know."""
    assert kinds(*CORRECTED[language][kind], language) == {kind}


MORE = [
    # Nothing changed but the space around.
    ("The label lies in the box.", "The label  lies\nin the box. ", set()),
    # The same said otherwise: two weeks are 14 days, and a sentence may move.
    ("Send it back within two weeks.", "Send it back within 14 days.", {Kind.TONE}),
    ("Hello. The label lies in the box.", "The label lies in the box. Hello.", {Kind.TONE}),
    ("I am so very sorry for the trouble! The label lies in the box.", "The label lies in the box.", {Kind.TONE}),
    # Links and addresses are facts, wherever they stand.
    ("See https://shop.example/returns.", "See https://shop.example/portal.", {Kind.FACT}),
    ("Write to help@shop.example.", "Write to care@shop.example.", {Kind.FACT}),
    ("The label lies in the box. It takes 3 days.", "The label lies in the box.", {Kind.FACT}),
    # A detail that was missing from a sentence.
    ("You can send it back.", "You can send it back within 60 days.", {Kind.OMISSION}),
    # One promise for another, and a promise where somebody was only going to look.
    ("We refund the amount.", "We replace the lamp.", {Kind.POLICY}),
    ("A colleague will look into it.", "We will replace the lamp free of charge.", {Kind.POLICY}),
    ("The lamp is two years old.", "The lamp is two years old. We will send you another one.", {Kind.POLICY}),
    # Two kinds at once.
    (
        "You can send it back within 30 days.",
        "You can send it back within 60 days. The label lies in the box.",
        {Kind.FACT, Kind.OMISSION},
    ),
    # Other words altogether, or a question: only somebody who understands them can tell.
    ("Open the app and tap Orders.", "Sign in on the web page and choose My purchases.", set()),
    ("The parcel left our warehouse.", "The parcel left our warehouse. Which size do you need?", set()),
    ("Hello! Open the app and tap Orders.", "Hi! Sign in on the web page and choose My purchases.", set()),
]


@pytest.mark.parametrize(("drafted", "sent", "expected"), MORE)
def test_what_else_people_do(drafted: str, sent: str, expected: set[Kind]) -> None:
    """Several kinds at once, no kind where the rules cannot tell, and wording that changes nothing."""
    assert kinds(drafted, sent, "en") == expected


def test_each_change_has_its_sentences() -> None:
    """What was there and what became of it, so that a proposal can show it."""
    drafted = "Hello. You can send it back within 30 days."
    sent = "Hello. You can send it back within 60 days. The label lies in the box."
    found = changes(drafted, sent, "en")
    assert found[0] == Change(Kind.FACT, "You can send it back within 30 days.", "You can send it back within 60 days.")
    assert Change(Kind.OMISSION, "", "The label lies in the box.") in found
    assert {Kind.FACT, Kind.OMISSION} <= kinds_of(found)
