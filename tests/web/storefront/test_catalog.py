"""Storefront: what the public sees of the catalogue, of products and packs, and what disappears when."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.models.products import Listing

from ...support.html_reader import Reader, links, signed_in
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace


@pytest.fixture
def reader(marketplace: Marketplace) -> Reader:
    return Reader(marketplace.app)


def describe(marketplace: Marketplace, product_id: str, **data: Any) -> None:
    """Publish one product of the known seller, and have it applied."""
    marketplace.publish("product.upserted", product_id=product_id, **data)
    marketplace.run_all_now()


def change(marketplace: Marketplace, id_: str, status: str, side: str = SELLER, **more: Any) -> None:
    marketplace.change_status(id_, status, side, **more)
    marketplace.run_all_now()


# --- the catalogue


def test_an_empty_catalogue_says_so(reader: Reader) -> None:
    assert "Nothing is on sale here at the moment." in reader.visible_text("/")


def test_the_catalogue_is_told_in_the_readers_language_with_prices_as_he_writes_them(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    french = Reader(marketplace.app, "fr").visible_text("/")
    assert ("Galerie Lumen" in french, "99,00 €" in french, "PrestaShop 1.7.6.0 à 8.2.99" in french) == (True,) * 3
    english = Reader(marketplace.app, "en").visible_text("/")
    assert ("Lumen Gallery" in english, "€99.00" in english, "PrestaShop 1.7.6.0 to 8.2.99" in english) == (True,) * 3


def test_a_search_needs_all_its_words_and_ignores_case_and_accents(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1")
    describe(marketplace, "mod-2", title={"fr": "Étiquettes du Moulin", "en": "Mill Labels"}, technical_name="moo")
    found = reader.open("/?q=ETIQUETTES+moulin").text
    assert "/products/mod-2" in links(found)
    assert "/products/mod-1" not in links(found)
    assert "No product on sale matches all these words" in reader.visible_text("/?q=etiquettes+gallery")


def test_what_is_searched_for_is_repeated_as_text_and_never_as_markup(marketplace: Marketplace) -> None:
    answer = Reader(marketplace.app).open("/?q=%3Cscript%3Ealert(1)%3C/script%3E%22%20onfocus=x")
    assert "<script" not in answer.text
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;&#34; onfocus=x"' in answer.text


def test_percent_and_underscore_are_searched_for_as_themselves(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1")
    describe(marketplace, "mod-2", title={"en": "100% wool"}, technical_name="wool_shop")
    for wanted in ("%25", "l_s"):
        assert [link for link in links(reader.open(f"/?q={wanted}").text) if "/products/" in link] == [
            "/products/mod-2"
        ]


def test_a_category_shows_its_products_only(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1")
    describe(marketplace, "mod-2", categories=["shipping"])
    home = reader.open("/").text
    assert {"/?category=shipping", "/?category=Front+office"} <= {link.replace("%20", "+") for link in links(home)}
    shipping = reader.open("/?category=shipping").text
    assert "/products/mod-2" in links(shipping)
    assert "/products/mod-1" not in links(shipping)
    assert ">Shipping</h2>" in shipping


def test_the_pages_of_the_catalogue_hold_24_products_each_and_miss_none(
    marketplace: Marketplace, reader: Reader
) -> None:
    marketplace.publish_products(*(f"mod-{number:02}" for number in range(50)))
    path = "/"
    pages = []
    while path:
        page = reader.open(path).text
        pages.append([link for link in links(page) if link.startswith("/products/")])
        path = next((link for link in links(page) if "after=" in link), "")
    assert [len(page) for page in pages] == [24, 24, 2]
    assert sorted(link for page in pages for link in page) == [f"/products/mod-{number:02}" for number in range(50)]


def test_a_search_is_kept_from_page_to_page(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products(*(f"mod-{number:02}" for number in range(25)))
    [more] = [link for link in links(reader.open("/?q=lumen").text) if "after=" in link]
    assert "q=lumen" in more


def test_packs_stand_in_the_catalogue_with_what_they_save(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    assert "/packs/pack-1" in links(reader.open("/").text)
    assert "2 products · Atelier Lumen You save €49.00 €149.00" in reader.visible_text("/")


def test_more_packs_than_fit_are_reached_by_a_link(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    for number in range(10):
        marketplace.publish_pack(f"pack-{number}", "mod-1", "mod-2")
    first = reader.open("/").text
    [more] = [link for link in links(first) if "packs_after=" in link]
    seen = [link for page in (first, reader.open(more).text) for link in links(page) if link.startswith("/packs/")]
    assert sorted(seen) == [f"/packs/pack-{number}" for number in range(10)]


# --- a product, a pack


def test_a_products_page_shows_what_its_listing_announces(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    page = reader.visible_text("/products/mod-1")
    for announced in (
        "Lumen Gallery",
        "by Atelier Lumen",
        "€99.00",
        "Photographs the size of the screen.",
        "Lazy loading",
        "Zoom on hover",
        "PrestaShop 1.7.6.0 to 8.2.99",
        "oldgallery (1.0.0 to 2.4.1)",
        "lumengallery",
        "2 March 2026",
        "12 months of Business Care included",
    ):
        assert announced in page
    assert "/packs/pack-1" in links(reader.open("/products/mod-1").text)


def test_a_products_page_shows_the_published_releases_and_the_days_without_support(
    marketplace: Marketplace, reader: Reader
) -> None:
    marketplace.publish_products("mod-1")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    marketplace.publish("release.published", fixes=[])
    price = {"kind": "paid", "price": {"amount_cents": 1900, "currency": "EUR"}}
    marketplace.publish("release.published", release_id="release-2", number="3.0.0", **price, fixes=[])
    soon = format_instant(datetime.now(UTC) + timedelta(minutes=4))
    marketplace.publish("release.published", release_id="release-3", number="4.0.0", published_at=soon, fixes=[])
    days = {"first_day": f"{tomorrow:%Y-%m-%d}", "last_day": None, "declared_at": format_instant(datetime.now(UTC))}
    marketplace.publish("seller.closure_declared", **days)
    marketplace.run_all_now()
    page = reader.visible_text("/products/mod-1")
    assert ("2.4.0 · 20 February 2026" in page, "paid update, €19.00" in page, "4.0.0" in page) == (True, True, False)
    assert "Seller closures from" in page
    assert "Fermetures du vendeur" in Reader(marketplace.app, "fr").visible_text("/products/mod-1")


def test_the_first_page_is_light(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products(*(f"mod-{number:02}" for number in range(30)))
    for number in range(8):
        marketplace.publish_pack(f"pack-{number}", *(f"mod-{number + other:02}" for other in range(5)))
    first = reader.open("/")
    files = re.findall(r'<(?:link rel="(?:icon|stylesheet)"|script|img)[^>]*\b(?:href|src)="([^"#]*)', first.text)
    files += re.findall(r'<use href="([^"#]*)', first.text)
    sizes = [len(gzip.compress(reader.open(one).data)) for one in dict.fromkeys(files)]
    assert len(sizes) + 1 <= 5
    assert len(gzip.compress(first.data)) + sum(sizes) <= 60_000
    assert len(first.data) <= 60_000


def test_a_revision_of_the_listing_is_shown_from_its_day_on(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1")
    soon = format_instant(datetime.now(UTC) + timedelta(minutes=4))  # an event that is further ahead is rejected.
    listing = {"features": ["Holograms"], "compatible_from": "9.0.0", "compatible_to": None, "published_at": soon}
    describe(marketplace, "mod-1", listing=listing)
    assert len(marketplace.all(sa.select(Listing))) == 2
    assert (
        "Holograms" in reader.visible_text("/products/mod-1"),
        "Lazy loading" in reader.visible_text("/products/mod-1"),
    ) == (
        False,
        True,
    )
    describe(marketplace, "mod-1", listing={**listing, "published_at": format_instant(datetime.now(UTC))})
    assert "Holograms" in reader.visible_text("/products/mod-1")
    assert "PrestaShop 9.0.0 and later" in reader.visible_text("/")


def test_a_text_that_exists_in_another_language_only_is_shown_and_marked(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    describe(marketplace, "mod-1", title={"fr": "Galerie"}, description={"fr": ""})
    assert '<h1><span lang="fr">Galerie</span></h1>' in Reader(marketplace.app, "en").open("/products/mod-1").text
    assert "<h1>Galerie</h1>" in Reader(marketplace.app, "fr").open("/products/mod-1").text


def test_what_sellers_write_stays_text(marketplace: Marketplace, reader: Reader) -> None:
    evil = "<img src=x onerror=alert(1)>"
    marketplace.publish("seller.upserted", name=evil)
    texts = {"title": {"fr": evil}, "description": {"fr": evil}, "technical_name": evil, "categories": [evil]}
    listing = {"features": [evil, {"fr": evil}], "compatible_from": evil, "compatible_to": evil}
    listing |= {"incompatible_modules": [{"name": evil}], "published_at": "2026-03-02T09:00:00+01:00"}
    marketplace.publish("product.upserted", product_id="mod-1", listing=listing, **texts)
    marketplace.publish("product.upserted", product_id="mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change(marketplace, "mod-1", OFFLINE, reason=evil)
    operator = signed_in(marketplace, "operator")
    for path in ("/", "/products/mod-1", "/packs/pack-1"):
        for anybody in (reader, operator):
            assert "<img" not in anybody.open(path).text
    assert "&lt;img src=x onerror=alert(1)&gt;" in operator.open("/products/mod-1").text


def test_a_free_product_says_so_and_promises_no_business_care(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1")
    describe(marketplace, "mod-1", price={"amount_cents": 0, "currency": "EUR"})
    page = reader.visible_text("/products/mod-1")
    assert " Free " in page
    assert "Business Care included" not in page


def test_a_packs_page_shows_its_products_in_order_and_what_it_saves(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    marketplace.publish_pack("pack-1", "mod-3", "mod-1", "mod-2")
    page = reader.open("/packs/pack-1")
    inside = [link for link in links(page.text) if link.startswith("/products/")]
    assert inside == ["/products/mod-3", "/products/mod-1", "/products/mod-2"]
    assert "Separately €297.00 As a pack €149.00 You save €148.00" in reader.visible_text("/packs/pack-1")


def test_a_pack_of_several_currencies_promises_no_saving(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    describe(marketplace, "mod-2", price={"amount_cents": 90_000, "currency": "CHF"})
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    assert "save" not in reader.visible_text("/packs/pack-1")
    assert "save" not in reader.visible_text("/")


@pytest.mark.parametrize("path", ["/products/unknown", "/packs/unknown", f"/products/{'x' * 101}", "/products/%00"])
def test_what_was_never_there_is_404(reader: Reader, path: str) -> None:
    assert reader.status(path) == 404


# --- hidden


def everywhere(reader: Reader) -> list[tuple[str, int, bool]]:
    """Where product mod-1 and its pack can be met: the page's status, and whether a list names it."""
    return [
        ("product", reader.status("/products/mod-1"), "/products/mod-1" in links(reader.open("/").text)),
        ("searched", reader.status("/?q=lumen"), "/products/mod-1" in links(reader.open("/?q=lumen").text)),
        ("pack", reader.status("/packs/pack-1"), "/packs/pack-1" in links(reader.open("/").text)),
        ("beside", reader.status("/products/mod-2"), "/packs/pack-1" in links(reader.open("/products/mod-2").text)),
    ]


