"""Export of a customer's data as JSON, for the API and the customer's own pages: written while it is read.

Neither a connection nor all of the data is held at once; an answer that breaks off is no JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response

from ..domain.audit_actions import AuditAction
from ..domain.instants import format_instant
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import run_in_transaction
from ..services.privacy.export import customer_facts, export_sections
from .state import current_runtime


def export_response(customer_id: str, *, must_exist: bool) -> Response:
    """All that is kept about a customer, as a file. Raises `NotFound` for an unknown one who `must_exist`."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        facts = customer_facts(session, customer_id, must_exist=must_exist)
    run_in_transaction(runtime, lambda uow: uow.audit(AuditAction.CUSTOMER_EXPORTED, customer_id))
    head = {"customer_id": customer_id, "generated_at": runtime.now(), "customer": facts}
    response = Response(_written(runtime, head, customer_id), 200, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers.set("Content-Disposition", "attachment", filename="customer.json")
    return response


def _written(runtime: Runtime, head: dict[str, Any], customer_id: str) -> Iterator[str]:
    yield _json(head)[:-1]
    for name, rows in export_sections(runtime, customer_id):
        yield f",{_json(name)}:["
        for number, row in enumerate(rows):
            yield f"{',' if number else ''}{_json(row)}"
        yield "]"
    yield "}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_text)


def _as_text(value: Any) -> str:
    """An instant in UTC, a day."""
    return format_instant(value) if hasattr(value, "utcoffset") else str(value.isoformat())
