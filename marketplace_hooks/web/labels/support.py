"""In which words are requests for support told: kinds, clocks, checks, and what a check found?

The words of both sides' pages. A state's own word and colour stand in `tags.py`.
"""

from __future__ import annotations

from ...domain.inspections.evidence import Strength
from ...domain.support.deadlines import BusinessDayPolicy, SkipReason
from ...domain.support.state_machine import ClockName, Kind
from ..i18n.language import LazyText, lazy

KINDS: dict[Kind, LazyText] = {
    Kind.ANOMALY: lazy("Something does not work"),
    Kind.INSTALLATION: lazy("Installation"),
    Kind.CONFIGURATION: lazy("Configuration"),
    Kind.QUESTION: lazy("Question"),
}

CLOCKS: dict[ClockName, LazyText] = {
    ClockName.ACKNOWLEDGEMENT: lazy("Taking charge"),
    ClockName.FIX: lazy("Fix"),
}
POLICIES: dict[BusinessDayPolicy, LazyText] = {
    BusinessDayPolicy.MF: lazy("Monday to Friday, public holidays included"),
    BusinessDayPolicy.MF_ROLL: lazy("Monday to Friday; a last day that is a public holiday moves on"),
    BusinessDayPolicy.LEGAL: lazy("Monday to Friday, without public holidays"),
}
SKIPPED: dict[SkipReason, LazyText] = {
    SkipReason.WEEK_END: lazy("week-end"),
    SkipReason.CLOSURE: lazy("announced closure"),
    SkipReason.HOLIDAY: lazy("public holiday"),
}

CHECKS: dict[str, LazyText] = {
    "entitlement": lazy("Business Care"),
    "merchant_site": lazy("Merchant site"),
    "platform_version": lazy("PrestaShop version"),
    "product_installed": lazy("Product on the site"),
    "conflicting_development": lazy("Conflicting developments"),
    "sources": lazy("Source code"),
}
PROBES: dict[str, LazyText] = {
    "admin_api": lazy("the shop’s Admin API"),
    "webservice": lazy("the shop’s webservice"),
    "companion": lazy("the companion module"),
    "cookie": lazy("the shop’s session cookie"),
    "config_xml": lazy("the module’s description file"),
    "public_page": lazy("the shop’s public page"),
    "declaration": lazy("the customer’s own word"),
}
STRENGTHS: dict[Strength, LazyText] = {
    Strength.DECLARED_CHECKED: lazy("told by the shop, and checked"),
    Strength.VERIFIED: lazy("verified"),
    Strength.OBSERVED: lazy("observed"),
    Strength.MAY_BE_STALE: lazy("observed, may be out of date"),
    Strength.DECLARED: lazy("declared, not verified"),
}

MISSING: dict[str, LazyText] = {
    "shop_binding": lazy("the merchant site of the purchase"),
    "shop_url": lazy("the address of the merchant site"),
    "payment": lazy("the payment of the renewal"),
    "platform_version": lazy("the PrestaShop version of the site"),
}

ENTITLEMENT: dict[str, LazyText] = {
    "NOT_FOUND": lazy("There is no such purchase."),
    "PRODUCT_SCOPE_MISMATCH": lazy("The purchase is of another product."),
    "REFUNDED": lazy("The purchase was refunded, and support ended with it."),
    "TERMINATED": lazy("The marketplace has ended it before its term."),
    "PAYMENT_DISPUTED": lazy("The bank has reversed the payment."),
    "NOT_STARTED": lazy("It has not begun yet."),
    "PAYMENT_PENDING": lazy("The payment of the renewal has not succeeded yet."),
    "EXPIRED": lazy("Its period is over."),
    "SHOP_NOT_BOUND": lazy("The purchase has no merchant site yet."),
    "SHOP_SCOPE_REQUIRED": lazy("The request does not say which merchant site it is about."),
    "SHOP_URL_INVALID": lazy("The address of the merchant site cannot be read."),
    "SHOP_SCOPE_MISMATCH": lazy("The request is about another site than the one of the purchase."),
    "VALID_STAGING_SHOP": lazy("The site is a test copy of the one of the purchase."),
    "VALID_RENEWAL_CANCELLED": lazy("It goes on until its last day, and will not be renewed."),
    "VALID": lazy("It is active for this product and this site."),
}
REMEDIES: dict[str, LazyText] = {
    "buy": lazy("The product has to be bought."),
    "reactivate": lazy("The customer can reactivate it on the purchase’s page."),
    "wait_for_payment": lazy("The renewal is being paid."),
    "bind_shop": lazy("The customer can name the merchant site of the purchase."),
    "name_shop": lazy("The customer can say which site it is about."),
    "correct_shop_url": lazy("The customer can correct the address."),
    "change_shop": lazy("The marketplace can change the merchant site of the purchase."),
}

REPLY_REASONS: dict[str, LazyText] = {
    "human": lazy("a personal answer"),
    "not_public": lazy("an internal note"),
    "before_request": lazy("dated before the request"),
    "automation": lazy("sent by a machine"),
    "not_a_message": lazy("no message"),
    "bounce": lazy("a delivery report"),
    "receipt": lazy("a receipt"),
    "auto_generated": lazy("written by a machine"),
    "auto_reply": lazy("an automatic reply"),
    "empty": lazy("nothing written in it"),
    "review": lazy("a person of the marketplace will look at it"),
}
