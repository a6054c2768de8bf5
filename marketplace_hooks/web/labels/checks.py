"""Check labels: the names of the checks of a request, what each is for, and how sure a finding is.

What a check found has two presentations: `check_facts.py` for the seller, `check_summaries.py` for the customer.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.inspections.evidence import Strength
from ..i18n.language import LazyText, lazy
from .label import Label

CHECKS: Mapping[str, Label] = {
    "entitlement": Label(lazy("Business Care")),
    "merchant_site": Label(lazy("Merchant site"), for_customer=lazy("The shop it was bought for")),
    "platform_version": Label(lazy("PrestaShop version"), for_customer=lazy("PrestaShop version")),
    "product_installed": Label(lazy("Product on the site"), for_customer=lazy("The product on your shop")),
    "conflicting_development": Label(lazy("Conflicting code"), for_customer=lazy("Other modules and custom code")),
    "sources": Label(lazy("Source code of the product"), for_customer=lazy("Source files of the product")),
    "platform_sources": Label(lazy("Source code of PrestaShop"), for_customer=lazy("Source files of PrestaShop")),
    "reach": Label(lazy("Your shop is reachable")),
}

CHECK_PURPOSES: Mapping[str, LazyText] = {
    "entitlement": lazy("Support is part of Business Care, which must be active on the day you send your request."),
    "merchant_site": lazy("Support covers the shop the product was bought for, and its test copies."),
    "reach": lazy("We visit your shop as any visitor could, to see what it runs. Nothing is changed."),
    "platform_version": lazy(
        "The compatible versions are those advertised on the product page on the day you bought it."
    ),
    "product_installed": lazy("For the seller’s information only. It is not a reason to refuse."),
    "conflicting_development": lazy("Some modules and overrides are listed as incompatible with the product."),
    "sources": lazy("Support only covers the original files, as published by the seller."),
    "platform_sources": lazy("Support only covers shops whose PrestaShop files are unchanged."),
}
"""What a check is for, to the customer."""

PROBES: dict[str, LazyText] = {
    "admin_api": lazy("the shop’s Admin API"),
    "webservice": lazy("the shop’s webservice"),
    "companion": lazy("the companion module"),
    "cookie": lazy("the shop’s session cookie"),
    "config_xml": lazy("the module’s description file"),
    "public_page": lazy("the code of the shop’s home page"),
    "declaration": lazy("the customer’s own statement"),
}

STRENGTHS: Mapping[Strength, Label] = {
    Strength.DECLARED_CHECKED: Label(
        lazy("reported by the shop, and verified"),
        for_customer=lazy("Reported by your shop’s companion module, and signed for this check."),
    ),
    Strength.VERIFIED: Label(
        lazy("verified"), for_customer=lazy("Verified: PrestaShop itself responded, using the key you provided.")
    ),
    Strength.OBSERVED: Label(lazy("observed"), for_customer=lazy("Seen on your shop, as any visitor can see it.")),
    Strength.MAY_BE_STALE: Label(
        lazy("observed, may be out of date"),
        for_customer=lazy("Read from a file that is not always kept up to date: it may describe an earlier version."),
    ),
    Strength.DECLARED: Label(
        lazy("declared, not verified"), for_customer=lazy("You declared this. We could not verify it.")
    ),
}
"""How sure a finding is."""
