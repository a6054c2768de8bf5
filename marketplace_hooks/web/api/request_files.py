"""Case files: everything needed to decide on a contested refusal, in one document, as each side may see it."""

from __future__ import annotations

from flask import Response, request
from marshmallow import fields

from ...domain.member_descriptions import about
from ..case_file.responses import PDF, file_of, pdf_response
from .fields import Rfc3339Instant, nullable
from .operations import operation
from .request_schemas import WholeRequestSchema
from .responses import JSON, uncached_response
from .support_requests import EVERY_SIDE, json_ready


class RequestFileSchema(WholeRequestSchema):
    """A complete request, with the names of both sides, the purchase and the inspection of the site."""

    generated_at = Rfc3339Instant(required=True, metadata=about("When the file was created."))
    resolved_at = nullable(Rfc3339Instant, about("When the seller marked the request as resolved; null: not yet."))
    release_number = nullable(fields.String, about("The version that the resolution or offer names.", "2.4.0"))
    product_title = fields.Raw(
        required=True,
        metadata=about("The product's name, for each language.", {"fr": "Relance de paniers", "en": "Cart reminder"}),
    )
    customer_name = nullable(fields.String, about("The customer's name; null once it was erased.", "Léa Bernard"))
    seller_name = nullable(fields.String, about("The seller's name; null: not known.", "Atelier Numérique"))
    purchase = nullable(
        fields.Raw,
        about(
            "The purchase; null for a request sent before any purchase.",
            {"purchase_id": "o-50434", "purchased_at": "2025-11-24T09:12:00Z"},
        ),
    )
    inspection = nullable(
        fields.Raw,
        about(
            "What the inspection of the site found; null: it was not inspected.",
            {"check_id": "chk_0f8fad5bd9cb469fa16570867728950e", "state": "done"},
        ),
    )


_FILE = RequestFileSchema()


@operation(
    "GET",
    "/support-requests/<request_id>/file",
    tag="Support",
    roles=EVERY_SIDE,
    response=RequestFileSchema,
    other_types=(PDF,),
    refusals=(404,),
)
def show_request_file(request_id: str) -> Response:
    """Everything needed to decide on a contested refusal: what was advertised, found, refused, contested and written.

    With `Accept: application/pdf` it is a PDF in the reader's language, in which very long texts are shortened.
    """
    file = file_of(request_id)
    if request.accept_mimetypes.best_match((JSON, PDF)) == PDF:
        response = pdf_response(file)
    else:
        response = uncached_response(_FILE, json_ready(file, _FILE))
    response.vary.add("Accept")
    return response