def test_a_hidden_product_and_its_packs_vanish_everywhere_and_come_back(
    marketplace: Marketplace, reader: Reader
) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    shown = [("product", 200, True), ("searched", 200, True), ("pack", 200, True), ("beside", 200, True)]
    assert everywhere(reader) == shown
    change(marketplace, "mod-1", OFFLINE)
    assert everywhere(reader) == [
        ("product", 404, False),
        ("searched", 200, False),
        ("pack", 404, False),
        ("beside", 200, False),
    ]
    change(marketplace, "mod-1", ONLINE)
    assert everywhere(reader) == shown


def test_a_withdrawn_product_is_410_and_its_pack_404(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change(marketplace, "mod-1", WITHDRAWN)
    assert [reader.status(path) for path in ("/products/mod-1", "/packs/pack-1", "/products/mod-2")] == [410, 404, 200]
    assert "until the end of the period you paid for" in reader.visible_text("/products/mod-1")


def test_a_withdrawn_pack_is_410_and_leaves_its_products_on_sale(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change(marketplace, "pack-1", WITHDRAWN, kind="pack")
    assert [reader.status(path) for path in ("/packs/pack-1", "/products/mod-1", "/products/mod-2")] == [410, 200, 200]


def test_two_members_offline_and_one_back_leave_the_pack_hidden(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    for product_id in ("mod-1", "mod-2"):
        change(marketplace, product_id, OFFLINE)
    change(marketplace, "mod-1", ONLINE)
    assert reader.status("/packs/pack-1") == 404
    change(marketplace, "mod-2", ONLINE)
    assert reader.status("/packs/pack-1") == 200


def test_a_suspended_sellers_pages_vanish(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.publish("seller.suspended", seller_id="seller-1", reason="unpaid")
    marketplace.run_all_now()
    assert [reader.status(path) for path in ("/products/mod-1", "/packs/pack-1")] == [404, 404]


def test_a_hidden_page_gives_nothing_of_itself_away(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    never_was = {what: reader.visible_text(f"/{what}/unknown") for what in ("products", "packs")}
    change(marketplace, "mod-1", OFFLINE, reason="a secret reason")
    assert reader.visible_text("/products/mod-1") == never_was["products"]
    assert reader.visible_text("/packs/pack-1") == never_was["packs"]


# --- those who still see it


def test_the_seller_and_the_marketplace_see_a_hidden_page_with_who_holds_it_and_why(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change(marketplace, "mod-1", OFFLINE, SELLER, reason="Repairing it")
    change(marketplace, "mod-1", OFFLINE, MARKETPLACE, reason="Checking it")
    for reader in (signed_in(marketplace, "operator"), signed_in(marketplace, "seller", "seller-1")):
        page = reader.visible_text("/products/mod-1")
        assert "This product is offline: the public does not see this page" in page
        assert "Taken offline by the seller since" in page
        assert ": Repairing it" in page
        assert "Taken offline by the marketplace since" in page
        assert ": Checking it" in page
        assert "Hidden because these products are offline: Lumen Gallery" in reader.visible_text("/packs/pack-1")


def test_the_seller_sees_that_and_why_a_product_is_withdrawn(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    change(marketplace, "mod-1", WITHDRAWN, reason="No longer made")
    page = signed_in(marketplace, "seller", "seller-1").visible_text("/products/mod-1")
    assert "Permanently disabled by the seller on" in page
    assert "No longer made" in page


def test_somebody_elses_hidden_page_is_as_gone_as_for_the_public(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    change(marketplace, "mod-1", OFFLINE)
    for reader in (signed_in(marketplace, "seller", "seller-2"), signed_in(marketplace, "customer", "customer-1")):
        assert reader.status("/products/mod-1") == 404


def test_a_scheduled_change_is_told_to_insiders_only(marketplace: Marketplace, reader: Reader) -> None:
    marketplace.publish_products("mod-1")
    change(marketplace, "mod-1", OFFLINE, effective_at="2099-05-04T08:00:00+02:00", reason="Moving house")
    insider = signed_in(marketplace, "seller", "seller-1").visible_text("/products/mod-1")
    assert "Will be taken offline on 4 May 2099, 08:00: Moving house" in insider
    assert "Moving house" not in reader.visible_text("/products/mod-1")


def test_a_hidden_product_is_in_no_list_even_for_its_seller(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    change(marketplace, "mod-1", OFFLINE)
    assert "/products/mod-1" not in links(signed_in(marketplace, "seller", "seller-1").open("/").text)


# --- however many, however strange


def statements(marketplace: Marketplace, path: str) -> int:
    """How many statements the database is sent for one page."""
    counted: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            counted.append(statement)

    engine = marketplace.runtime.database.engine
    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        assert Reader(marketplace.app).status(path) == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_a_page_asks_the_database_as_often_for_much_as_for_little(marketplace: Marketplace) -> None:
    paths = ["/", "/?q=lumen", "/products/mod-00", "/packs/pack-0"]
    marketplace.publish_products("mod-00", "mod-01")
    marketplace.publish_pack("pack-0", "mod-00", "mod-01")
    little = [statements(marketplace, path) for path in paths]
    marketplace.publish_products(*(f"mod-{number:02}" for number in range(2, 30)))
    marketplace.publish_pack("pack-0", *(f"mod-{number:02}" for number in range(30)))
    for number in range(1, 8):
        marketplace.publish_pack(f"pack-{number}", "mod-00", *(f"mod-{other:02}" for other in range(1, 6)))
    assert [statements(marketplace, path) for path in paths] == little
    assert max(little) <= 10


strange = st.text(st.characters(codec="utf-8"), max_size=120)


def test_strange_addresses_never_break_a_page(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    browser = marketplace.app.test_client()

    @given(text=strange, name=st.sampled_from(["q", "category", "after", "packs_after", "next"]))
    def ask(text: str, name: str) -> None:
        assert browser.get("/", query_string={name: text}).status_code == 200
        for path in (f"/products/{text}", f"/packs/{text}"):
            assert browser.get(path).status_code in (200, 308, 404)
        assert browser.get("/language/fr", query_string={"next": text}).status_code == 303

    ask()


def test_bytes_that_are_no_text_never_break_a_page(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    browser = marketplace.app.test_client()

    @given(raw=st.binary(max_size=40))
    def ask(raw: bytes) -> None:
        query = "q=" + "".join(f"%{byte:02x}" for byte in raw)
        assert browser.get("/", query_string=query).status_code == 200
        assert browser.get("/products/x" + "".join(f"%{byte:02x}" for byte in raw)).status_code in (308, 404)
        headers = {"Accept-Language": raw.decode("latin-1").replace("\n", " ").replace("\r", " ").replace("\0", " ")}
        assert browser.get("/", headers=headers).status_code == 200

    ask()
