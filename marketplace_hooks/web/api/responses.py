"""JSON responses: written by a schema, with an ETag where a cache may store them.

A cache revalidates before every use (`no-cache`), so that a hidden product is gone for everybody with the commit that
hides it; the ETag makes revalidation cheap.
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


def render_json(schema: Schema, content: Any) -> bytes:
    """The content as JSON by its schema. The host's JSON settings have no part in it."""
    return json.dumps(schema.dump(content), ensure_ascii=False, separators=(",", ":")).encode()


def json_response(schema: Schema, content: Any) -> Response:
    """200 with an ETag, or 304 when the client has it already. What a signed-in person sees is private."""
    body = render_json(schema, content)
    response = Response(body, 200, content_type=JSON)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache" if identify() is None else "private, no-cache"
    response.headers["Vary"] = "Authorization, Cookie"
    response.make_conditional(request)
    return or_problem(response)


def or_problem(response: Response) -> Response:
    """The response, or a problem document for a precondition that does not hold."""
    if response.status_code == 412:
        response.close()
        return problem(412, "precondition_failed", "your version is not the current one")
    return response


def uncached_response(schema: Schema, content: Any) -> Response:
    """200 for what no cache may store."""
    return Response(render_json(schema, content), 200, content_type=JSON, headers={"Cache-Control": "no-store"})
