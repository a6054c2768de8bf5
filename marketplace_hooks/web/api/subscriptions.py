"""Business Care of a purchase: its periods, renewal and notice; cancelling the renewal, and reactivating it."""

from __future__ import annotations

from typing import Any

from flask import Response

from ...domain.business_care.prices import RenewalPrice
from ...models.access import Role
from ...models.subscriptions import Charge, Period
from ...services.business_care.holders import Holder
from ...services.business_care.renewal_requests import request_reactivation, request_renewal
from ...services.business_care.subscription_view import SubscriptionView, read_subscription
from ...services.core.unit_of_work import Cause, UnitOfWork
from ..actors import cause_of
from ..identity.authorization import signed_in
from ..state import current_runtime
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response
from .subscription_schemas import PeriodSchema, ReactivationAnswerSchema, RenewalRequestSchema, SubscriptionSchema

ROLES = (Role.CUSTOMER, Role.PLATFORM)


_CARE = SubscriptionSchema()
_REACTIVATION = ReactivationAnswerSchema()


@operation(
    "GET",
    "/subscriptions/<purchase_id>",
    tag="Business Care",
    roles=(*ROLES, Role.OPERATOR),
    response=SubscriptionSchema,
    refusals=(404,),
)
def get_subscription(purchase_id: str) -> Response:
    """The Business Care of a purchase. 404 `no_business_care` for a free product, which has none.

    With every period, notice and charge, what stopped its renewals, and what reactivating it would cost.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        care = read_subscription(session, _holder(purchase_id), runtime.now(), runtime.settings)
        return uncached_response(_CARE, flat(care))


@operation(
    "POST",
    "/subscriptions/<purchase_id>/renewal",
    tag="Business Care",
    roles=ROLES,
    body=RenewalRequestSchema,
    response=SubscriptionSchema,
    refusals=(400, 404, 415),
)
def change_subscription_renewal(body: dict[str, Any], purchase_id: str) -> Response:
    """Cancel the tacit renewal, at any time before it happens and without notice; or restore it.

    The cancellation is confirmed by `subscription.renewal_cancelled`, with the last day of Business Care.
    """
    holder = _holder(purchase_id)
    cause = _cause()

    def act(uow: UnitOfWork) -> Any:
        return flat(request_renewal(uow, holder, enabled=body["enabled"], cause=cause))

    return respond_once(act, _CARE, status=200)


@operation(
    "POST",
    "/subscriptions/<purchase_id>/reactivation",
    tag="Business Care",
    roles=ROLES,
    response=ReactivationAnswerSchema,
    status=202,
    refusals=(404,),
)
def reactivate_subscription(purchase_id: str) -> Response:
    """Reactivate an expired Business Care: `subscription.reactivation_due` asks the platform to charge.

    The response says what the platform is asked to charge. It is reactivated when `subscription.reactivated` says that
    it was paid.
    """
    holder = _holder(purchase_id)
    cause = _cause()

    def act(uow: UnitOfWork) -> Any:
        return {"purchase_id": purchase_id, **request_reactivation(uow, holder, cause)}

    return respond_once(act, _REACTIVATION)


def _holder(purchase_id: str) -> Holder:
    identity = signed_in()
    return Holder(purchase_id=purchase_id, customer_id=identity.subject if identity.role is Role.CUSTOMER else None)


def _cause() -> Cause:
    identity = signed_in()
    return cause_of(identity, actor=identity.role)


def flat(care: SubscriptionView) -> dict[str, Any]:
    """A Business Care in the shape of its schema."""
    subscription = care.subscription
    renewal = care.renewal
    notices = [{**vars(one), "price": _money(one.price)} for one in care.notices]
    names = ("purchase_id", "customer_id", "product_id", "state")
    return {
        **{name: getattr(subscription, name) for name in names},
        "code": care.entitlement.code,
        "business_care": care.entitlement,
        "renews": renewal is not None,
        "causes": care.renewal_stops,
        "next_renewal": None
        if renewal is None
        else {
            "at": renewal.at,
            "period_index": renewal.period.index,
            "first_day": renewal.period.first_day,
            "last_day": renewal.period.last_day,
            "amount": {"amount_cents": renewal.amount_cents, "currency": renewal.currency},
            "listed_amount": _money(renewal.listed),
        },
        "notice": notices[-1] if notices else None,
        "notices": notices,
        "charges": [charge_record(one) for one in care.charges],
        "reactivation": None if care.reactivation is None else care.reactivation.as_json(),
        "periods": [_period(one, care.charge_of(one)) for one in care.periods],
    }


def charge_record(charge: Charge) -> dict[str, Any]:
    """A charge in the shape of its schema."""
    names = ("id", "period_index", "occurred_at", "reversal_asked_at", "reversal_reason")
    amount = {"amount_cents": charge.amount_cents, "currency": charge.currency}
    back = None if charge.reversal_cents is None else {**amount, "amount_cents": charge.reversal_cents}
    return {**{name: getattr(charge, name) for name in names}, "amount": amount, "reversal_amount": back}


def _money(price: RenewalPrice) -> dict[str, Any]:
    return {"amount_cents": price.cents, "currency": price.currency}


def _period(one: Period, charge: Charge | None) -> dict[str, Any]:
    amount = None if one.amount_cents is None else {"amount_cents": one.amount_cents, "currency": one.currency}
    charged = None if charge is None else {"amount_cents": charge.amount_cents, "currency": charge.currency}
    names = [name for name in PeriodSchema().fields if name not in ("amount", "charged", "charge_id")]
    charge_id = None if charge is None else charge.id
    return {
        **{name: getattr(one, name) for name in names},
        "amount": amount,
        "charged": charged,
        "charge_id": charge_id,
    }
