"""Labels of refusal grounds: the name of each, what its seller reads beside it, and what its customer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...domain.support.refusal_grounds import Ground, GroundFinding
from ..i18n.language import LazyText, lazy


@dataclass(frozen=True, kw_only=True)
class GroundLabel:
    """One ground in words. `name` is the same for every reader; the explanations are for the two sides of a request."""

    name: LazyText
    for_seller: LazyText
    for_customer: LazyText


GROUND_LABELS: Mapping[Ground, GroundLabel] = {
    Ground.NOT_AN_ADVERTISED_FEATURE: GroundLabel(
        name=lazy("It is not about an advertised feature"),
        for_seller=lazy(
            "The request is not directly and exclusively about the features advertised on the product page."
        ),
        for_customer=lazy(
            "The seller may refuse a request that is not directly and exclusively about the features advertised on "
            "the product page."
        ),
    ),
    Ground.OTHER_MERCHANT_SITE: GroundLabel(
        name=lazy("It is about another merchant site"),
        for_seller=lazy("The product was bought for one site, and the request is about a different one."),
        for_customer=lazy(
            "The seller may refuse a request about a shop other than the one the product was bought for."
        ),
    ),
    Ground.SITE_WORK_OR_THIRD_PARTY: GroundLabel(
        name=lazy("It is about work on the site or a third-party service"),
        for_seller=lazy(
            "Installing and configuring the product itself is part of Business Care and never a reason to refuse."
        ),
        for_customer=lazy("The seller may refuse work on the shop itself or on third-party services."),
    ),
    Ground.PLATFORM_VERSION_INCOMPATIBLE: GroundLabel(
        name=lazy("The site’s PrestaShop version is not compatible"),
        for_seller=lazy("Based on the versions advertised on the product page on the purchase date."),
        for_customer=lazy(
            "The seller may refuse to support a shop whose PrestaShop version was not among those advertised on "
            "the purchase date."
        ),
    ),
    Ground.CONFLICTING_DEVELOPMENT: GroundLabel(
        name=lazy("Additional code conflicts with the product"),
        for_seller=lazy("The site has additional code that conflicts with the product and is incompatible with it."),
        for_customer=lazy(
            "The seller may refuse to support a shop with additional code that is incompatible with the product."
        ),
    ),
    Ground.SOURCE_MODIFIED: GroundLabel(
        name=lazy("The customer has changed the source code"),
        for_seller=lazy("The customer added custom code, or changed source files of the product or of PrestaShop."),
        for_customer=lazy("The seller may refuse if the source files of the product or of PrestaShop were changed."),
    ),
}

GROUND_FINDINGS: Mapping[GroundFinding, LazyText] = {
    GroundFinding.SUPPORTED: lazy("The check found this reason."),
    GroundFinding.OPPOSITE: lazy("The check found the opposite."),
    GroundFinding.UNKNOWN: lazy("The check was inconclusive."),
    GroundFinding.FOR_A_PERSON: lazy("No check can establish this: a person decides."),
}
"""What the checks say about a ground, beside a refusal on it."""

GROUNDS: Mapping[Ground, LazyText] = {ground: label.name for ground, label in GROUND_LABELS.items()}
"""The names alone, for lists, statistics and mails."""
