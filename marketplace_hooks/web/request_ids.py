"""Request ids: the `X-Request-ID` of a request, in its answer, in the audit log and in every line of the log.

An id is made only when somebody asks for it: most requests log nothing.
"""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar
from typing import Any

from flask import has_request_context, request

from ..telemetry.log_context import add_request_id_source

HEADER = "X-Request-ID"
_ENVIRON_KEY = "marketplace_hooks.request_id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
current_environ: ContextVar[dict[str, Any] | None] = ContextVar("marketplace_hooks_environ", default=None)
"""The request that this thread works on outside of Flask."""


def request_id_of(environ: dict[str, Any]) -> str:
    """The id of a request: as its sender names it, where that is well-formed, else a new one."""
    found: str | None = environ.get(_ENVIRON_KEY)
    if found is None:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        found = environ[_ENVIRON_KEY] = given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
    return found


def _current() -> str | None:
    environ = current_environ.get()
    if environ is None and has_request_context():
        environ = request.environ
    return None if environ is None else request_id_of(environ)


add_request_id_source(_current)
