"""Cards of the demo's people: what there is to see as each of them, and the page where they begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from ...models.access import Role
from ..i18n.language import LazyText, lazy
from ..navigation import landing_page


@dataclass(frozen=True, kw_only=True)
class Card:
    """What waits for a person, and where: the page that shows it, by its endpoint and the ids in its address."""

    text: LazyText
    endpoint: str
    ids: Mapping[str, Any] = field(default_factory=dict)


def _seller(text: LazyText, page: str = "requests", **ids: str) -> Card:
    return Card(text=text, endpoint=f"mh_seller.{page}", ids=ids)


def _customer(text: LazyText, page: str = "purchases", **ids: str) -> Card:
    return Card(text=text, endpoint=f"mh_customer.{page}", ids=ids)


_SELLERS = {
    "pixelune": _seller(lazy("A request awaiting its first response, and a fix in progress.")),
    "moulinoctets": _seller(lazy("An overdue fix, and a refusal contested by the customer.")),
    "nubetaller": _seller(lazy("A request about a shop other than the one the product was bought for.")),
    "bottegaserena": _seller(lazy("Currently closed: deadlines are suspended."), "closures"),
    "werkgarn": _seller(lazy("An overdue first response, and a refusal overturned by the marketplace.")),
    "wolkenmaat": _seller(
        lazy("One product taken offline by the marketplace, one permanently disabled, and one that soon will be."),
        "products",
    ),
    "kervelo": _seller(lazy("One product offline, a question before purchase, and an upcoming closure."), "products"),
}
_CUSTOMERS = {
    "c-1001": _customer(lazy("A fix in progress, a paid update, and a shop with a modified file.")),
    "c-1002": _customer(lazy("A shop that passes every check: contact support to see the result."), "new_request"),
    "c-1003": _customer(lazy("A cancelled renewal, a recent request, and a PrestaShop 1.6 shop.")),
    "c-1004": _customer(lazy("An overdue fix that leads to a refund."), "conversation", request_id="rq-7004"),
    "c-1005": _customer(
        lazy("Expired Business Care: reactivate it, or try contacting support without it."),
        "purchase",
        purchase_id="o-50301",
    ),
    "c-1006": _customer(lazy("A purchase moved to another shop, which is password-protected.")),
    "c-1007": _customer(lazy("A question before purchase, and a disputed payment."), "requests"),
    "c-1008": _customer(lazy("An overdue first response, and a shop with an incompatible module."), "requests"),
    "c-1009": _customer(lazy("A request about a second shop."), "conversation", request_id="rq-7007"),
    "c-1010": _customer(lazy("A refusal overturned by the marketplace."), "conversation", request_id="rq-7010"),
    "c-1011": _customer(
        lazy("A reply that may be automatic: the marketplace will decide."), "conversation", request_id="rq-7005"
    ),
    "c-1012": _customer(
        lazy("A contested refusal awaiting the marketplace’s decision."), "conversation", request_id="rq-7009"
    ),
}
CARDS: Mapping[tuple[Role, str | None], Card] = {
    (Role.OPERATOR, None): Card(
        text=lazy(
            "A contested refusal to rule on, a reply to confirm, a manual refund, a rejected event to correct, and a "
            "year of charts."
        ),
        endpoint="mh_operator.overview",
    ),
    **{(Role.SELLER, seller_id): card for seller_id, card in _SELLERS.items()},
    **{(Role.CUSTOMER, customer_id): card for customer_id, card in _CUSTOMERS.items()},
}


def first_page(role: Role, subject: str | None) -> str:
    """Where this person begins."""
    card = CARDS.get((role, subject))
    return landing_page(role) if card is None else url_for(card.endpoint, **card.ids)
