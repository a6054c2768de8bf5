"""Deliveries of outgoing events: the log of attempts, and sending one again."""

from __future__ import annotations

import json

from flask import Response, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from ...domain.outbox.event_types import OUTGOING
from ...models.access import Role
from ...models.outbox import DeliveryState
from ...services.outbox import delivery_log
from ...services.outbox.redeliver import redeliver
from ..form_actions import run_form
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience
from ..labels.operations import SUBJECTS
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import DAYS, Filter, ListQuery, settled_choice, state_options
from ..pagination import decode_number
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-deliveries"
QUERY = ListQuery(
    filters=(
        settled_choice("kind", lazy("About"), tuple(SUBJECTS.items()), "event"),
        Filter(name="id", label=lazy("ID")),
        Filter(name="endpoint_id", label=lazy("Endpoint ID")),
        Filter(name="type", label=lazy("Type"), suggestions=tuple(sorted(OUTGOING))),
        Filter(name="state", label=lazy("State"), type="choice", options=state_options(DeliveryState)),
        *DAYS,
    ),
    sorts=NEWEST_FIRST,
)
LARGEST = 2**63 - 1
_OUTGOING_KINDS = {"request": "support_request"}


@blueprint.get("/operator/deliveries")
@audience(Role.OPERATOR)
def deliveries() -> Response:
    """The log of what was sent, newest first."""
    asked = QUERY.read()
    kind = asked.get("kind") or ""
    id_ = asked.get("id")
    by_subject = id_ is not None and kind != "event"
    with current_runtime().database.read_session() as session:
        found, _ = delivery_log.find_deliveries(
            session,
            state=asked.member("state", DeliveryState),
            endpoint_id=asked.get("endpoint_id"),
            type_=asked.get("type"),
            event_id=None if by_subject else id_,
            subject=(_OUTGOING_KINDS.get(kind, kind), id_ or "") if by_subject else None,
            published_from=asked.begins_at(),
            published_before=asked.ends_before(),
            before=decode_number(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LIST, found, lambda one: one.delivery.id)
        return page("deliveries", listed=listed, asked=asked)


@blueprint.get("/operator/deliveries/<int:delivery_id>")
@audience(Role.OPERATOR)
def delivery(delivery_id: int) -> Response:
    """One delivery with its attempts; one that has ended may be sent again."""
    return _show(delivery_id)


@blueprint.post("/operator/deliveries/<int:delivery_id>/again")
@audience(Role.OPERATOR)
def send_again(delivery_id: int) -> BaseResponse:
    """Send one again, under the same id, with all attempts of a new delivery."""
    if delivery_id > LARGEST:
        raise NotFound

    return run_form(
        lambda uow: redeliver(uow, delivery_id).delivery.state,
        message={
            DeliveryState.PENDING: gettext("It will be sent again, with the same ID."),
            DeliveryState.PARKED: gettext("It will be sent again, with the same ID, once its endpoint is enabled."),
        },
        next_url=url_for("mh_operator.delivery", delivery_id=delivery_id),
        refused=lambda why, status: _show(delivery_id, status=status, refused=why),
    )


def _show(delivery_id: int, *, status: int = 200, refused: str | None = None) -> Response:
    with current_runtime().database.read_session() as session:
        found = delivery_log.find_delivery(session, delivery_id) if delivery_id <= LARGEST else None
        if found is None:
            raise NotFound
        body = found.body
        is_over = found.delivery.state in (DeliveryState.DELIVERED, DeliveryState.EXHAUSTED)
        return page(
            "delivery",
            status,
            refused=refused,
            delivery=found.delivery,
            event=found.event,
            endpoint=found.endpoint,
            attempts=found.attempts,
            may_go_again=is_over and body is not None and found.endpoint.deleted_at is None,
            payload=None if body is None else json.dumps(json.loads(body), indent=2, ensure_ascii=False),
        )
