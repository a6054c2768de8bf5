"""Are the operator's lists, searches and figures read from an index, however much has happened?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from marketplace_hooks.domain.requests import RefundState
from marketplace_hooks.services import logs, pulse, waiting
from marketplace_hooks.services.chains import chain_of, told_by_cascade
from marketplace_hooks.services.endpoints import add_endpoint
from marketplace_hooks.store.cascades import CascadeState
from marketplace_hooks.store.inbox import InboxState
from marketplace_hooks.store.outbox import DeliveryState

from ..desk import REQUEST, opens_shop, submits
from ..many import copy_logs, copy_rows, gather_statistics
from ..marketplace import OFFLINE, Marketplace
from ..plans import assert_nothing_walked, listening

MANY = 10_000
MANY_EVENTS = 40_000
TABLES = ("mh_inbox", "mh_cascades", "mh_outbox", "mh_deliveries", "mh_messages", "mh_clocks", "mh_refund_claims")


@pytest.fixture
def crowded(marketplace: Marketplace) -> Marketplace:
    """A marketplace with much behind it, all of it settled."""
    opens_shop(marketplace)
    submits(marketplace)
    marketplace.change("mod-1", OFFLINE)
    marketplace.work_off()
    endpoint, _ = add_endpoint(marketplace.installation, "https://93.184.215.14/hooks")
    with marketplace.installation.database.session() as session:
        session.execute(text("UPDATE mh_requests SET closed_at = submitted_at, handling = 'closed'"))
        copy_logs(session, endpoint.id, MANY, events=MANY_EVENTS)
        copy_rows(session, "mh_requests", "id", REQUEST, MANY)
        copy_rows(session, "mh_clocks", "request_id", REQUEST, MANY, **_MISSED)
    gather_statistics(marketplace.installation.database)
    return marketplace


_MISSED = {"state": "'missed'", "missed_at": "'2020-01-01 00:00:00.000000'"}


def test_the_logs_are_read_from_an_index_whatever_is_asked_for(crowded: Marketplace) -> None:
    installation, now = crowded.installation, crowded.installation.now()
    day = {"received_from": now - timedelta(days=1), "received_before": now + timedelta(days=1)}
    wanted: list[dict[str, Any]] = [
        {},
        {"before": 5_000},
        {"state": InboxState.REJECTED},
        {"subject": "product:none"},
        {"type_": "product.reinstated"},
        {"event_id": "copy-10000077"},
        {"received_from": now + timedelta(days=9)},
        day,
    ]
    with listening(installation.database.engine) as heard, installation.database.reading() as session:
        found = [len(logs.find_events(session, **one)[0]) for one in wanted]
        logs.find_deliveries(session, state=DeliveryState.EXHAUSTED)
        logs.find_deliveries(session, event_id="copy-10000077")
        logs.find_deliveries(session, subject=("product", "none"))
        for state in CascadeState:
            logs.find_cascades(session, state=state, before=4_000)
        chain_of(session, logs.find_event(session, "copy-10000077").event)
        told_by_cascade(session, "copy-10000077")
    assert found == [20, 20, 0, 0, 0, 1, 0, 20]
    assert_nothing_walked(installation, heard, *TABLES)


def test_what_waits_and_how_the_whole_is_doing_is_read_from_an_index(crowded: Marketplace) -> None:
    installation, now = crowded.installation, crowded.installation.now()
    with listening(installation.database.engine) as heard, installation.database.reading() as session:
        assert waiting.replies_to_confirm(session, limit=26) == []
        assert waiting.late_requests(session, after=(now, "copy-10000001:fix"), limit=26) == []
        assert waiting.contested_requests(session, limit=26) == []
        assert waiting.refunds_in(session, RefundState.MANUAL, after=(now, "copy-10000001"), limit=26) == []
        figures = pulse.take_pulse(session, now, installation.settings.reference_zone)
    assert (figures.tasks.late, len(figures.days)) == (0, pulse.DAYS_SHOWN)
    tables = tuple(name for name in TABLES if name not in ("mh_messages", "mh_refund_claims"))
    # How many clocks were missed within days is not known without the days.
    assert_nothing_walked(installation, heard, *tables, blindly=False)
