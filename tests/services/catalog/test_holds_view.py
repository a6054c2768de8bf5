"""What is shown of holds is what is stored, and its fingerprint differs whenever anything of it does."""

from __future__ import annotations

from marketplace_hooks.domain.catalog.statuses import Side, Status
from marketplace_hooks.models.products import SubjectKind
from marketplace_hooks.services.catalog.holds_view import HoldsView, holds_fingerprint, read_all_holds, read_holds

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace


def holds(marketplace: Marketplace, id_: str = "mod-1") -> HoldsView:
    with marketplace.runtime.database.read_session() as session:
        one = read_holds(session, SubjectKind.PRODUCT, id_, "seller-1")
        assert read_all_holds(session, SubjectKind.PRODUCT, {id_: "seller-1"}) == {id_: one}
    return one


def test_the_account_holds_beside_the_products_own_sides(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.change_status("mod-1", OFFLINE, SELLER, reason="Repairs")
    marketplace.publish("seller.suspended", reason="Unpaid")
    marketplace.run_all_now()
    assert [(hold.side, hold.reason) for hold in holds(marketplace).holds] == [
        (Side.SELLER, "Repairs"),
        (Side.ACCOUNT, "Unpaid"),
    ]
    assert [hold.side for hold in holds(marketplace, "mod-2").holds] == [Side.ACCOUNT]


def test_each_change_gives_another_fingerprint_and_the_way_back_the_first(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    seen = [holds_fingerprint(Status.ONLINE, holds(marketplace))]
    for status, side in ((OFFLINE, SELLER), (OFFLINE, MARKETPLACE), (ONLINE, SELLER), (ONLINE, MARKETPLACE)):
        marketplace.change_status("mod-1", status, side)
        marketplace.run_all_now()
        seen.append(holds_fingerprint(marketplace.product("mod-1").status, holds(marketplace)))
    assert len(set(seen)) == 4
    assert seen[-1] == seen[0]


def test_a_withdrawal_is_shown_with_its_side(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", WITHDRAWN, reason="End of life")
    marketplace.run_all_now()
    withdrawal = holds(marketplace).withdrawal
    assert withdrawal is not None
    assert (withdrawal.side, withdrawal.reason) == (Side.SELLER, "End of life")
