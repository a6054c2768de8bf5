"""Case files: everything that a contest is judged by, in one document, as each side may see it."""

from __future__ import annotations

from flask import Response
from marshmallow import fields

from ...services.support.request_file import request_file
from ...services.support.requests import visible_request
from ..actors import viewer_of
from ..identity.authorization import signed_in
from ..state import current_runtime
from .fields import Rfc3339Instant
from .operations import operation
from .responses import uncached_response
from .support_requests import EVERY_SIDE, WholeRequestSchema, json_ready


class RequestFileSchema(WholeRequestSchema):
    """A request whole, with the names of both sides, the purchase and the inspection of the site."""

    generated_at = Rfc3339Instant(required=True)
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
    refusals=(404,),
)
def show_request_file(request_id: str) -> Response:
    """Everything that a contest is judged by: what was announced, found, refused, contested and written, and when."""
    runtime = current_runtime()
    viewer = viewer_of(signed_in())
    with runtime.database.read_session() as session:
        request = visible_request(session, request_id, viewer)
        file = request_file(session, request, viewer, now=runtime.now(), zone=runtime.settings.reference_zone)
        return uncached_response(_FILE, json_ready(file, _FILE))
