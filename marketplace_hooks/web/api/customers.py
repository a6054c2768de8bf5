"""Customers: everything stored about one, for them and for the platform, which must be able to give it to them."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from ...domain.member_descriptions import CUSTOMER_ID, about
from ...errors import NotFound
from ...models.access import Role
from ...services.privacy.export import REQUESTS, SECTIONS
from ..customer_export import export_response
from ..identity.authorization import signed_in
from ..list_pages import checked_id
from .fields import ResponseSchema, Rfc3339Instant, nullable
from .operations import operation

_DESCRIPTIONS = {
    "purchases": "What was bought, at which price and for which site.",
    "sites": "The merchant sites of the purchases, and since when.",
    "refunds": "What was refunded.",
    "disputes": "Payments that the bank has reversed.",
    "updates_bought": "Paid updates that were bought.",
    "subscriptions": "The Business Care of each purchase.",
    "periods": "The periods of each Business Care.",
    "charges": "What was paid for renewals.",
    "renewal_preferences": "When automatic renewal was turned on or off.",
    "renewal_notices": "Notices of renewals.",
    "repeated_notices": "Notices of renewals that were sent again.",
    "drafts": "Requests that were written, sent or not.",
    "inspections": "Inspections of the merchant sites.",
    "evidence": "What the inspections found.",
    "site_credentials": "Which credentials of sites are stored, never their content.",
    "sessions": "When and from where the customer was signed in.",
    "tokens": "API tokens of the customer, never their content.",
    "acts": "What the customer did here, from the audit log.",
    "mails": "Mails to the customer.",
    "events_received": "Which events about the customer the marketplace reported.",
    "events_published": "Which events about the customer were published.",
    REQUESTS: "Support requests, each as its file shows it: texts, checks, deadlines, messages, refunds.",
}


def _section(name: str) -> fields.List[Any]:
    return fields.List(
        fields.Dict(keys=fields.String()), required=True, metadata=about(_DESCRIPTIONS[name], [{"id": "o-50434"}])
    )


CustomerExportSchema = ResponseSchema.from_dict(
    {
        "customer_id": fields.String(required=True, metadata=CUSTOMER_ID),
        "generated_at": Rfc3339Instant(required=True, metadata=about("When the export was made.")),
        "customer": nullable(
            fields.Dict,
            about("As the marketplace described the customer; null: it never did.", {"name": "Odile"}),
            keys=fields.String(),
        ),
        **{name: _section(name) for name in (*(section.name for section in SECTIONS), REQUESTS)},
    },
    name="CustomerExportSchema",
)
CustomerExportSchema.__doc__ = "All data stored about one customer, by subject."


@operation(
    "GET",
    "/customers/<customer_id>/export",
    tag="Customers",
    roles=(Role.CUSTOMER, Role.PLATFORM),
    response=CustomerExportSchema,
    refusals=(404,),
)
def export_customer(customer_id: str) -> Response:
    """All data stored about a customer, as a file.

    Customers read their own, with the files of their support requests as they see them; internal notes, secrets and
    hashes are left out. Each export is entered in the audit log.
    """
    identity = signed_in()
    if identity.role is Role.CUSTOMER and identity.subject != customer_id:
        raise NotFound(f"no customer {customer_id}")
    return export_response(checked_id(customer_id), must_exist=identity.role is not Role.CUSTOMER)
