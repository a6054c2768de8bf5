"""Snapshots for tests: lines made of the samples of events, a whole small marketplace, the commands' answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import func, select

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.models.outbox import OutgoingEvent

from .marketplace import Marketplace, sample

Line = dict[str, Any]

EURO_99 = {"amount_cents": 9900, "currency": "EUR"}
EVENTS = {
    "seller": "seller.upserted",
    "customer": "customer.upserted",
    "product": "product.upserted",
    "pack": "pack.upserted",
    "release": "release.published",
    "purchase": "purchase.completed",
    "request": "support.request_submitted",
}


def line(kind: str, /, *, timestamp: str | None = "2026-01-05T08:00:00Z", **data: Any) -> Line:
    """A line of one kind: the data of the sample of its event, with `data` in place of its own."""
    dated = {} if timestamp is None else {"timestamp": timestamp}
    return {"kind": kind, **dated, "data": {**sample(EVENTS[kind])["data"], **data}}


def renewal(index: int, occurred_at: str, **more: Any) -> dict[str, Any]:
    """A paid renewal, as a period of a purchase's line."""
    charge = {"charge_id": f"ch-{index}", "amount": {"amount_cents": 3960, "currency": "EUR"}}
    return {"period_index": index, "kind": "renewal", **charge, "occurred_at": occurred_at, **more}


def listing(version: int, published_at: str, **more: Any) -> dict[str, Any]:
    """An earlier revision of a product's listing."""
    announced = sample("product.upserted")["data"]["listing"]
    return {**announced, "version": version, "price": EURO_99, "published_at": published_at, **more}


def write_lines(path: Path, lines: Iterable[Line]) -> Path:
    """A file with these lines."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines), encoding="utf-8")
    return path


def run_command(marketplace: Marketplace, *words: str | Path) -> Result:
    """Run a command in the marketplace's app."""
    arguments = [str(word) for word in words]
    return CliRunner().invoke(hooks_group, arguments, obj=ScriptInfo(create_app=lambda: marketplace.app))


def run_as_json(marketplace: Marketplace, *words: str | Path) -> Mapping[str, Any]:
    """The answer of a command that prints JSON, whatever its exit status."""
    result = run_command(marketplace, *words, "--json")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    answer: Mapping[str, Any] = json.loads(result.stdout)
    return answer


def import_lines(marketplace: Marketplace, path: Path, lines: Iterable[Line]) -> Mapping[str, Any]:
    """Import these lines, which must be in order."""
    answer = run_as_json(marketplace, "import", write_lines(path, lines))
    assert answer["error_count"] == 0, answer["errors"]
    return answer


def count_outgoing(marketplace: Marketplace) -> int:
    """How many events were published."""
    [count] = marketplace.all(select(func.count()).select_from(OutgoingEvent))
    return int(count)


def whole_marketplace() -> list[Line]:
    """A line of every kind, children before parents, as of 2 March 2026, with history wherever there may be one."""
    message = {
        "message_id": "message-1",
        "side": "seller",
        "author_type": "human",
        "visibility": "public",
        "received_at": "2026-02-27T10:00:00+01:00",
        "subject": "Re: the gallery stays empty",
        "body": "Bonjour Odile, la galerie cherche un dossier qui a changé de nom. Quelle est sa version ?",
    }
    cancelled = {"enabled": False, "actor": "customer", "received_at": "2025-12-01T10:00:00Z"}
    bought = {"release_id": "release-2", "amount": EURO_99, "purchased_at": "2025-11-02T10:00:00Z"}
    hold = {"actor": "seller", "status": "offline_temporary", "reason": "rest", "since": "2026-01-10T10:00:00Z"}
    gone = {"actor": "marketplace", "status": "offline_permanent", "reason": "end", "since": "2026-01-10T10:00:00Z"}
    paid_release = {"release_id": "release-2", "kind": "paid", "price": EURO_99, "fixes": []}
    history = [listing(1, "2021-01-04T09:00:00Z", price={"amount_cents": 7900, "currency": "EUR"})]
    refund = {"refunded_at": "2025-08-01T10:00:00Z", "amount": EURO_99, "refund_id": "refund-1"}
    return [
        line("request", submitted_at="2026-02-26T09:00:00Z", clocks_from="2026-02-26T09:00:00Z", messages=[message]),
        line(
            "purchase",
            purchased_at="2024-03-10T09:00:00Z",
            periods=[renewal(2, "2025-03-10T23:00:00Z")],
            renewal_changes=[cancelled],
            shop_bindings=[{"shop_url": "https://new.example/", "bound_at": "2024-06-01T10:00:00Z"}],
            notices=[{"period_index": 2, "sent_at": "2026-01-12T10:00:00Z", "amount": EURO_99}],
            releases=[bought],
        ),
        line("purchase", purchase_id="purchase-2", purchased_at="2025-07-01T10:00:00Z", refunds=[refund]),
        line("purchase", purchase_id="purchase-3", purchased_at="2023-07-01T10:00:00Z"),
        line("purchase", purchase_id="purchase-4", product_id="mod-3", purchased_at="2025-07-01T10:00:00Z"),
        line("release", fixes=[]),
        line("release", **paid_release, published_at="2025-11-01T10:00:00Z"),
        line("pack", pack_id="pack-1", product_ids=["mod-1", "mod-2"]),
        line("product", version=2, listings=history),
        line("product", product_id="mod-2", statuses=[{**hold, "version": 4}]),
        line("product", product_id="mod-3", statuses=[{**gone, "version": 2}]),
        line("product", product_id="mod-4", seller_id="seller-2"),
        line("customer"),
        line("customer", customer_id="customer-2"),
        line("seller"),
        line("seller", seller_id="seller-2", suspended={"reason": "unpaid", "since": "2026-01-01T10:00:00Z"}),
    ]
