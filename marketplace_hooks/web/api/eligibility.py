"""Eligibility: check whether a support request would be accepted, and read the check while it runs.

Companion modules report on an inspection here too.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from ...domain.inspections.declarations import Declaration
from ...domain.support.eligibility import CheckResult
from ...domain.support.refusal_grounds import Ground
from ...models.access import Role
from ...remote.companion_format import SIGNATURE_HEADER
from ...remote.probes.protocol import Credentials
from ...services.core.unit_of_work import UnitOfWork
from ...services.inspections.companion_submissions import record_oversized, submit_report
from ...services.support.eligibility_checks import EligibilityCheck, read_check, start_check
from ...services.support.submission import purchase_of
from ..i18n.formatting import LANGUAGES, Wording
from ..identity.authorization import signed_in
from ..identity.identity import Identity
from ..labels.inspections import explain
from ..state import current_runtime
from .eligibility_schemas import CheckStartedSchema, EligibilityRequestSchema, EligibilitySchema, ReportAnswerSchema
from .idempotency import respond_once
from .operations import operation, read_body
from .responses import uncached_response

ROLES = (Role.CUSTOMER, Role.PLATFORM)


_STARTED = CheckStartedSchema()
_ELIGIBILITY = EligibilitySchema()
_REPORT = ReportAnswerSchema()


@operation(
    "POST",
    "/eligibility",
    tag="Support",
    roles=ROLES,
    body=EligibilityRequestSchema,
    response=CheckStartedSchema,
    status=202,
    refusals=(400, 404, 415),
)
def check_eligibility(body: dict[str, Any]) -> Response:
    """Check whether a request about a purchase and a site would be accepted; the site is inspected by a worker.

    Returns a `check_id` at once; poll the check until its `state` is done. You can then refer to it when you submit
    the request. To check again after a change on the site, send `fresh`.
    """
    runtime = current_runtime()
    customer = customer_of(signed_in())

    def start(uow: UnitOfWork) -> Any:
        purchase = purchase_of(uow.session, body["purchase_id"], customer)
        return start_check(
            runtime,
            uow,
            purchase,
            shop_url=body["shop_url"],
            credentials=given_credentials(body),
            declared=given_declaration(body),
            fresh=body["fresh"],
        )

    return respond_once(start, _STARTED)


@operation("GET", "/eligibility/<check_id>", tag="Support", roles=ROLES, response=EligibilitySchema, refusals=(404,))
def show_eligibility(check_id: str) -> Response:
    """The current state of a check: each result appears as soon as the worker finds it.

    Customers see their own checks. The check is done when its `state` is done, and then has an `outcome`.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        check = read_check(session, check_id, customer_id=customer_of(signed_in()), settings=runtime.settings)
        remarks = _remarks(check, runtime.settings.reference_zone)
        return uncached_response(_ELIGIBILITY, {**_as_response(check), "remarks": remarks})


@operation(
    "POST",
    "/inspections/<check_id>/report",
    tag="Support",
    response=ReportAnswerSchema,
    status=202,
    refusals=(400, 401, 404),
)
def post_companion_report(check_id: str) -> Response:
    """Receive a companion module's report on an inspection; `Companion-Signature` signs the body.

    No token is needed: the report is signed with the check's `report_key`. Its format is a JSON Schema of its own; a
    report that does not match it is a 422 with every error.
    """
    runtime = current_runtime()
    try:
        body = read_body(request)
    except RequestEntityTooLarge:
        record_oversized(runtime, check_id)
        raise
    count = submit_report(runtime, check_id, body, request.headers.get(SIGNATURE_HEADER, ""))
    answer = uncached_response(_REPORT, {"findings": count})
    answer.status_code = 202
    return answer


def given_credentials(body: dict[str, Any]) -> Credentials | None:
    """The credentials of a body of `SiteSchema`."""
    return Credentials(**body["credentials"]) if body["credentials"] else None


def given_declaration(body: dict[str, Any]) -> Declaration | None:
    """The declaration of a body of `SiteSchema`."""
    return Declaration.from_json(body["declared"]) if body["declared"] else None


def customer_of(identity: Identity) -> str | None:
    """The customer whose purchases this identity may name; None: anybody's."""
    return identity.subject if identity.role is Role.CUSTOMER else None


def _as_response(check: EligibilityCheck) -> dict[str, Any]:
    eligibility = check.judgement.eligibility
    return {
        "check_id": check.check_id,
        "state": "running" if check.running else "done",
        "outcome": None if check.running else eligibility.outcome,
        "checks": [
            {**one, "result": CheckResult(one["result"]), "ground": Ground(one["ground"]) if one["ground"] else None}
            for one in check.checks
        ],
        "grounds": list(eligibility.grounds),
        "missing": list(eligibility.missing),
        "exchanges": list(check.inspection.exchanges),
    }


def _remarks(check: EligibilityCheck, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Why something stayed unknown, in each language, so that others can show a check without a table of our codes."""
    version = check.inspection.site_facts.platform_version
    known_version = None if version is None else str(version.value)
    wordings = [Wording.of(language, zone) for language in LANGUAGES]
    return [
        {
            "code": one.note,
            "about": one.what,
            "subject": one.subject,
            "probe": one.probe,
            "request": one.request,
            "text": {
                wording.language: explain(wording, one.note, one.facts, version=known_version) for wording in wordings
            },
        }
        for one in check.inspection.findings
        if one.note is not None
    ]
