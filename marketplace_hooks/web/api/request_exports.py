"""Export of support requests: those of a list, as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response

from ...services.core.runtime import Runtime
from ...services.support.request_lists import PagePosition, RequestQuery, list_requests
from ...services.support.requests import Viewer, summary
from ..actors import viewer_of
from ..identity.authorization import signed_in
from ..state import current_runtime
from .exports import CSV, csv_line, download
from .operations import operation
from .request_schemas import RequestFilterSchema
from .support_requests import EVERY_SIDE, wanted_requests

BATCH = 200
"""How many requests are read at once, fewer than of other rows: each brings its text and what was checked."""
COLUMNS = (
    "request_id",
    "purchase_id",
    "customer_id",
    "product_id",
    "seller_id",
    "presale",
    "kind",
    "subject",
    "handling",
    "submitted_at",
    "next_deadline_at",
    "assignee",
    "closed_at",
    "closed_reason",
)


@operation("GET", "/support-requests/export.csv", tag="Support", roles=EVERY_SIDE, query=RequestFilterSchema)
def export_support_requests(query: dict[str, Any]) -> Response:
    """All matching requests as CSV, with a header line.

    Accepts the filters and the order of the list, without a cursor, and contains the requests that you may see. The
    response is streamed.
    """
    lines = _lines(current_runtime(), viewer_of(signed_in()), wanted_requests(query))
    return download(lines, CSV, "support-requests.csv", first=csv_line(COLUMNS))


def _lines(runtime: Runtime, viewer: Viewer, wanted: RequestQuery) -> Iterator[str]:
    now = runtime.now()
    after: PagePosition | None = None
    while True:
        with runtime.database.read_session() as session:
            rows = list_requests(session, viewer, wanted, now=now, after=after, limit=BATCH)
            lines = "".join(_line(summary(one, viewer)) for one in rows)
        yield lines
        if len(rows) < BATCH:
            return
        after = rows[-1].next_deadline_at, rows[-1].number


def _line(shown: dict[str, Any]) -> str:
    return csv_line([shown[name] for name in COLUMNS])
