"""Case file responses: the file of a request as a page to print and as a PDF, for whoever may see the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, render_template

from ...services.support.request_file import request_file
from ...services.support.requests import visible_request
from ..actors import viewer_of
from ..identity.authorization import signed_in
from ..list_pages import checked_id
from ..state import current_runtime
from .document import CaseFile, bounded
from .sections import case_file

PDF = "application/pdf"


def file_of(request_id: str) -> dict[str, Any]:
    """The file of a request, as its reader may see it. Raises `NotFound` for what they may not."""
    runtime = current_runtime()
    viewer = viewer_of(signed_in())
    with runtime.database.read_session() as session:
        request = visible_request(session, checked_id(request_id), viewer)
        return request_file(session, request, viewer, now=runtime.now(), settings=runtime.settings)


def file_page(request_id: str, *, request_url: str, pdf_url: str) -> Response:
    """The page to print."""
    page = render_template(
        "marketplace_hooks/case_file.html",
        file=_document(file_of(request_id)),
        request_url=request_url,
        pdf_url=pdf_url,
    )
    return make_response(page)


def pdf_response(file: Mapping[str, Any]) -> Response:
    """The file as a PDF, which no cache may store."""
    from .pdf import render_pdf  # fpdf2 takes a third of a second to import, and few processes ever need it.

    content = render_pdf(_document(file), created_at=file["generated_at"])
    response = Response(content, content_type=PDF, headers={"Cache-Control": "no-store"})
    response.headers.set("Content-Disposition", "inline", filename=f"{file['request_id']}.pdf")
    return response


def _document(file: Mapping[str, Any]) -> CaseFile:
    return bounded(case_file(file))
