"""Case file responses: the file of a request as a page to print and as a PDF, for whoever may see the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for

from ...models.access import Role
from ...services.support import request_file as files
from ...services.support.requests import visible_request
from ..actors import viewer_of
from ..identity.authorization import audience, signed_in
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
        return files.request_file(session, request, viewer, now=runtime.now(), settings=runtime.settings)


def add_file_pages(blueprint: Blueprint, role: Role, rule: str, *, request_page: str) -> None:
    """Give the request's page of one area, at `rule`, the two pages of its file: to print, and as a PDF.

    `request_page` is the endpoint of the request's own page in the same blueprint.
    """

    @blueprint.get(f"{rule}/file")
    @audience(role)
    def request_file(request_id: str) -> Response:
        """Everything needed to decide on a contested refusal, on one page to print."""
        page = render_template(
            "marketplace_hooks/case_file.html",
            file=_document(file_of(request_id)),
            request_url=url_for(f".{request_page}", request_id=request_id),
            pdf_url=url_for(".request_pdf", request_id=request_id),
        )
        return make_response(page)

    @blueprint.get(f"{rule}/file.pdf")
    @audience(role)
    def request_pdf(request_id: str) -> Response:
        """The same as a PDF."""
        return pdf_response(file_of(request_id))


def pdf_response(file: Mapping[str, Any]) -> Response:
    """The file as a PDF, which no cache may store."""
    from .pdf import render_pdf  # fpdf2 takes a third of a second to import, and few processes ever need it.

    content = render_pdf(_document(file), created_at=file["generated_at"])
    response = Response(content, content_type=PDF, headers={"Cache-Control": "no-store"})
    response.headers.set("Content-Disposition", "inline", filename=f"{file['request_id']}.pdf")
    return response


def _document(file: Mapping[str, Any]) -> CaseFile:
    return bounded(case_file(file))
