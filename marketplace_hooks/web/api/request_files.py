"""Case files: everything that a contest is judged by, in one document, as each side may see it."""

from __future__ import annotations

from flask import Response, request
from marshmallow import fields

from ..case_file.responses import PDF, file_of, pdf_response
from .fields import Rfc3339Instant
from .operations import operation
from .responses import JSON, uncached_response
from .support_requests import EVERY_SIDE, WholeRequestSchema, json_ready


class RequestFileSchema(WholeRequestSchema):
    """A request whole, with the names of both sides, the purchase and the inspection of the site."""

    generated_at = Rfc3339Instant(required=True)
    resolved_at = Rfc3339Instant(required=True, allow_none=True)
    release_number = fields.String(
        required=True, allow_none=True, metadata={"description": "Of the version that the resolution or offer names."}
    )
    product_title = fields.Raw(required=True)
    customer_name = fields.String(required=True, allow_none=True)
    seller_name = fields.String(required=True, allow_none=True)
    purchase = fields.Raw(required=True, allow_none=True)
    inspection = fields.Raw(required=True, allow_none=True)


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
    """Everything that a contest is judged by: what was announced, found, refused, contested and written, and when.

    With `Accept: application/pdf` it is a PDF in the reader's language, in which very long texts are cut.
    """
    file = file_of(request_id)
    if request.accept_mimetypes.best_match((JSON, PDF)) == PDF:
        response = pdf_response(file)
    else:
        response = uncached_response(_FILE, json_ready(file, _FILE))
    response.vary.add("Accept")
    return response
