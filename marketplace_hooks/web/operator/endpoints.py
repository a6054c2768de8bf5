"""Endpoints: the list, a new one, and the page of one with its last 24 hours and everything that can be done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.outbox.event_types import EVERYTHING, OUTGOING
from ...domain.standard_reasons import StandardReason
from ...errors import NotFound, OutboundRefused, PayloadRejected
from ...models.access import Role
from ...remote.http.headers import parse_header_lines
from ...services.core.unit_of_work import UnitOfWork
from ...services.outbox import endpoints as service
from ...services.outbox.endpoint_health import read_health
from ...services.outbox.ping import ping_endpoint
from ..endpoint_url import require_fresh_sign_in_for_url
from ..flash import flash
from ..form_actions import run_form
from ..form_idempotency import run_form_once
from ..form_reader import CheckboxField, DecimalField, PageForm, TextInputField
from ..i18n.language import LazyText, gettext, lazy, wording
from ..identity.authorization import audience
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..list_pages import checked_id
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page


class HeaderLinesField(TextInputField):
    """Headers, a line for each: what no header may hold is not left out, so that it is refused."""

    def parse(self, text: str) -> str:
        """The lines as they were sent."""
        return text.replace("\r\n", "\n").strip(" \n")


class EndpointForm(PageForm):
    """The settings of an endpoint. Headers are replaced as a whole, and are not shown again."""

    url = TextInputField(required=lazy("Enter the address that receives the webhooks"), longest=service.LONGEST_URL)
    description = TextInputField(longest=service.LONGEST_DESCRIPTION)
    types = TextInputField()
    headers = HeaderLinesField()
    no_headers = CheckboxField()
    rate = DecimalField()


@blueprint.get("/operator/endpoints")
@audience(Role.OPERATOR)
def endpoints() -> Response:
    """Every endpoint, and the form of a new one."""
    return _list()


@blueprint.post("/operator/endpoints")
@audience(Role.OPERATOR)
def add_endpoint() -> BaseResponse:
    """Subscribe one, and show its secret this once."""
    form = EndpointForm.read()
    if form.errors:
        return _list(status=422, form=form.data, errors=form.messages)
    require_fresh_sign_in()
    runtime = current_runtime()

    def act(uow: UnitOfWork) -> str:
        wanted = service.EndpointSettings(url=form.url.data, **_settings(form))
        endpoint, secret = service.create_endpoint(runtime, uow, wanted)
        return f"{endpoint.id} {secret}"

    try:
        endpoint_id, _, secret = run_form_once(act).partition(" ")
    except (OutboundRefused, PayloadRejected) as refused:
        return _list(status=422, form=form.data, errors=_errors(refused))
    return show_endpoint(endpoint_id, secret=secret)


@blueprint.get("/operator/endpoints/<endpoint_id>")
@audience(Role.OPERATOR)
def endpoint(endpoint_id: str) -> Response:
    """One endpoint, how its deliveries of the last 24 hours ended, and what can be done to it."""
    return show_endpoint(endpoint_id)


@blueprint.post("/operator/endpoints/<endpoint_id>/settings")
@audience(Role.OPERATOR)
def change_endpoint(endpoint_id: str) -> BaseResponse:
    """Change its settings; its headers only if others are given, or none are wanted."""
    form = EndpointForm.read()
    if form.errors:
        return show_endpoint(endpoint_id, status=422, errors=form.messages)
    require_fresh_sign_in_for_url(checked_id(endpoint_id), form.url.data)
    runtime = current_runtime()

    def act(uow: UnitOfWork) -> str:
        changes = {"url": form.url.data, **_settings(form)}
        if not form.headers.data and not form.no_headers.data:
            del changes["headers"]
        return service.change_endpoint(runtime, uow, checked_id(endpoint_id), **changes).id

    return run_or_correct(endpoint_id, act, gettext("The settings were saved."), _errors)


@blueprint.post("/operator/endpoints/<endpoint_id>/ping")
@audience(Role.OPERATOR)
def test_endpoint(endpoint_id: str) -> Response:
    """Send a test event, and show what the receiver answers."""
    return show_endpoint(endpoint_id, pinged=ping_endpoint(current_runtime(), checked_id(endpoint_id)))


@blueprint.post("/operator/endpoints/<endpoint_id>/rotation")
@audience(Role.OPERATOR)
def rotate_endpoint(endpoint_id: str) -> Response:
    """Make a new secret, and show it this once."""
    require_fresh_sign_in()
    runtime = current_runtime()
    secret = run_form_once(lambda uow: service.rotate_secret(runtime, uow, checked_id(endpoint_id))[1])
    return show_endpoint(endpoint_id, secret=secret)


Act = Callable[[UnitOfWork, str], object]


def _disable(uow: UnitOfWork, endpoint_id: str) -> None:
    service.disable_endpoint(uow, service.locked_endpoint(uow.session, endpoint_id), StandardReason.BY_OPERATOR)


ACTIONS: Mapping[str, tuple[Act, LazyText]] = {
    "disabling": (_disable, lazy("Sending has stopped. New webhooks are queued.")),
    "enabling": (service.resume_endpoint, lazy("Sending has resumed, starting with queued webhooks.")),
    "deletion": (service.delete_endpoint, lazy("The endpoint was deleted.")),
}


@blueprint.post("/operator/endpoints/<endpoint_id>/<action>")
@audience(Role.OPERATOR)
def act_on_endpoint(endpoint_id: str, action: str) -> BaseResponse:
    """Disable it, enable it again, or delete it for good."""
    if action not in ACTIONS:
        raise NotFound("there is no such action")
    act, message = ACTIONS[action]
    next_url = url_for("mh_operator.endpoints") if action == "deletion" else None
    return _run(endpoint_id, lambda uow: act(uow, checked_id(endpoint_id)), str(message), next_url=next_url)


def _run(
    endpoint_id: str, act: Callable[[UnitOfWork], object], message: str, *, next_url: str | None = None
) -> BaseResponse:
    return run_form(
        act,
        message=message,
        next_url=next_url or url_for("mh_operator.endpoint", endpoint_id=endpoint_id),
        refused=lambda why, status: show_endpoint(endpoint_id, status=status, refused=why),
    )


def run_or_correct(
    endpoint_id: str,
    act: Callable[[UnitOfWork], str],
    message: str | Callable[[str], str],
    errors: Callable[[OutboundRefused | PayloadRejected], dict[str, str]],
) -> BaseResponse:
    """Run `act` once and show the endpoint as it then is; or what must be corrected in the form."""
    try:
        result = run_form_once(act)
    except (OutboundRefused, PayloadRejected) as refused:
        return show_endpoint(endpoint_id, status=422, errors=errors(refused))
    flash("good", message if isinstance(message, str) else message(result))
    return redirect(url_for("mh_operator.endpoint", endpoint_id=endpoint_id), 303)


def _settings(form: EndpointForm) -> dict[str, Any]:
    """The settings as the form has them. Raises `OutboundRefused` for a line that is no header, or repeats one."""
    return {
        "types": form.types.data.replace(",", " ").split() or [EVERYTHING],
        "description": form.description.data,
        "headers": parse_header_lines(form.headers.data.split("\n")),
        "rate_per_s": form.rate.data,
    }


def _errors(refused: OutboundRefused | PayloadRejected) -> dict[str, str]:
    """What must be corrected, by its box."""
    if isinstance(refused, OutboundRefused):
        if (refused.code or "").startswith("header"):
            return {
                "headers": gettext("Enter each header as “Name: value”; headers set by this service are not allowed")
            }
        return {"url": gettext("Enter a public https address")}
    texts = {
        "types": gettext("One of these is not an event type"),
        "rate_per_s": gettext("Enter a number above 0, and at most 1,000"),
        "description": gettext("Use at most 500 characters, on one line"),
    }
    named = {str(one["path"]): str(one["message"]) for one in refused.errors}
    return {"rate" if path == "rate_per_s" else path: texts.get(path, named[path]) for path in named}


def _list(*, status: int = 200, form: Mapping[str, Any] | None = None, **shown: Any) -> Response:
    with current_runtime().database.read_session() as session:
        found = service.list_endpoints(session)
    return page("endpoints", status, found=found, form=form or {}, types=sorted(OUTGOING), **{"errors": {}, **shown})


def show_endpoint(endpoint_id: str, *, status: int = 200, **shown: Any) -> Response:
    """The page of an endpoint."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = service.read_endpoint(session, checked_id(endpoint_id))
        health = read_health(session, endpoint_id, runtime.now())
        settings = service.settings_of(found, runtime.encryption)
    hours = [(f"{hour.begins_at.astimezone(wording().zone):%H}", hour) for hour in health.hours]
    return page(
        "endpoint",
        status,
        endpoint=found,
        header_names=sorted(settings.headers),
        success=None if health.success_rate is None else wording().number(round(100 * health.success_rate, 1)),
        delivered=[(label, hour.delivered) for label, hour in hours],
        failed=[(label, hour.failed) for label, hour in hours],
        types=sorted(OUTGOING),
        now=runtime.now(),
        **{"errors": {}, **shown},
    )
