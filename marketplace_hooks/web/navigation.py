"""Navigation: the entries that each role sees on every page.

An entry is shown once its page exists. The current one is the entry whose address begins the address of the page, or
that `PARENTS` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app, request, url_for

from ..models.access import Role
from .i18n.language import LazyText, lazy
from .identity.identity import Identity

NAVIGATION: Mapping[Role, Sequence[tuple[str, LazyText]]] = {
    Role.SELLER: (
        ("mh_seller.products", lazy("Products")),
        ("mh_seller.packs", lazy("Packs")),
        ("mh_seller.requests", lazy("Requests")),
        ("mh_seller.closures", lazy("Closures")),
        ("mh_seller.figures", lazy("Statistics")),
    ),
    Role.CUSTOMER: (
        ("mh_customer.purchases", lazy("My purchases")),
        ("mh_customer.new_request", lazy("Contact support")),
        ("mh_customer.requests", lazy("My requests")),
    ),
    Role.OPERATOR: (
        ("mh_operator.overview", lazy("Overview")),
        ("mh_operator.events", lazy("Events")),
        ("mh_operator.deliveries", lazy("Webhook deliveries")),
        ("mh_operator.endpoints", lazy("Webhook endpoints")),
        ("mh_operator.cascades", lazy("Follow-up steps")),
        ("mh_operator.replies", lazy("Replies to confirm")),
        ("mh_operator.requests", lazy("Requests")),
        ("mh_operator.refunds", lazy("Refunds")),
        ("mh_operator.reversals", lazy("Charge reversals")),
        ("mh_operator.products", lazy("Products")),
        ("mh_operator.sellers", lazy("Sellers")),
        ("mh_operator.platform_versions", lazy("PrestaShop versions")),
        ("mh_operator.audit", lazy("Audit log")),
        ("mh_operator.sessions", lazy("Signed-in users")),
        ("mh_operator.tokens", lazy("API tokens")),
    ),
}
ROLES: Mapping[Role, LazyText] = {
    Role.SELLER: lazy("Seller"),
    Role.CUSTOMER: lazy("Customer"),
    Role.OPERATOR: lazy("Operator"),
    Role.PLATFORM: lazy("Platform"),
}
PARENTS: Mapping[str, str] = {
    "mh_operator.change_many": "mh_operator.products",
    "mh_operator.confirm_many": "mh_operator.products",
    "mh_operator.changed_many": "mh_operator.products",
    "mh_operator.over_refunded": "mh_operator.refunds",
    "mh_seller.refunds": "mh_seller.requests",
}
"""Pages whose address does not begin with that of the entry they belong to."""
LANDING_ENDPOINTS: Mapping[Role, str] = {role: entries[0][0] for role, entries in NAVIGATION.items()}


@dataclass(frozen=True, kw_only=True)
class NavigationItem:
    """One entry of the navigation."""

    endpoint: str
    url: str
    label: LazyText
    is_current: bool


def navigation_items(identity: Identity | None) -> list[NavigationItem]:
    """The navigation of who is signed in; empty for nobody."""
    offered = [] if identity is None else NAVIGATION.get(identity.role, ())
    known = [(endpoint, url_for(endpoint), label) for endpoint, label in offered if _is_page(endpoint)]
    parent = PARENTS.get(request.endpoint or "")
    current_url = url_for(parent) if parent else request.root_path + request.path
    current = max(
        (url for _, url, _ in known if current_url == url or current_url.startswith(f"{url}/")), key=len, default=None
    )
    return [
        NavigationItem(endpoint=endpoint, url=url, label=label, is_current=url == current)
        for endpoint, url, label in known
    ]


def _is_page(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def landing_page(role: Role) -> str:
    """Where somebody of this role begins."""
    return url_for(LANDING_ENDPOINTS.get(role, "mh_storefront.home"))


def page_url(after: str | None, **changes: str | None) -> str:
    """This page's address with another `after`: the next page of its list, or the first one for None.

    `changes` replace other parameters of the query, such as `before`, None removes one.
    """
    asked = {name: values for name, values in request.args.to_dict(flat=False).items() if not name.startswith("_")}
    for name in ("after", "before", "endpoint"):  # the last is what `url_for` calls the page.
        asked.pop(name, None)
    return url_for(request.endpoint or "", **{**asked, **(request.view_args or {}), **changes}, after=after)


def is_first_page() -> bool:
    """Whether this page shows its list from the beginning."""
    return not request.args.get("after") and not request.args.get("before")
