"""A mail client's own line is known by its grammar, and a person's line is not taken for one."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.support.mobile_signatures import is_mobile_signature
from marketplace_hooks.domain.support.reply_text import unquoted_text, written_text


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from Yahoo Mail on Android",
        "Sent with Proton Mail for Android",
        "Envoyé de mon Fairphone",
        "Envoyé à partir de Outlook pour Android<https://link.example/x>",
        "Envoyé depuis mon smartphone Samsung Galaxy.",
        "Von meinem Nokia gesendet",
        "Gesendet mit der GMX Mail App",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "Enviado desde mi iPad",
        "Enviado a través de Outlook para iOS",
        "Inviato dal mio dispositivo Samsung",
        "Inviato da Mail per Windows",
        "Verstuurd vanaf mijn iPhone",
        "Verzonden via Yahoo Mail op Android",
        "Wysłane z iPhone\u2019a",
        "Wysłano z mojego telefonu",
        "Enviado do meu Galaxy",
        "Enviado a partir do Outlook para Android",
        "Get Outlook for iOS<https://link.example/o0ukef>",
        "Télécharger Outlook pour Android",
        "Outlook für Android beziehen",
        "Outlook voor iOS downloaden",
        "Pobierz program Outlook dla systemu Android",
        "Obter o Outlook para iOS",
        "-- Sent from my phone --",
    ],
)
def test_a_client_s_line_is_known_in_every_language(line: str) -> None:
    assert is_mobile_signature(line)


@pytest.mark.parametrize(
    "line",
    [
        "Sent, please check.",
        "Sent by courier this morning",
        "Sent from the server, it arrives within the hour: please wait",
        "Envoyé par WeTransfer",
        "Envoyé depuis le serveur de test",
        "Gesendet von unserem Server",
        "Von mir gesendet, schauen Sie bitte nach.",
        "Enviado el parche por correo",
        "Inviato il file corretto",
        "Verzonden door de server",
        "Wysłane wczoraj",
        "Get the latest build and try again",
        "Outlook blocks the attachment",
        "",
        "Sent from my iPhone " * 20,
    ],
)
def test_a_person_s_line_is_not_taken_for_a_client_s(line: str) -> None:
    assert not is_mobile_signature(line)


def test_only_the_last_line_is_taken_away() -> None:
    assert written_text("Fixed.\n\nSent from my iPhone") == "Fixed."
    assert "shows in the footer" in unquoted_text("Sent from my iPhone\nshows in the footer of every mail.")
