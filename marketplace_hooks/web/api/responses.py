"""How is an answer written: the JSON, the ETag, and what a cache may do with it?

Nothing is shown from a cache without asking first (`no-cache`), so that a hidden page is gone for everybody with the
commit that hides it; the ETag makes the asking cheap.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, request
from marshmallow import Schema

from ..identity.authorization import identify
from ..problems import problem

JSON = "application/json"


def dumped(schema: Schema, content: Any) -> bytes:
    """The content as the schema says it, in JSON. Nothing of the host's JSON settings takes part."""
    return json.dumps(schema.dump(content), ensure_ascii=False, separators=(",", ":")).encode()


def shown(schema: Schema, content: Any) -> Response:
    """200 with an ETag, or 304 when the asker has it already. What somebody signed in sees is private."""
    body = dumped(schema, content)
    response = Response(body, 200, content_type=JSON)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache" if identify() is None else "private, no-cache"
    response.headers["Vary"] = "Authorization, Cookie"
    response.make_conditional(request)
    if response.status_code == 412:
        return problem(412, "precondition_failed", "what you have is not what stands here now")
    return response


def shown_once(schema: Schema, content: Any) -> Response:
    """200 for what no cache may keep: the logs."""
    return Response(dumped(schema, content), 200, content_type=JSON, headers={"Cache-Control": "no-store"})
