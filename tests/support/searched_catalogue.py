"""A catalogue that is searched, and what is found in it."""

from __future__ import annotations

from typing import Any

from marketplace_hooks.models.search import SearchEntry
from marketplace_hooks.services.catalog.lists import Page, find_products
from marketplace_hooks.services.catalog.search import Narrowing

from .marketplace import Marketplace
from .prepared import prepared

LISTING = {"compatible_from": "1.7.6.0", "compatible_to": "8.2.99", "published_at": "2026-03-02T09:00:00+01:00"}
NAMELESS = {"title": {"en": "Lantern"}, "description": {"en": "Bright."}, "categories": ["Light"]}
OLD_LISTING = {**LISTING, "features": [{"fr": "Zoom au survol"}], "compatible_from": "1.6", "compatible_to": "1.6.1.24"}


@prepared
def fill_catalogue(marketplace: Marketplace) -> None:
    """Labels in a name, in a description, in a feature, and something else of another seller."""
    marketplace.publish("seller.upserted", seller_id="seller-1", name="Atelier Lumen")
    marketplace.publish("seller.upserted", seller_id="seller-2", name="Maison Brume")
    labels = {"title": {"fr": "Étiquettes du Moulin", "en": "Mill Labels"}, "technical_name": "moulinpress"}
    publish(marketplace, "p-name", **labels, description={"fr": "Imprime tout."}, price=price(1_990))
    prints = {"title": {"en": "Printer"}, "technical_name": "printer", "kind": "theme"}
    publish(marketplace, "p-text", **prints, description={"en": "Prints « étiquettes »."}, price=price(9_900))
    publish(marketplace, "p-feature", **NAMELESS, technical_name="lantern", listing=OLD_LISTING, price=price(0))
    other = {"title": {"en": "Fog"}, "technical_name": "wool_shop", "seller_id": "seller-2"}
    publish(marketplace, "p-other", **other, description={"en": "Makes fog."}, price=price(50_000))
    marketplace.run_all_now()


PROPERTIES = {"kind", "versions", "lowest_cents", "highest_cents", "currency"}


def price(cents: int) -> dict[str, Any]:
    return {"amount_cents": cents, "currency": "EUR"}


def publish(marketplace: Marketplace, product_id: str, **data: Any) -> None:
    described = {
        "categories": ["Labels"],
        "listing": {**LISTING, "features": []},
        "description": {"en": "Made by hand."},
    }
    marketplace.publish("product.upserted", product_id=product_id, **{**described, **data})


def page(marketplace: Marketplace, words: str | None, **more: Any) -> Page[Any]:
    with marketplace.runtime.database.read_session() as session:
        narrowed = {name: more.pop(name) for name in PROPERTIES & set(more)}
        more = {"best_first": True, "properties": Narrowing(**narrowed), **more}
        return find_products(session, search=words, **more)


def listed(marketplace: Marketplace, words: str, **more: Any) -> tuple[list[str], int]:
    """The ids of a page of a list by id, and how many the list has."""
    with marketplace.runtime.database.read_session() as session:
        answer = find_products(session, search=words, **more)
        return [card.product_id for card in answer.items], answer.items.count_up_to(9)


def found(marketplace: Marketplace, words: str | None, **more: Any) -> list[str]:
    return [card.product_id for card in page(marketplace, words, **more).items]


def entries(marketplace: Marketplace) -> list[Any]:
    with marketplace.runtime.database.read_session() as session:
        columns = [column for column in SearchEntry.__table__.c if column.name != "id"]
        rows = session.execute(SearchEntry.__table__.select().with_only_columns(*columns))
        return sorted(tuple(row) for row in rows)
