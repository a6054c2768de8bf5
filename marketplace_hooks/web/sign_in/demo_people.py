"""Demo people: the sellers, customers and the operator that a visitor of the demo can choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...models.access import Role
from ...models.products import Product, Seller
from ...models.purchases import Customer, Purchase

MAX_PEOPLE = 12
"""Of each role; the demo has more customers, for its figures."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person to choose: `count` is of a seller's products, or a customer's purchases."""

    role: Role
    subject: str | None
    name: str
    count: int = 0


def demo_people(session: Session) -> dict[Role, Sequence[Person]]:
    """The demo's sellers, customers and operator."""
    return {
        Role.SELLER: _persons(session, Role.SELLER),
        Role.CUSTOMER: _persons(session, Role.CUSTOMER),
        Role.OPERATOR: [Person(role=Role.OPERATOR, subject=None, name="Marketplace")],
    }


def find_person(session: Session, role: str, subject: str) -> Person | None:
    """The one who was chosen; None when there is none."""
    known = demo_people(session)
    persons = known.get(Role(role), ()) if role in list(known) else ()
    return next((one for one in persons if (one.subject or "") == subject), None)


def _persons(session: Session, role: Role) -> list[Person]:
    person, owned, key = (
        (Seller, Product, Product.seller_id) if role is Role.SELLER else (Customer, Purchase, Purchase.customer_id)
    )
    chosen = (
        select(person.id, person.name, func.count(owned.id))
        .join(owned, key == person.id)
        .where(person.name != "")  # an erased customer is nobody to be.
        .group_by(person.id, person.name)
        .order_by(person.id)
        .limit(MAX_PEOPLE)
    )
    return [Person(role=role, subject=id_, name=name, count=count) for id_, name, count in session.execute(chosen)]
