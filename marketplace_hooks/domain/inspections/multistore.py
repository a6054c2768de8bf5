"""Multistore: whether a request is about another shop of the installation than the one a purchase is bound to.

By address alone only hosts are compared (`rules.md` 21); the shop's own answer says which of its paths are which shop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..merchant_sites import parse
from .evidence import Finding, FindingKind, SiteFacts
from .notes import Note


@dataclass(frozen=True, kw_only=True)
class OtherShop:
    """Another shop of one installation: the numbers of both, and the finding that says so.

    `numbers` holds `asked_shop` and `bound_shop`, or `asked_shop` and `reported_shop` where the companion of another
    shop has reported.
    """

    numbers: Mapping[str, int]
    source: Finding


def other_shop(site_facts: SiteFacts, asked: str | None, bound: str | None) -> OtherShop | None:
    """Return the shop asked for and the bound one, or the one that reported, where the site says that they differ.

    None: they are the same, or the site does not say so of both.
    """
    return _asked_for(site_facts, asked, bound) or _that_reported(site_facts)


def _asked_for(site_facts: SiteFacts, asked: str | None, bound: str | None) -> OtherShop | None:
    asked_site = parse(asked or "")
    bound_site = parse(bound or "")
    if asked_site is None or bound_site is None or asked_site.path == bound_site.path:
        return None
    known = (one for one in site_facts.findings if one.what is FindingKind.SHOP_IDENTITY and one.is_known)
    source = next((one for one in known if one.facts.get("shops")), None)
    if source is None:
        return None
    shops: Mapping[str, int] = source.facts["shops"]
    asked_shop = shops.get(asked_site.path)
    bound_shop = shops.get(bound_site.path)
    if asked_shop is None or bound_shop is None or asked_shop == bound_shop:
        return None
    return OtherShop(numbers={"asked_shop": asked_shop, "bound_shop": bound_shop}, source=source)


def _that_reported(site_facts: SiteFacts) -> OtherShop | None:
    """The shop whose companion has reported in the place of the one asked for."""
    for one in site_facts.findings:
        if one.note is Note.REPORT_OF_ANOTHER_SHOP and "reported_shop" in one.facts:
            return OtherShop(numbers={name: one.facts[name] for name in ("asked_shop", "reported_shop")}, source=one)
    return None
