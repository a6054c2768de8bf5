"""Health checks: whether the process is alive, and whether it is ready to serve."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from ..database import migrate
from ..errors import HOW_TO_MIGRATE, DatabaseUnavailable
from ..services.core.leases import check_writable
from ..services.core.runtime import Runtime, redis_url
from .identity.authorization import audience
from .problems import RETRY_AFTER_S, problem
from .response_headers import secure_response
from .state import MigrationCheck, current_web_state

blueprint = Blueprint("mh_health", __name__)
blueprint.after_request(secure_response)


@blueprint.get("/healthz")
@audience()
def live() -> Response:
    """The process answers."""
    return _answer({"status": "ok"})


@blueprint.get("/readyz")
@audience()
def ready() -> Response:
    """200 when the database can be written and has every migration; without Redis still, with a warning.

    Else 503, with a code that says what is wrong (`webhooks.md` 15).
    """
    web_state = current_web_state()
    try:
        current = _is_current(web_state.runtime, web_state.migration_check)
        if current:
            check_writable(web_state.runtime)
    except DatabaseUnavailable as error:
        return problem(503, f"database_{error.problem}", str(error), headers={"Retry-After": str(RETRY_AFTER_S)})
    if not current:
        return problem(503, "not_migrated", f"the database lacks migrations: {HOW_TO_MIGRATE}")
    warnings = _warnings(web_state.runtime)
    return _answer({"status": "ready", "database": "ok", "migrations": "current", "warnings": warnings})


def _is_current(runtime: Runtime, check: MigrationCheck) -> bool:
    if not check.passed:
        check.passed = migrate.is_current(runtime.database)
    return check.passed


def _warnings(runtime: Runtime) -> list[str]:
    url = redis_url(runtime.settings)
    if url is None:
        return ["redis: there is none; sweeps do the work"]
    from ..remote.redis.queue import answers  # with its libraries loaded where there is a Redis alone.

    return [] if answers(url) else ["redis: it does not answer; sweeps do the work until it does"]


def _answer(content: dict[str, object]) -> Response:
    return Response(json.dumps(content), content_type="application/json", headers={"Cache-Control": "no-store"})
