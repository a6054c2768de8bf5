"""How is the whole doing, and what waits for a person?"""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from ...domain.requests import ClockName
from ...services.pulse import LAG_BOUNDS_S, MOST_COUNTED, Pulse, take_pulse
from ...store.access import Role
from ...store.inbox import InboxState
from ..i18n import gettext, wording
from ..showing import here
from ..sign_in import audience
from ..tags import tag_of
from . import blueprint
from .showing import page
from .words import told_span


@blueprint.get("/operator")
@audience(Role.OPERATOR)
def overview() -> Response:
    """Tasks, and charts of backlog, lag, deliveries and missed clocks."""
    now, zone = here().now(), here().settings.reference_zone
    with here().database.reading() as session:
        pulse = take_pulse(session, now, zone)
    waited_s = None if pulse.oldest_at is None else max(0.0, (now - pulse.oldest_at).total_seconds())
    return page(
        "overview",
        tasks=_tasks(pulse),
        waiting=_counted(pulse.backlog[InboxState.RECEIVED]),
        oldest=told_span(waited_s),
        median=told_span(pulse.lag.median_s),
        slow=told_span(pulse.lag.slow_s),
        backlog=[(tag_of(state)[1], count) for state, count in pulse.backlog.items()],
        lag=list(zip(_lag_labels(), pulse.lag.counts, strict=True)),
        deliveries=[(tag_of(state)[1], count) for state, count in pulse.deliveries.items()],
        missed={name: list(zip(_days(pulse), pulse.missed[name], strict=True)) for name in ClockName},
        missed_today=sum(counts[-1] for counts in pulse.missed.values()),
    )


def _tasks(pulse: Pulse) -> list[dict[str, Any]]:
    """What waits for a person, with where it is done; what is at nothing comes last."""
    counts = pulse.tasks
    ways: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
        (gettext("Replies to confirm"), counts.replies, "mh_operator.replies", {}),
        (gettext("Contested refusals"), counts.contested, "mh_operator.requests", {"show": "contested"}),
        (gettext("Missed clocks of open requests"), counts.late, "mh_operator.requests", {}),
        (gettext("Refunds by hand"), counts.refunds, "mh_operator.refunds", {}),
        (gettext("Rejected events"), counts.rejected, "mh_operator.events", {"state": "rejected"}),
        (gettext("Failed events"), counts.failed_events, "mh_operator.events", {"state": "failed"}),
        (gettext("Failed cascades"), counts.failed_cascades, "mh_operator.cascades", {"state": "failed"}),
        (gettext("Deliveries given up"), counts.exhausted, "mh_operator.deliveries", {"state": "exhausted"}),
    )
    told = [
        {"label": label, "count": count, "shown": _counted(count), "url": url_for(endpoint, **query)}
        for label, count, endpoint, query in ways
    ]
    return sorted(told, key=lambda one: one["count"] == 0)


def _counted(count: int) -> str:
    """A figure as it was counted: no further than to a limit."""
    most = wording().number(MOST_COUNTED)
    return wording().number(count) if count <= MOST_COUNTED else gettext("more than %(most)s", most=most)


def _lag_labels() -> list[str]:
    within = [gettext("up to %(span)s", span=told_span(bound)) for bound in LAG_BOUNDS_S]
    return [*within, gettext("longer")]


def _days(pulse: Pulse) -> list[str]:
    return [wording().day_of_month(day) for day in pulse.days]
