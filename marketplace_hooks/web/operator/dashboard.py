"""Dashboard: what needs attention, and charts of backlog, lag, deliveries and missed deadlines."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from ...domain.support.state_machine import ClockName
from ...models.access import Role
from ...models.inbox import InboxState
from ...services.operations.dashboard import LAG_BOUNDS_S, MOST_COUNTED, Dashboard, read_dashboard
from ..i18n.language import gettext, wording
from ..identity.authorization import audience
from ..labels.operations import duration_label
from ..labels.states import state_tag
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page


@blueprint.get("/operator")
@audience(Role.OPERATOR)
def overview() -> Response:
    """Tasks, and charts of backlog, lag, deliveries and missed clocks."""
    now = current_runtime().now()
    zone = current_runtime().settings.reference_zone
    with current_runtime().database.read_session() as session:
        dashboard = read_dashboard(session, now, zone)
    waited_s = None if dashboard.oldest_at is None else max(0.0, (now - dashboard.oldest_at).total_seconds())
    return page(
        "dashboard",
        tasks=_tasks(dashboard),
        waiting=_counted(dashboard.backlog[InboxState.RECEIVED]),
        oldest=duration_label(waited_s),
        median=duration_label(dashboard.lag.median_s),
        slow=duration_label(dashboard.lag.slow_s),
        backlog=[(state_tag(state)[1], count) for state, count in dashboard.backlog.items()],
        lag=list(zip(_lag_labels(), dashboard.lag.counts, strict=True)),
        deliveries=[(state_tag(state)[1], count) for state, count in dashboard.deliveries.items()],
        missed={name: list(zip(_days(dashboard), dashboard.missed[name], strict=True)) for name in ClockName},
        missed_today=sum(counts[-1] for counts in dashboard.missed.values()),
    )


def _tasks(dashboard: Dashboard) -> list[dict[str, Any]]:
    """What waits for a person, with the page on which it is done; empty ones come last."""
    counts = dashboard.tasks
    links: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
        (gettext("Replies to confirm"), counts.replies, "mh_operator.replies", {}),
        (
            gettext("Contested refusals"),
            counts.contested,
            "mh_operator.requests",
            {"state": "contested", "sort": "oldest"},
        ),
        (gettext("Overdue deadlines of open requests"), counts.late, "mh_operator.requests", {"overdue": "yes"}),
        (gettext("Manual refunds"), counts.refunds, "mh_operator.refunds", {}),
        (gettext("Rejected events"), counts.rejected, "mh_operator.events", {"uncorrected": "yes"}),
        (gettext("Failed events"), counts.failed_events, "mh_operator.events", {"state": "failed"}),
        (gettext("Failed follow-up steps"), counts.failed_cascades, "mh_operator.cascades", {"state": "failed"}),
        (gettext("Undelivered webhooks"), counts.exhausted, "mh_operator.deliveries", {"state": "exhausted"}),
    )
    tasks = [
        {"label": label, "count": count, "shown": _counted(count), "url": url_for(endpoint, **query)}
        for label, count, endpoint, query in links
    ]
    return sorted(tasks, key=lambda one: one["count"] == 0)


def _counted(count: int) -> str:
    """A figure as it was counted: no further than to a limit."""
    most = wording().number(MOST_COUNTED)
    return wording().number(count) if count <= MOST_COUNTED else gettext("more than %(most)s", most=most)


def _lag_labels() -> list[str]:
    within = [gettext("up to %(span)s", span=duration_label(bound)) for bound in LAG_BOUNDS_S]
    return [*within, gettext("longer")]


def _days(dashboard: Dashboard) -> list[str]:
    return [wording().day_of_month(day) for day in dashboard.days]
