"""Downloads: the releases that a purchase gives access to, why others are not available, and the link to a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import fields

from ...domain.business_care.entitlement import EntitlementQuestion, Remedy
from ...domain.instants import format_instant, parse_instant
from ...domain.member_descriptions import COMPATIBLE_FROM, COMPATIBLE_TO, PURCHASE_ID, RELEASE_ID, SHA256, about
from ...domain.releases.downloads import DownloadVerdict
from ...errors import Refused
from ...models.access import Role
from ...models.releases import ReleaseKind
from ...services.business_care.holders import Holder
from ...services.core.runtime import Runtime
from ...services.releases.downloads import Download, ReleasePosition, link_to, list_downloads
from ..identity.authorization import signed_in
from ..pagination import decode, encode
from ..state import current_runtime
from .fields import (
    EnumField,
    MoneySchema,
    PagedQuerySchema,
    QuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
)
from .operations import operation
from .responses import uncached_response


class DownloadSchema(ResponseSchema):
    """A release of the product that was bought. `reason` says why it is `available`, or what stands in the way."""

    release_id = fields.String(required=True, metadata=RELEASE_ID)
    number = fields.String(required=True, metadata=about("The version's number.", "2.4.0"))
    kind = EnumField(ReleaseKind, required=True, metadata=about("Whether it comes with Business Care or is bought."))
    published_at = Rfc3339Instant(required=True, metadata=about("Since when it can be downloaded."))
    compatible_from = nullable(fields.String, COMPATIBLE_FROM)
    compatible_to = nullable(fields.String, COMPATIBLE_TO)
    sha256 = fields.String(required=True, metadata=SHA256)
    price = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata=about("What a paid release costs; null for one that is free."),
    )
    available = fields.Boolean(required=True, attribute="is_available", metadata=about("Whether it may be downloaded."))
    reason = EnumField(
        DownloadVerdict,
        required=True,
        attribute="verdict",
        metadata=about("Why it may be downloaded, or what stands in the way."),
    )
    remedy = EnumField(
        Remedy,
        required=True,
        allow_none=True,
        metadata=about("What would help; null: nothing is needed, or nothing helps."),
    )


class DownloadListSchema(ResponseSchema):
    """A page of releases, newest first."""

    items = fields.List(fields.Nested(DownloadSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


class LinkQuerySchema(QuerySchema):
    """For which purchase."""

    purchase_id = TextField(required=True, metadata=PURCHASE_ID)


_LIST = DownloadListSchema()


@operation(
    "GET",
    "/purchases/<purchase_id>/downloads",
    tag="Business Care",
    roles=(Role.CUSTOMER,),
    query=PagedQuerySchema,
    response=DownloadListSchema,
    refusals=(400, 404),
)
def list_purchase_downloads(query: dict[str, Any], purchase_id: str) -> Response:
    """Every published release of the purchased product, and whether it may be downloaded or why not.

    Customers ask about their own purchases, the platform about any. A release that cannot be downloaded says why, and
    what would help.
    """
    runtime = current_runtime()
    after = _place(decode("downloads", query.get("cursor")))
    with runtime.database.read_session() as session:
        downloads, end = list_downloads(
            session, _holder(purchase_id), _question(runtime), after=after, limit=query["limit"]
        )
    key = None if end is None else f"{format_instant(end[0])} {end[1]}"
    content = {"items": [_as_response(one) for one in downloads], "next_cursor": encode("downloads", key)}
    return uncached_response(_LIST, content)


@operation(
    "GET",
    "/downloads/<release_id>",
    tag="Business Care",
    roles=(Role.CUSTOMER,),
    query=LinkQuerySchema,
    status=302,
    refusals=(404, 503),
)
def get_download(query: dict[str, Any], release_id: str) -> Response:
    """The file, by a link that is valid for five minutes; 403 with the reason if it may not be downloaded.

    Redirects (302) to the file, at a signed address that expires. The file host checks the signature.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        holder = _holder(query["purchase_id"])
        link = link_to(session, runtime.settings, holder, release_id, _question(runtime))
    response = Response(status=302, headers={"Location": link, "Cache-Control": "no-store"})
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _holder(purchase_id: str) -> Holder:
    return Holder(purchase_id=purchase_id, customer_id=signed_in().subject)


def _question(runtime: Runtime) -> EntitlementQuestion:
    return EntitlementQuestion(at=runtime.now(), zone=runtime.settings.reference_zone)


def _place(key: str | None) -> ReleasePosition | None:
    if key is None:
        return None
    at, _, id_ = key.partition(" ")
    instant: datetime | None = parse_instant(at)
    if instant is None or not id_:
        raise Refused("this cursor does not belong to this list; start without one", code="cursor_malformed")
    return instant, id_


def _as_response(one: Download) -> dict[str, Any]:
    price = None if one.price_cents is None else {"amount_cents": one.price_cents, "currency": one.currency}
    return {**vars(one), "is_available": one.is_available, "price": price}
