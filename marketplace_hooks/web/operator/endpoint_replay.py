"""Replay by page: an endpoint's deliveries are sent again, those that it missed or all of some days."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ...domain.civil_days import end_of, first_instant
from ...errors import OutboundRefused, PayloadRejected
from ...models.access import Role
from ...services.core.unit_of_work import UnitOfWork
from ...services.outbox.endpoints import read_endpoint
from ...services.outbox.replay_several import LONGEST_RANGE, MOST, ReplaySelection, replay_several
from ..form_reader import CheckboxField, DayField, PageForm
from ..i18n.language import gettext, ngettext, wording
from ..identity.authorization import audience
from ..list_pages import checked_id
from .blueprint import blueprint
from .endpoints import run_or_correct, show_endpoint


class ReplayForm(PageForm):
    """Which deliveries to send again: all that were missed, or those of some days, also those that `arrived`."""

    first = DayField()
    last = DayField()
    arrived = CheckboxField()


@blueprint.post("/operator/endpoints/<endpoint_id>/replay")
@audience(Role.OPERATOR)
def replay_deliveries(endpoint_id: str) -> Response:
    """Send again what it missed, or what was published on some days."""
    form = ReplayForm.read()
    if errors := form.messages or _wrong_days(form):
        return show_endpoint(endpoint_id, status=422, errors=errors, arrived=form.arrived.data)
    first = form.first.data
    last = form.last.data
    zone = wording().zone
    selection = ReplaySelection(
        endpoint_id=checked_id(endpoint_id),
        since=None if first is None else first_instant(first, zone),
        before=None if last is None else end_of(last, zone),
        missed_only=not form.arrived.data,
        is_of_days=True,
    )

    def act(uow: UnitOfWork) -> str:
        done = replay_several(uow, selection)
        is_enabled = read_endpoint(uow.session, endpoint_id).enabled
        return f"{done.replayed} {'more' if done.has_more else 'all'} {'now' if is_enabled else 'later'}"

    return run_or_correct(endpoint_id, act, _replayed_message, _too_many)


def _wrong_days(form: ReplayForm) -> dict[str, str]:
    """What is wrong with the days, by box."""
    first = form.first.data
    last = form.last.data
    if first is None and last is None:
        return {"first": gettext("Choose the days whose webhooks you want to send again")} if form.arrived.data else {}
    if first is None or last is None or not 0 <= (last - first).days < LONGEST_RANGE.days:
        return {"last": gettext("Choose a first and a last day, at most 14 days apart")}
    return {}


def _too_many(refused: OutboundRefused | PayloadRejected) -> dict[str, str]:
    most = wording().number(MOST)
    text = gettext(
        "More than %(count)s webhooks match: choose fewer days, or use the API to choose a shorter range", count=most
    )
    return {"last": text}


def _replayed_message(result: str) -> str:
    """What is sent again, and when; `result` is as `replay_deliveries` stores it."""
    count, extent, when = result.split(" ")
    if count == "0":
        return gettext("There is nothing to send again.")
    sent = ngettext("%(count)s webhook will be sent again.", "%(count)s webhooks will be sent again.", int(count))
    parts = [sent]
    if extent == "more":
        parts.append(gettext("Only the oldest were selected: repeat this to send the rest."))
    if when == "later":
        parts.append(gettext("They will be sent once the endpoint is enabled."))
    return " ".join(parts)
