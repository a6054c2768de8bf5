"""Multistore: whether the address asked for is another shop of the installation than the one a purchase is bound to.

By address alone only hosts are compared (`rules.md` 21); the shop's own answer says which of its paths are which shop.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..merchant_sites import parse
from .evidence import FindingKind, SiteFacts


def other_shop(site_facts: SiteFacts, asked: str | None, bound: str | None) -> dict[str, int] | None:
    """Return the numbers of the shop asked for and of the bound one, where the site itself says that they differ.

    None: they are the same, or the site does not say so of both.
    """
    asked_site = parse(asked or "")
    bound_site = parse(bound or "")
    if asked_site is None or bound_site is None or asked_site.path == bound_site.path:
        return None
    known = (one for one in site_facts.findings if one.what is FindingKind.SHOP_IDENTITY and one.is_known)
    shops: Mapping[str, int] = next((one.facts["shops"] for one in known if one.facts.get("shops")), {})
    asked_shop = shops.get(asked_site.path)
    bound_shop = shops.get(bound_site.path)
    if asked_shop is None or bound_shop is None or asked_shop == bound_shop:
        return None
    return {"asked_shop": asked_shop, "bound_shop": bound_shop}
