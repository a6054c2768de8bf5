"""Search by id: everything that has an id is found by it, in one statement that reads no table through."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import select, text

from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.models.outbox import Delivery, OutgoingEvent
from marketplace_hooks.models.support import SellerClosure
from marketplace_hooks.services.operations import id_search
from marketplace_hooks.services.operations.id_search import find_ids
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import (
    add_endpoint,
    delete_endpoint,
    disable_endpoint,
    locked_endpoint,
)

from ...support.customers import publish_release
from ...support.marketplace import OFFLINE, SECRET, Marketplace, sample
from ...support.recorded_statements import counting_queries
from ...support.support_desk import PURCHASE, REQUEST, in_transaction, publish_request, set_up_support


def found(marketplace: Marketplace, id_: str) -> list[tuple[str, str, str | None]]:
    with marketplace.runtime.database.read_session() as session:
        return [(one.kind, one.id, one.of) for one in find_ids(session, id_)]


def test_everything_that_has_an_id_is_found_by_it(marketplace: Marketplace) -> None:
    set_up_support(marketplace)
    endpoint, _ = add_endpoint(marketplace.runtime, "https://93.184.215.14/hooks")
    in_transaction(marketplace, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint.id), "a test"))
    publish_request(marketplace)
    publish_release(marketplace, "release-1")
    marketplace.publish_pack("pack-1", "mod-1")
    marketplace.publish("seller.closure_declared", closure_id="closure-1", seller_id="seller-1")
    event_id = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    dispatch(marketplace.runtime)
    [outgoing] = marketplace.all(select(OutgoingEvent).where(OutgoingEvent.type == "product.hidden"))
    [delivery, *_] = marketplace.all(select(Delivery.id).where(Delivery.outbox_id == outgoing.id))
    [*_, cascade] = marketplace.all(select(Cascade.id).order_by(Cascade.number))
    [closure] = marketplace.all(select(SellerClosure.id))
    for expected in (
        ("event", event_id, "marketplace"),
        ("outgoing", outgoing.event_id, "product.hidden"),
        ("delivery", str(delivery), None),
        ("endpoint", endpoint.id, None),
        ("cascade", cascade, None),
        ("product", "mod-1", None),
        ("pack", "pack-1", None),
        ("seller", "seller-1", None),
        ("customer", "customer-1", None),
        ("purchase", PURCHASE, None),
        ("release", "release-1", "mod-1"),
        ("closure", closure, "seller-1"),
        ("request", REQUEST, None),
    ):
        assert found(marketplace, expected[1]) == [expected]
        assert found(marketplace, f"{expected[0]}:{expected[1]}") == [expected]
    assert found(marketplace, "product:pack-1") == []
    in_transaction(marketplace, lambda uow: delete_endpoint(uow, endpoint.id))
    assert found(marketplace, endpoint.id) == []


def test_an_id_of_several_things_finds_them_all(make_marketplace: Callable[..., Marketplace]) -> None:
    marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} partner={SECRET}")
    body = json.dumps(sample("seller.upserted")).encode()
    for source in ("marketplace", "partner"):
        marketplace.post(body, event_id="7", source=source)
    marketplace.publish_products("7", seller_id="7")
    assert sorted(found(marketplace, "7")) == [
        ("event", "7", "marketplace"),
        ("event", "7", "partner"),
        ("product", "7", None),
        ("seller", "7", None),
    ]


def test_what_no_id_can_be_is_found_nowhere(marketplace: Marketplace) -> None:
    for strange in ("²", "9" * 19, "9" * 20, "-1", ":", "product:", "mod:1:2", "' OR 1=1 --", "x" * 256, "e\u0301"):
        assert found(marketplace, strange) == []


def test_one_statement_looks_each_kind_up_by_a_key(marketplace: Marketplace) -> None:
    with counting_queries(marketplace) as queries:
        found(marketplace, "7")
    assert len(queries) == 1
    if marketplace.runtime.database.engine.dialect.name == "sqlite":
        with marketplace.runtime.database.read_session() as session:
            for kind, query in id_search._queries("7").items():
                compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
                plan = session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
                assert not any("SCAN mh_" in row[3] and "COVERING" not in row[3] for row in plan), (kind, plan)
