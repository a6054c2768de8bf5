"""Shops of the demo's customers: which PrestaShop each one runs, and what stands in an inspection's way.

Each customer has one, served beside the demo on a port of its own, in this order. What a customer has bought is
installed there as released, except for the differences that make the shop interesting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import catalog
from .fake_shops.model import DEMO_KEY, Fault, Module, Server, Shop
from .product_files import files_of

COMPANION_KEY = "demo-companion-key-of-this-shop"
"""It opens the companions of the demo's shops alone; their home pages show it."""

SHOPS: dict[str, Shop] = {
    "c-1002": Shop(version="1.7.8.11", name="Fauconnet Épices", companion_key=COMPANION_KEY),
    "c-1008": Shop(version="8.2.1", name="Orchard Tools", language="en", companion_key=COMPANION_KEY),
    "c-1011": Shop(version="9.0.0", name="Bergradteile", language="en", companion_key=COMPANION_KEY),
    "c-1001": Shop(version="8.1.7", name="La Corderie", companion_key=COMPANION_KEY),
    "c-1003": Shop(version="1.6.1.24", name="Filet & Pelote", physical_uri="/boutique/", root_leads_to="/boutique/"),
    "c-1004": Shop(version="8.1.4", name="Sauvage & Salé", maintenance=True, companion_key=COMPANION_KEY),
    "c-1005": Shop(version="8.2.0", name="Atelier Bruycker", gate="challenge"),
    "c-1006": Shop(version="8.1.7", name="Maison Amandier", gate="password"),
    "c-1007": Shop(version="9.0.2", name="Quill & Quire", language="en"),
    "c-1009": Shop(version="1.6.1.999", name="Cueros del Norte", thirty_bees="1.5.1", cookie_prefix="thirtybees-"),
    "c-1010": Shop(version="1.7.8.11", name="Lana Viva", server=Server.NGINX, strips_cookies=True),
    "c-1012": Shop(version="8.2.1", name="Zwaluwzaden", fault=Fault.ERROR),
}
"""Customer → their shop: the third runs a version that was announced only later, the fourth has a changed file."""

CHANGED = {"c-1001": "pixblogue"}
"""Customer → the module of which they have changed a file."""
CONFLICTING = {"c-1008": Module(name="expresscache", version="3.2.0")}
"""Customer → a module that one of their purchases declares incompatible."""


def demo_shops() -> list[Shop]:
    """The shops in the order of their ports, with the modules that their owners have bought."""
    return [replace(_announced(shop), modules=_modules(customer)) for customer, shop in SHOPS.items()]


def addresses(host: str, first_port: int) -> dict[str, str]:
    """Customer → where their shop is served, from a port on."""
    return {
        customer: f"{host}:{first_port + number}{shop.physical_uri}"
        for number, (customer, shop) in enumerate(SHOPS.items())
    }


def _announced(shop: Shop) -> Shop:
    """A shop whose home page says what may be pasted into a request."""
    lines = [f"Webservice key: {DEMO_KEY}"]
    if shop.companion_key is not None:
        lines.append(f"Companion key: {shop.companion_key}")
    if shop.is_since("9"):
        client = shop.api_clients[0]
        lines.append(f"Admin API client: {client.client_id}, secret: {client.secret}")
    return replace(shop, notice=" · ".join(lines))


def _modules(customer: str) -> Sequence[Module]:
    products = {one["product_id"]: one for one in catalog.read("products")}
    packs = {one["pack_id"]: one["product_ids"] for one in catalog.read("packs")}
    bought: list[str] = []
    for purchase in catalog.read("purchases"):
        if purchase["customer_id"] == customer:
            bought += packs[purchase["pack_id"]] if "pack_id" in purchase else [purchase["product_id"]]
    modules = [_module(customer, products[product_id]) for product_id in dict.fromkeys(bought)]
    conflicting = CONFLICTING.get(customer)
    return [*modules, Module(name="ps_emailsubscription", version="2.8.0"), *([conflicting] if conflicting else [])]


def _module(customer: str, product: dict[str, object]) -> Module:
    name = str(product["technical_name"])
    revisions = product["revisions"]
    number = f"{len(revisions)}.1.0" if isinstance(revisions, list) else "1.1.0"
    files = files_of(name, number)
    if CHANGED.get(customer) == name:
        path = f"classes/{name.capitalize()}Settings.php"
        files[path] += b"// our own discount\n"
    return Module(name=name, version=number, files=files)
