"""Which pages are there, who looks at each, and where does one stand in the demo?

Every page must be in `VISITS`; a test fails for one that is not. `NOT_PAGES` are the addresses that answer something
else: a part of a page for htmx, or a redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.faults.processes import wait_until

from .stack import DONE_WITHIN_S, Stack

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


def a_request(stack: Stack, path: str) -> str:
    """The address, once there is a request, with an answer of which a person must say whether it counts."""
    if not stack.rows("SELECT 1 FROM mh_requests WHERE id = 'request-seen'"):
        bought = "SELECT id, customer_id, product_id, shop_url FROM mh_purchases WHERE refunded_at IS NULL"
        bought += (
            " AND id IN (SELECT purchase_id FROM mh_subscriptions WHERE state = 'active') AND shop_url IS NOT NULL"
        )
        [purchase, *_] = stack.rows(f"{bought} ORDER BY purchased_at DESC")
        now = datetime.now(UTC).isoformat()
        ids = dict(zip(("purchase_id", "customer_id", "product_id", "shop_url"), purchase, strict=True))
        said = {"subject": "Une question", "body": "Où se règle la couleur ?", "kind": "question", "submitted_at": now}
        stack.tell("support.request_submitted", request_id="request-seen", presale=False, **ids, **said)
        template = "Bonjour, nous avons bien reçu votre demande et vous répondrons dans les meilleurs délais."
        said = {"side": "seller", "author_type": "human", "visibility": "public", "received_at": now, "subject": "Re"}
        stack.tell("support.message_posted", request_id="request-seen", message_id="m", body=template, **said)
    return path


def a_delivery(stack: Stack) -> str:
    """The address of a delivery to an endpoint that answers nothing good."""
    found = "SELECT id FROM mh_deliveries ORDER BY id"
    if not stack.rows(found):
        stack.command("endpoints", "add", f"{stack.shop_url(0)}/hooks")
        stack.tell("seller.suspended", seller_id=PIXELUNE, reason="", effective_at=None)
        stack.tell("seller.unsuspended", seller_id=PIXELUNE, reason="", effective_at=None)
        wait_until(lambda: bool(stack.rows(found)), DONE_WITHIN_S, "nothing was delivered", stack.said)
    return f"/operator/deliveries/{stack.rows(found)[0][0]}"


def a_rejected_event(path: str) -> Callable[[Stack], str]:
    """The address of an event that breaks its schema."""

    def find(stack: Stack) -> str:
        found = "SELECT event_id FROM mh_inbox WHERE state = 'rejected' ORDER BY id"
        if not stack.rows(found):
            stack.tell("product.upserted", product_id="20133", price="free")
        return path.format(*stack.rows(found)[0])

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
    "mh_operator.overview": Visit(path="/operator", role=OPERATOR),
    "mh_operator.events": Visit(path="/operator/events", role=OPERATOR),
    "mh_operator.event": Visit(path=a_rejected_event("/operator/events/{}"), role=OPERATOR),
    "mh_operator.replay": Visit(path=a_rejected_event("/operator/events/{}/replay"), role=OPERATOR),
    "mh_operator.deliveries": Visit(path="/operator/deliveries", role=OPERATOR),
    "mh_operator.delivery": Visit(path=lambda stack: a_delivery(stack), role=OPERATOR),
    "mh_operator.cascades": Visit(path="/operator/cascades", role=OPERATOR),
    "mh_operator.cascade": Visit(
        path=the_first("SELECT id FROM mh_cascades ORDER BY number", "/operator/cascades/{}"), role=OPERATOR
    ),
    "mh_operator.replies": Visit(path=lambda stack: a_request(stack, "/operator/replies"), role=OPERATOR),
    "mh_operator.requests": Visit(path="/operator/requests", role=OPERATOR),
    "mh_operator.support_request": Visit(
        path=lambda stack: a_request(stack, "/operator/requests/request-seen"), role=OPERATOR
    ),
    "mh_operator.refunds": Visit(path="/operator/refunds", role=OPERATOR),
    "mh_operator.products": Visit(path="/operator/products", role=OPERATOR),
    "mh_operator.product": Visit(path="/operator/products/20133", role=OPERATOR),
    "mh_operator.change": Visit(path="/operator/products/20133/change/offline_temporary", role=OPERATOR),
    "mh_operator.reinstatement": Visit(
        path=the_first(
            "SELECT id FROM mh_products WHERE status = 'offline_permanent'", "/operator/products/{}/reinstatement"
        ),
        role=OPERATOR,
    ),
    "mh_operator.sellers": Visit(path="/operator/sellers", role=OPERATOR),
    "mh_operator.seller": Visit(path=f"/operator/sellers/{PIXELUNE}", role=OPERATOR),
}
NOT_PAGES: Mapping[str, str] = {}
EXTRA: Mapping[str, Visit] = {
    "not found": Visit(path="/products/none", status=404),
    "forbidden": Visit(path="/operator", role=SELLER, subject=PIXELUNE, status=403),
    "search without result": Visit(path="/?q=zzzz"),
}
