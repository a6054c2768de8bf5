"""What did we tell others, whom, how often was it tried, and has it arrived?"""

from __future__ import annotations

import json

from flask import Response
from werkzeug.exceptions import NotFound

from ...domain.instants import parse_instant
from ...services import logs
from ...store.access import Role
from ...store.outbox import DeliveryState
from ..cursors import encode
from ..sign_in import audience
from ..tags import tag_of
from . import blueprint
from .showing import A_PAGE, Paged, asked, asked_word, here, number_after, page
from .words import SUBJECTS

LIST = "operator-deliveries"
_TOLD_OF = {"request": "support_request"}


@blueprint.get("/operator/deliveries")
@audience(Role.OPERATOR)
def deliveries() -> Response:
    """The log of what was sent, the newest first."""
    kind, id_, state = asked("kind"), asked("id"), asked_word("state", DeliveryState)
    by_subject = id_ is not None and kind in SUBJECTS and kind != "event"
    with here().database.reading() as session:
        found, before = logs.find_deliveries(
            session,
            state=state,
            event_id=None if by_subject else id_,
            subject=(_TOLD_OF.get(kind or "", kind or ""), id_ or "") if by_subject else None,
            before=number_after(LIST),
            limit=A_PAGE,
        )
        return page(
            "deliveries",
            listed=Paged(items=found, next_after=encode(LIST, before)),
            kind=kind,
            id=id_,
            state=state,
            states=[(one.value, tag_of(one)[1]) for one in DeliveryState],
            is_narrowed=id_ is not None or state is not None,
        )


@blueprint.get("/operator/deliveries/<int:delivery_id>")
@audience(Role.OPERATOR)
def delivery(delivery_id: int) -> Response:
    """One delivery with what each attempt met."""
    with here().database.reading() as session:
        found = logs.find_delivery(session, delivery_id)
        if found is None:
            raise NotFound
        return page(
            "delivery",
            delivery=found.delivery,
            event=found.event,
            endpoint=found.endpoint,
            attempts=[{**one, "at": parse_instant(one["at"])} for one in found.delivery.attempt_log or []],
            payload=json.dumps(found.event.data, indent=2, ensure_ascii=False),
        )
