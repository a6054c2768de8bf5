"""Writing of imported customers, of their purchases in sets, and of their open requests.

What is known here stays as it is. What a customer who was erased here had is erased again at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from ..database.bulk_insert import bulk_insert
from ..database.types import among
from ..domain.support.state_machine import Kind
from ..models.products import Listing, Product
from ..models.purchases import Customer, Purchase, SiteBinding
from ..models.releases import ReleasePurchase
from ..models.subscriptions import Charge, Notice, Period, RenewalChange, RepeatedNotice, Subscription
from ..models.support import SupportRequest
from ..services.business_care.disputes import close_dispute, open_dispute
from ..services.business_care.pack_shares import price_of_share
from ..services.business_care.purchases import locked_purchase, record_refund, terminate_business_care
from ..services.business_care.renewal_history import read_withdrawals
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.privacy.erasure import erase_customer
from ..services.support.messages import NewMessage, post_message
from ..services.support.refund_settlement import settle_refunds
from ..services.support.submission import NewRequest, record_accepted, start_clocks
from . import purchase_rows
from .catalog_writer import CAUSE
from .entities import Entity
from .purchase_rows import ImportFacts, ListingHistory, PurchaseRows

_CUSTOMER_COLUMNS = ("id", "name", "email", "locale", "professional", "described_at", "erased_at")


def write_customers(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the customers that are not known; return how many they were."""
    new = _unknown(uow, Customer, entities)
    bulk_insert(uow.session, Customer, _CUSTOMER_COLUMNS, [_customer_row(entity) for entity in new])
    return len(new)


def _customer_row(entity: Entity) -> tuple[Any, ...]:
    data = entity.data
    erased_at = data.get("erased_at")
    if erased_at is not None:
        return entity.id, "", "", "", False, entity.timestamp, erased_at
    personal = (data["name"], data["email"], data["locale"], data["professional"])
    return entity.id, *personal, entity.timestamp, None


