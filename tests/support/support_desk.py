"""Support desk in tests: publish requests and messages, and read requests, clocks and refunds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import ClockName
from marketplace_hooks.models.support import Clock, RefundClaim, SupportMessage, SupportRequest
from marketplace_hooks.services.core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from marketplace_hooks.services.support import moves, refund_deferral, refunds
from marketplace_hooks.services.support.transitions import locked_request

from .customers import SHOP, money, set_up_purchase
from .marketplace import Marketplace
from .prepared import prepared

REQUEST = "request-1"
PURCHASE = "purchase-1"
CAUSE = Cause(actor="tests", reason="")
ANSWER = "Bonjour Odile, la galerie cherche un dossier qui a changé de nom. Quelle est sa version, s'il vous plaît ?"
TEMPLATE = "Bonjour, nous avons bien reçu votre demande et vous répondrons dans les meilleurs délais."
ACKNOWLEDGEMENT = ClockName.ACKNOWLEDGEMENT
FIX = ClockName.FIX
SECOND_FIX = ClockName.SECOND_FIX
_T = TypeVar("_T")


@prepared
def set_up_support(marketplace: Marketplace) -> None:
    """Publish one seller, one product, and a customer who has bought it now."""
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace, PURCHASE)


def publish_request(marketplace: Marketplace, request_id: str = REQUEST, **data: Any) -> str:
    """Publish a request submitted now, and apply it; return the event's id."""
    defaults = {"purchase_id": PURCHASE, "customer_id": "customer-1", "product_id": "mod-1", "shop_url": SHOP}
    defaults |= {"presale": False, "kind": "anomaly", "subject": f"About {request_id}", "body": "It no longer works."}
    defaults["submitted_at"] = now()
    event = marketplace.publish("support.request_submitted", request_id=request_id, **{**defaults, **data})
    marketplace.run_all_now()
    return event


set_up_request = prepared(publish_request)
"""`publish_request` for fixtures: what it writes is copied."""


def publish_message(marketplace: Marketplace, message_id: str = "message-1", **data: Any) -> str:
    """Publish a message of the seller's side, a person's unless `data` says otherwise; return the event's id."""
    defaults = {"request_id": REQUEST, "side": "seller", "author_type": "human", "visibility": "public"}
    defaults |= {"received_at": now(), "subject": "Re", "body": ANSWER, "headers": [], "attachments": 0}
    event = marketplace.publish("support.message_posted", message_id=message_id, **{**defaults, **data})
    marketplace.run_all_now()
    return event


def buy_release(marketplace: Marketplace, release_id: str, *, purchase_id: str = PURCHASE) -> None:
    """A paid release is bought for a purchase now."""
    bought = {"release_id": release_id, "purchase_id": purchase_id, "amount": money(2900), "purchased_at": now()}
    marketplace.publish("release.purchased", **bought)
    marketplace.run_all_now()


def in_transaction(marketplace: Marketplace, act: Callable[[UnitOfWork], _T]) -> _T:
    """Run one function in a transaction of its own."""
    return run_in_transaction(marketplace.runtime, act)


def now() -> str:
    return datetime.now(UTC).isoformat()


def request(marketplace: Marketplace, request_id: str = REQUEST) -> SupportRequest:
    [found] = marketplace.all(select(SupportRequest).where(SupportRequest.id == request_id))
    return found


def clocks(marketplace: Marketplace, request_id: str = REQUEST) -> dict[str, str]:
    """The state of each clock of a request, by name."""
    found = marketplace.all(select(Clock).where(Clock.request_id == request_id))
    return {one.name.value: one.state.value for one in found}


def clock_of(marketplace: Marketplace, name: ClockName, request_id: str = REQUEST) -> Clock:
    [found] = marketplace.all(select(Clock).where(Clock.request_id == request_id, Clock.name == name))
    return found


def due(marketplace: Marketplace, name: ClockName, request_id: str = REQUEST) -> datetime:
    found = clock_of(marketplace, name, request_id).due_before
    assert found is not None
    return found


def messages(marketplace: Marketplace, request_id: str = REQUEST) -> list[SupportMessage]:
    return marketplace.all(
        select(SupportMessage).where(SupportMessage.request_id == request_id).order_by(SupportMessage.id)
    )


def refund_claim(marketplace: Marketplace, request_id: str = REQUEST) -> RefundClaim | None:
    found = marketplace.all(select(RefundClaim).where(RefundClaim.request_id == request_id))
    return found[0] if found else None


def refund_state(marketplace: Marketplace, request_id: str = REQUEST) -> str:
    found = refund_claim(marketplace, request_id)
    return "none" if found is None else found.state.value


def published_types(marketplace: Marketplace, request_id: str = REQUEST) -> list[str]:
    """The types of the outgoing events of a request, in order, without the prefix they share."""
    return [one.removeprefix("support_request.") for one in marketplace.published_types(request_id, "support_request")]


# --- moves of the request, as acts of `in_transaction`


def prefer_fix(uow: UnitOfWork) -> RefundClaim:
    return refund_deferral.defer_refund(uow, locked_request(uow.session, REQUEST), CAUSE)


def ask_again(uow: UnitOfWork) -> RefundClaim:
    return refund_deferral.ask_again(uow, locked_request(uow.session, REQUEST), CAUSE)


def explain(uow: UnitOfWork, request_id: str = REQUEST) -> SupportRequest:
    text = "The folder was renamed in 2.3: choose it again under Settings."
    return moves.resolve(uow, request_id, how="explanation", release_id=None, text=text, cause=CAUSE)


def refuse(uow: UnitOfWork) -> SupportRequest:
    ground = Ground.SITE_WORK_OR_THIRD_PARTY
    evidence = {"said": "The theme was rewritten by an agency."}
    return moves.refuse(
        uow, REQUEST, ground=ground, text="Work on the site", evidence=evidence, by="seller", cause=CAUSE
    )


def approve(uow: UnitOfWork) -> RefundClaim:
    return refunds.approve_refund(
        uow, locked_request(uow.session, REQUEST), with_period=False, reason="Owed", cause=CAUSE
    )
