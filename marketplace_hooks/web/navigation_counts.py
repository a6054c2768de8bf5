"""Counts in the navigation: how much of a page needs the reader's attention, by the page's endpoint.

They are read when the layout is rendered, once a page, and left out where the database does not answer: a page that
says so has a navigation too.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ..errors import MarketplaceHooksError
from ..models.access import Role
from ..services.operations.attention import MOST, customer_attention, operator_attention, seller_attention
from .i18n.language import wording
from .identity.authorization import identify
from .identity.identity import Identity
from .state import current_runtime


def attention_counts() -> Mapping[str, int]:
    """How much needs attention, by endpoint; only what is more than nothing."""
    identity = identify()
    if identity is None:
        return {}
    try:
        with current_runtime().database.read_session() as session:
            counts = _counts(session, identity)
    except (MarketplaceHooksError, SQLAlchemyError):
        return {}
    return {endpoint: count for endpoint, count in counts.items() if count}


def attention_label(count: int) -> str:
    """A count as the navigation shows it: no further than to "99+"."""
    number = wording().number(min(count, MOST))
    return f"{number}+" if count > MOST else number


def _counts(session: Session, identity: Identity) -> Mapping[str, int]:
    if identity.role is Role.SELLER and identity.subject:
        return {"mh_seller.requests": seller_attention(session, identity.subject)["requests"]}
    if identity.role is Role.CUSTOMER and identity.subject:
        return {"mh_customer.requests": customer_attention(session, identity.subject)["requests"]}
    if identity.role is Role.OPERATOR:
        found = operator_attention(session)
        return {
            "mh_operator.events": found["rejected"] + found["failed"],
            "mh_operator.deliveries": found["deliveries"],
            "mh_operator.cascades": found["cascades"],
            "mh_operator.replies": found["replies"],
            "mh_operator.requests": found["overdue"] + found["contested"],
            "mh_operator.refunds": found["refunds"],
        }
    return {}
