"""Pages and lists are read in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from marketplace_hooks.services.catalog import lists, pages

from ...support.marketplace import Marketplace


@contextmanager
def counted(marketplace: Marketplace) -> Iterator[list[str]]:
    """The statements that were sent meanwhile."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    engine = marketplace.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def cost(marketplace: Marketplace, read: Callable[[Any], Any]) -> int:
    with counted(marketplace) as statements, marketplace.runtime.database.read_session() as session:
        assert read(session) is not None
    return len([statement for statement in statements if "mh_" in statement])


def test_a_page_costs_the_same_however_much_is_on_it(marketplace: Marketplace) -> None:
    products = [f"mod-{number}" for number in range(8)]
    marketplace.publish_products(*products)
    marketplace.publish_pack("pack-0", *products[:2])
    marketplace.publish_pack("pack-1", *products)
    reads: list[Callable[[Any], Any]] = [
        lambda session: pages.product_page(session, "mod-0"),
        lambda session: pages.pack_page(session, "pack-1"),
        lambda session: lists.find_products(session),
        lambda session: lists.find_packs(session),
    ]
    before = [cost(marketplace, read) for read in reads]
    for number in range(2, 8):
        marketplace.publish_pack(f"pack-{number}", "mod-0", f"mod-{number}")
    assert [cost(marketplace, read) for read in reads] == before
    assert before == [5, 4, 1, 1]
    assert cost(marketplace, lambda session: pages.pack_page(session, "pack-0")) == 4