def write_purchases(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the purchases that are not known, with their Business Care as it stands; return how many they were."""
    new = _unknown(uow, Purchase, entities)
    facts = _facts(uow, new)
    rows = PurchaseRows()
    for entity in new:
        rows.add(entity, facts)
    session = uow.session
    bulk_insert(session, Purchase, purchase_rows.PURCHASE_COLUMNS, rows.purchases)
    bulk_insert(session, SiteBinding, purchase_rows.BINDING_COLUMNS, rows.bindings)
    bulk_insert(session, Subscription, purchase_rows.SUBSCRIPTION_COLUMNS, rows.subscriptions)
    bulk_insert(session, Period, purchase_rows.PERIOD_COLUMNS, rows.periods)
    bulk_insert(session, Charge, purchase_rows.CHARGE_COLUMNS, rows.charges)
    bulk_insert(session, RenewalChange, purchase_rows.CHANGE_COLUMNS, rows.changes)
    bulk_insert(session, Notice, purchase_rows.NOTICE_COLUMNS, rows.notices)
    bulk_insert(session, RepeatedNotice, purchase_rows.REPEATED_NOTICE_COLUMNS, rows.repeated_notices)
    bulk_insert(session, ReleasePurchase, purchase_rows.RELEASE_COLUMNS, rows.releases)
    for entity in new:
        _record_end(uow, entity)
    _erase_again(uow, {entity.data["customer_id"] for entity in new})
    return len(new)


def _unknown(uow: UnitOfWork, table: type[Any], entities: Sequence[Entity]) -> list[Entity]:
    known = set(uow.session.scalars(select(table.id).where(among(table.id, [entity.id for entity in entities]))))
    return [entity for entity in entities if entity.id not in known]


def _facts(uow: UnitOfWork, entities: Sequence[Entity]) -> ImportFacts:
    """What the rows of these purchases depend on, by a statement for each kind of fact."""
    products = {entity.data["product_id"] for entity in entities}
    noticed = {entity.data["customer_id"] for entity in entities if entity.data["notices"]}
    professional = select(Customer.id, Customer.professional).where(Customer.id.in_(noticed))
    return ImportFacts(
        now=uow.now,
        zone=uow.zone,
        listings=_listings(uow, products),
        withdrawals=read_withdrawals(uow.session, products),
        prices_paid={
            entity.id: price_of_share(uow.session, entity.data) for entity in entities if entity.data["pack_id"]
        },
        professional=dict(uow.session.execute(professional).all()) if noticed else {},
    )


def _listings(uow: UnitOfWork, products: Iterable[str]) -> dict[str, ListingHistory]:
    products = list(products)
    revisions: dict[str, list[Any]] = defaultdict(list)
    listings = select(Listing.product_id, Listing.id, Listing.published_at, Listing.price_cents)
    ordered = listings.where(Listing.product_id.in_(products)).order_by(Listing.published_at, Listing.version)
    for row in uow.session.execute(ordered):
        revisions[row.product_id].append(row)
    prices = select(Product.id, Product.price_cents).where(Product.id.in_(products))
    return {
        id_: ListingHistory(
            price_cents=price_cents,
            published_at=[row.published_at for row in revisions[id_]],
            revisions=[(row.id, row.price_cents) for row in revisions[id_]],
        )
        for id_, price_cents in uow.session.execute(prices)
    }


def _record_end(uow: UnitOfWork, entity: Entity) -> None:
    """Record what may have ended a Business Care for good, as the events about it would: there are few."""
    data = entity.data
    if not (data["refunds"] or data["disputes"] or data["terminated"]):
        return
    purchase = locked_purchase(uow.session, entity.id)
    if purchase is None:
        raise ValueError(f"purchase {entity.id} was inserted in this transaction")
    for refund in data["refunds"]:
        record_refund(uow, purchase, refund, CAUSE)
    for dispute in sorted(data["disputes"], key=lambda one: one["disputed_at"]):
        open_dispute(uow, purchase, dispute)
        if dispute["outcome"] is not None:
            close_dispute(uow, purchase, dispute, CAUSE)
    if (terminated := data["terminated"]) is not None:
        cause = Cause(actor="marketplace", reason=terminated["reason"])
        terminate_business_care(uow, purchase, terminated["terminated_at"], cause)
    settle_refunds(uow, purchase, uow.now, CAUSE)


def write_requests(uow: UnitOfWork, entities: Sequence[Entity]) -> int:
    """Add the open requests that are not known, each with its thread; return how many they were."""
    new = _unknown(uow, SupportRequest, entities)
    customers: set[str] = set()
    for entity in new:
        customers.add(_write_request(uow, entity))
    _erase_again(uow, customers)
    return len(new)


def _write_request(uow: UnitOfWork, entity: Entity) -> str:
    """Add one request; return whose it is. Its clocks are started only where the line says since when."""
    data = entity.data
    customer_id: str = data["customer_id"]
    product_id: str = data["product_id"]
    if data["purchase_id"] is not None:
        purchase = uow.session.get_one(Purchase, data["purchase_id"])
        customer_id = purchase.customer_id
        product_id = purchase.product_id
    given = {name: data[name] for name in _REQUEST_FIELDS}
    new = NewRequest(**given, kind=Kind(data["kind"]), customer_id=customer_id, product_id=product_id, as_it_is=True)
    request = record_accepted(uow, new)
    if data["clocks_from"] is not None:
        start_clocks(uow, request, data["clocks_from"])
    for message in sorted(data["messages"], key=lambda one: one["received_at"]):
        origin = "email" if message["headers"] else "web"
        posted = NewMessage(request_id=entity.id, author=message["side"], origin=origin, **message)
        post_message(uow, posted, CAUSE)
    return customer_id


_REQUEST_FIELDS = ("request_id", "purchase_id", "presale", "subject", "body", "shop_url", "submitted_at")


def _erase_again(uow: UnitOfWork, customers: set[str]) -> None:
    erased = select(Customer.id).where(among(Customer.id, sorted(customers)), Customer.erased_at.is_not(None))
    for customer_id in uow.session.scalars(erased).all() if customers else ():
        erase_customer(uow, customer_id, CAUSE)
