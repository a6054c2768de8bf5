"""A marketplace's own look: on pages, in mails and PDFs, on the API's page, and what browsers are allowed for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.domain.notifications import MailFacts, Reader
from marketplace_hooks.domain.outbox.event_types import OUTGOING
from marketplace_hooks.web.mail.rendering import render_mail

from ..support.marketplace import OFFLINE, Marketplace, open_marketplace
from ..support.page_client import Browser, browser_of
from ..support.source_tree import ROOT
from ..support.support_desk import REQUEST, publish_request, set_up_support

SCRIPTED = b"""<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><script>alert(1)</script></svg>"""
LINKS = [
    {"en": "Legal notice", "fr": "Mentions légales", "url": "https://ateliers.example/legal?a=1&b=2"},
    {"en": "Write to us", "fr": "Nous écrire", "url": "mailto:bonjour@ateliers.example"},
]
BRAND: dict[str, Any] = {
    "BRAND_NAME": "Ateliers & Cie",
    "BRAND_LOGO_SIZE": "120x32",
    "BRAND_ICON": "https://icons.example/tab.png",
    "LIGHT_COLORS": "accent=#7b1fa2",
    "FOOTER_TEXT": json.dumps({"en": "A company <of> Nantes", "fr": "Une société nantaise"}),
    "FOOTER_LINKS": json.dumps(LINKS),
    "BUY_URL": "https://shop.example/cart?add={product_id}&name={technical_name}&in={language}&cur={currency}",
    "PACK_BUY_URL": "https://shop.example/packs/{pack_id}",
    "PRODUCT_IMAGE_URL": "https://cdn.example:8443/{technical_name}.webp",
}


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """A marketplace with a look of its own; nothing here depends on the kind of database."""
    logo = ROOT / "marketplace_hooks" / "web" / "static" / "favicon.svg"
    with open_marketplace(sqlite_url, tmp_path / "instance", **BRAND, BRAND_LOGO=str(logo)) as marketplace:
        marketplace.publish_products("mod&1 é", "mod-2", "..")
        marketplace.publish_pack("pack-1", "mod&1 é", "mod-2")
        yield marketplace


@pytest.fixture
def reader(shop: Marketplace) -> Browser:
    return browser_of(shop)


def image_sources(browser: Browser, path: str) -> str:
    policy = browser.get(path).answer.headers["Content-Security-Policy"]
    return dict(rule.split(" ", 1) for rule in policy.split("; "))["img-src"]


def test_the_name_stands_in_titles_and_headers(reader: Browser) -> None:
    for path in ("/", "/products/none", "/about-inspections", "/sign-in"):
        page = reader.get(path).text
        assert re.search(r"<title>[^<]*Ateliers &amp; Cie</title>", page), path
        assert '<span class="name">Ateliers &amp; Cie</span>' in page
        assert "Marketplace" not in page


def test_the_logo_is_served_under_its_digest_with_its_type_and_runs_no_script(reader: Browser) -> None:
    found = re.search(
        r'<img src="(/mh-brand/[0-9a-f]{16}/logo\.svg)" alt="" width="120" height="32">', reader.get("/").text
    )
    assert found is not None
    answer = reader.get(found[1]).answer
    assert (answer.status_code, answer.content_type) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "sandbox"} <= set(policy)
    assert not any(rule.startswith("script-src") for rule in policy)
    assert reader.get("/mh-brand/0123456789abcdef/logo.svg").answer.headers["Cache-Control"] == "no-cache"
    assert reader.get("/mh-brand/0123456789abcdef/other.svg").status == 404


def test_pages_may_load_pictures_of_the_named_origins_and_of_no_other(reader: Browser) -> None:
    for path in ("/", "/products/mod-2", "/products/none"):
        assert image_sources(reader, path) == "'self' https://cdn.example:8443 https://icons.example"


def test_the_colours_are_a_style_sheet_of_ours(reader: Browser) -> None:
    found = re.search(r'<link rel="stylesheet" href="(/mh-brand/[0-9a-f]{16}/look\.css)">', reader.get("/").text)
    assert found is not None
    answer = reader.get(found[1]).answer
    assert answer.content_type == "text/css; charset=utf-8"
    assert "--accent: light-dark(#7b1fa2, #b079c7);" in answer.text
    assert answer.text.startswith("@media screen {")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_footer_has_its_text_and_its_links_in_each_language(shop: Marketplace, language: str) -> None:
    page = browser_of(shop, language=language).get("/")
    text = {"en": "A company &lt;of&gt; Nantes", "fr": "Une société nantaise"}[language]
    assert f'<p class="written">{text}</p>' in page.text
    for link in LINKS:
        assert link["url"] in page.links
        assert link[language] in page.visible_text


def test_a_product_is_bought_where_the_template_says_with_every_value_encoded(reader: Browser) -> None:
    reader.get("/products/mod%261%20é")
    [target] = [link for link in reader.page.links if "shop.example" in link]
    assert re.sub("name=[^&]+", "name=x", target) == (
        "https://shop.example/cart?add=mod%261%20%C3%A9&name=x&in=en&cur=EUR"
    )
    assert "Buy" in reader.page.visible_text
    assert "https://shop.example/packs/pack-1" in reader.get("/packs/pack-1").links


def test_what_is_not_on_sale_is_not_bought(shop: Marketplace) -> None:
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    page = browser_of(shop, "seller", "seller-1").get("/products/mod-2")
    assert page.status == 200
    assert not any("shop.example" in link for link in page.links)


def test_pictures_of_products_are_named_sized_and_loaded_when_they_are_seen(reader: Browser) -> None:
    for path in ("/", "/products/mod-2", "/packs/pack-1"):
        pictures = re.findall(r'<img src="https://cdn[^>]*>', reader.get(path).text)
        assert pictures, path
        for picture in pictures:
            assert re.search(r'alt="Picture of [^"]+" width="\d+" height="\d+" loading="lazy"', picture)


def test_previews_and_search_engines_are_shown_the_same_picture(reader: Browser) -> None:
    page = reader.get("/products/mod-2").text
    [picture] = re.findall(r'<meta property="og:image" content="(https://cdn[^"]+)">', page)
    assert f'"image": "{picture}"' in page
    assert '<meta property="og:site_name" content="Ateliers &amp; Cie">' in page


def test_the_page_of_the_api_has_the_name_the_colours_and_the_chosen_appearance(reader: Browser) -> None:
    document = reader.get("/api/v1/openapi.json").answer.get_json()
    assert document["info"]["title"] == "Ateliers & Cie"
    page = reader.get("/api/v1/docs")
    assert "<title>Ateliers &amp; Cie API</title>" in page.text
    assert '<link rel="stylesheet" href="docs/look.css">' in page.text
    assert "#7b1fa2" in reader.get("/api/v1/docs/look.css").text
    assert "data-theme" not in page.text
    reader.get("/appearance/dark?next=/api/v1/docs")
    page = reader.get("/api/v1/docs")
    assert '<html lang="en" data-theme="dark">' in page.text
    assert "Cookie" in page.answer.headers["Vary"]


def test_a_pdf_names_who_issued_it(shop: Marketplace) -> None:
    set_up_support(shop)
    publish_request(shop)
    customer = browser_of(shop, "customer", "customer-1")
    pdf = PdfReader(BytesIO(customer.get(f"/support/{REQUEST}/file.pdf").answer.get_data()))
    assert pdf.metadata is not None
    assert pdf.metadata.author == "Ateliers & Cie"
    assert pdf.pages[0].extract_text().count("Ateliers & Cie · Request") == 2
    assert "Ateliers & Cie · Request" in unescape(customer.get(f"/support/{REQUEST}/file").text)


@pytest.mark.parametrize(("locale", "text"), [("en", "A company <of> Nantes"), ("fr", "Une société nantaise")])
def test_a_mail_is_signed_with_the_name_and_the_footer(tmp_path: Path, locale: str, text: str) -> None:
    settings = load({f"{PREFIX}{name}": value for name, value in BRAND.items()}, {f"{PREFIX}INSTANCE": str(tmp_path)})
    type_ = "support_request.accepted"
    example = OUTGOING[type_].example
    facts = MailFacts(
        type=type_,
        data=example,
        cause={},
        reader=Reader.CUSTOMER,
        reader_name="Odile",
        request_subject="Blank",
        product_title={"en": "Gallery"},
        seller_name="Lumen",
    )
    mail = render_mail(settings, facts, locale)
    assert mail is not None
    signature = mail.text.partition("\n-- \n")[2].splitlines()
    assert (signature[0], signature[-1]) == ("Ateliers & Cie", text)


def test_a_logo_may_show_the_name_itself(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_bytes(SCRIPTED)
    logo = {"BRAND_LOGO": str(tmp_path / "logo.svg"), "BRAND_LOGO_HAS_NAME": "yes", "BRAND_NAME": "Ateliers"}
    with open_marketplace(sqlite_url, tmp_path / "instance", **logo) as marketplace:
        page = browser_of(marketplace).get("/")
    assert 'logo.svg" alt="Ateliers"' in page.text
    assert 'class="name"' not in page.text


def test_without_settings_nothing_is_asked_for_and_nothing_is_allowed(marketplace: Marketplace) -> None:
    reader = browser_of(marketplace)
    page = reader.get("/").text
    assert "/mh-brand/" not in page
    assert image_sources(reader, "/") == "'self'"
    assert reader.get("/mh-brand/0123456789abcdef/look.css").status == 404
