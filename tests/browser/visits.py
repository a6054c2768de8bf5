"""Which pages are there, who looks at each, and where does one stand in the demo?

Every page must be in `VISITS`; a test fails for one that is not. `NOT_PAGES` are the addresses that answer something
else: a part of a page for htmx, or a redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .stack import Stack

SELLER, CUSTOMER, OPERATOR = "seller", "customer", "operator"
PIXELUNE = "pixelune"
MAELLE = "c-1001"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who looks at a page, and where it stands; `refused` is the status of a page that is one of a refusal."""

    path: str | Callable[[Stack], str]
    role: str | None = None
    subject: str = ""
    status: int = 200

    def path_in(self, stack: Stack) -> str:
        return self.path if isinstance(self.path, str) else self.path(stack)


def the_first(query: str, path: str) -> Callable[[Stack], str]:
    """The address of the first row that the query finds."""

    def find(stack: Stack) -> str:
        rows = stack.rows(query)
        assert rows, f"the demo has nothing for {path}: {query}"
        return path.format(*rows[0])

    return find


VISITS: Mapping[str, Visit] = {
    "mh_storefront.home": Visit(path="/"),
    "mh_storefront.product": Visit(
        path=the_first("SELECT id FROM mh_products WHERE status = 'online' ORDER BY id", "/products/{}")
    ),
    "mh_storefront.pack": Visit(path=the_first("SELECT id FROM mh_packs ORDER BY id", "/packs/{}")),
    "mh_storefront.about_inspections": Visit(path="/about-inspections"),
    "mh_entrance.sign_in": Visit(path="/sign-in"),
    "mh_entrance.times": Visit(path="/times"),
    "mh_seller.products": Visit(path="/seller", role=SELLER, subject=PIXELUNE),
    "mh_customer.purchases": Visit(path="/account", role=CUSTOMER, subject=MAELLE),
    "mh_operator.events": Visit(path="/operator", role=OPERATOR),
}
NOT_PAGES: Mapping[str, str] = {}
EXTRA: Mapping[str, Visit] = {
    "not found": Visit(path="/products/none", status=404),
    "forbidden": Visit(path="/operator", role=SELLER, subject=PIXELUNE, status=403),
    "search without result": Visit(path="/?q=zzzz"),
}
