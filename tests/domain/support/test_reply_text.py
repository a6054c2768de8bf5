"""The author's own words are told from quotations, other mails' headers, layout and signatures."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.support.reply_text import is_below_headers, main_text, unquoted_text, written_text

HEADERS = {
    "en": "From: Market <help@market.example>\nSent: Monday\nTo: Tom\nSubject: Export",
    "fr": "*De :* Place <sav@marche.example>\n*Envoyé :* lundi\n*À :* Bastien\n*Objet :* Export",
    "de": "Von: Markt <hilfe@markt.example>\nGesendet: Montag\nAn: Timo\nBetreff: Export",
    "es": "De: Mercado <ayuda@mercado.example>\nEnviado: lunes\nPara: Iker\nAsunto: Export",
    "it": "Da: Mercato <aiuto@mercato.example>\nInviato: lunedì\nA: Ettore\nOggetto: Export",
    "nl": "Van: Markt <hulp@markt.example>\nVerzonden: maandag\nAan: Jorrit\nOnderwerp: Export",
    "pl": "Od: Targ <pomoc@targ.example>\nWysłano: poniedziałek\nDo: Cezary\nTemat: Export",
    "pt": "De: Feira <ajuda@feira.example>\nEnviada: segunda-feira\nPara: Tomé\nAssunto: Export",
    "another order": "Subject: Export\nDate: Monday\nFrom: Market <help@market.example>\nTo: Tom",
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_what_stands_below_another_mail_s_headers_is_not_the_author_s(headers: str) -> None:
    assert unquoted_text(f"I raised the limit.\n\n{headers}\n\nMy export stops.") == "I raised the limit."
    assert not is_below_headers(f"I raised the limit.\n\n{headers}\n\nMy export stops.")


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_it_cannot_be_told_who_wrote_what_follows_headers_that_stand_first(headers: str) -> None:
    assert is_below_headers(f"{headers}\n\nMy export stops.\n\nI raised the limit.")
    assert is_below_headers(f"\n-----Original Message-----\n{headers}\n\nMy export stops.")
    assert not is_below_headers(headers)
    assert not is_below_headers(f"{headers}\n\n> My export stops.")


def test_marks_below_headers_tell_the_author_s_lines_from_the_quoted_ones() -> None:
    body = f"{HEADERS['en']}\n\n> My export stops.\n> Anna\n\nI raised the limit."
    assert unquoted_text(body) == "I raised the limit."


def test_a_list_of_answers_is_no_header_block() -> None:
    assert unquoted_text("A: the first\nA: the second\nA: the third").startswith("A: the first")
    assert unquoted_text("From: is empty\nin your template.").startswith("From: is empty")


@pytest.mark.parametrize(
    "attribution",
    [
        "W dniu 2.11.2026 o 08:57, Anna Lis pisze:",
        "pon., 2 lis 2026 o 08:57 Anna Lis <anna@sklep.example> napisał(a):",
        "Em seg., 2 de nov. de 2026 às 08:57, Anna <anna@loja.example> escreveu:",
        "Anna Teles <anna@loja.example> escreveu (segunda, 2/11/2026 à(s) 08:57):",
        "Op 2 nov. 2026, om 08:57 heeft Anna <anna@winkel.example> het volgende geschreven:",
    ],
)
def test_the_line_that_introduces_a_quotation_goes_with_it(attribution: str) -> None:
    assert unquoted_text(f"Fixed.\n\n{attribution}\n> broken") == "Fixed."


def test_html_pictures_and_tables_leave_their_words() -> None:
    assert written_text("<div>Hallo,</div><div>gr&uuml;n<br>Jan</div>") == "Hallo,\ngrün\nJan"
    assert written_text("| Bonjour, |\n| --- |\n| c'est corrigé. |\n[image: logo]") == "Bonjour,\nc'est corrigé."
    assert written_text("If a < b and c > d, <anna@customer.example> is right.").startswith(
        "If a < b and c > d, <anna@"
    )


def test_a_text_that_begins_with_thanks_is_searched_although_the_parser_takes_it_for_a_signature() -> None:
    body = "Hello,\n\nThanks, your inquiry has reached the desk."
    assert "inquiry" not in written_text(body)
    assert "inquiry" in unquoted_text(body)


def test_the_main_text_ends_where_the_author_closes() -> None:
    assert main_text("The cache is full.\n\nKind regards,\nTom\nServers and databases Ltd") == "The cache is full.\n"
    assert main_text("Pozdrawiam\nTom") == "Pozdrawiam\nTom"


def test_a_very_long_mail_is_read_at_both_ends() -> None:
    assert unquoted_text("> quoted\n" * 100_000 + "Fixed.") == "Fixed."
