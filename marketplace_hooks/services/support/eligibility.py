"""Eligibility of a support request: the facts about its purchase and site, judged by `domain/support/eligibility.py`.

The entitlement is read from the rows, the site from an inspection's evidence. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.business_care.entitlement import Code, Entitlement, EntitlementOutcome, EntitlementQuestion
from ...domain.inspections.conflicts import IncompatibleModule
from ...domain.inspections.evidence import LONGEST_STORED_VERSION, FindingKind, SiteFacts, merge_findings
from ...domain.inspections.file_integrity import Comparison, Reported, compare_with_releases
from ...domain.inspections.multistore import other_shop
from ...domain.merchant_sites import parse, relation
from ...domain.support.compatibility import AnnouncedRange, CompatibilityDate, CompatibilityPolicy
from ...domain.support.eligibility import Check, Eligibility, Submission, judge
from ...domain.versions import Rule
from ...errors import NotFound
from ...models.products import Listing, Product
from ...models.purchases import Purchase
from ...models.releases import Release
from ..business_care import entitlements
from ..business_care.entitlements import PurchaseFilter
from ..catalog.products import listing_at_purchase, listing_in_force
from ..inspections.requests import read_inspection

NO_FACTS = merge_findings(())
_VERSION_RULES = {"covered": Rule.LISTING, "exact": Rule.NONE}
"""The rule for each value of the setting `PATCH_VERSIONS`."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A judgement with what it rests on: the entitlement, and the listing in force on the purchase date."""

    eligibility: Eligibility
    entitlement: Entitlement
    listing_id: int | None


def judge_submission(
    session: Session,
    purchase: Purchase,
    *,
    at: datetime,
    now: datetime,
    shop_url: str | None,
    check_id: str | None,
    settings: Settings,
) -> Judgement:
    """Judge a request about a purchase as of an instant, with what an inspection found (None: there was none).

    The announced range is the listing's on the purchase date; today's stands beside it, or decides (`rules.md` 20 and
    policies).
    """
    question = EntitlementQuestion(
        at=at,
        zone=settings.reference_zone,
        product=purchase.product_id,
        site=shop_url,
        test_prefixes=settings.test_prefixes,
    )
    entitlement = _judge_entitlement(session, purchase, question, now)
    product = session.get_one(Product, purchase.product_id)
    # Not the one that was known when the purchase was applied: a revision published before may have arrived since.
    listing = listing_at_purchase(session, product.id, purchase.purchased_at)
    today = listing_in_force(session, product.id, at)
    site_facts = NO_FACTS if check_id is None else _site_facts(session, purchase, check_id, shop_url)
    installed_version = _installed_version(site_facts, product.technical_name)
    submission = Submission(
        entitlement=entitlement,
        module=product.technical_name,
        site_facts=site_facts,
        at_purchase=_announced(listing),
        today=_announced(today),
        policy=_compatibility_policy(settings),
        incompatible_modules=_incompatible_modules(listing),
        conflicting_overrides=(listing.conflicting_overrides or []) if listing else [],
        installed_version=installed_version,
        comparison=_comparison(session, product, site_facts, installed_version),
        other_shop=other_shop(site_facts, shop_url, purchase.shop_url),
    )
    return Judgement(eligibility=judge(submission), entitlement=entitlement, listing_id=listing.id if listing else None)


def _compatibility_policy(settings: Settings) -> CompatibilityPolicy:
    judged_at = CompatibilityDate(settings.compatibility_judged_at)
    return CompatibilityPolicy(judged_at=judged_at, version_rule=_VERSION_RULES[settings.patch_versions])


def _incompatible_modules(listing: Listing | None) -> list[IncompatibleModule]:
    return [IncompatibleModule.read(one) for one in (listing.incompatible_modules if listing else [])]


def _judge_entitlement(
    session: Session, purchase: Purchase, question: EntitlementQuestion, now: datetime
) -> Entitlement:
    """The entitlement as it was at the instant; what was missing then of the purchase may be known by now."""
    asked = PurchaseFilter(purchase_id=purchase.id)
    then = entitlements.judge_entitlement(session, asked, question, as_of_now=question.at >= now)
    if then.outcome is not EntitlementOutcome.NEEDS_INFORMATION:
        return then
    completed = entitlements.judge_entitlement(session, asked, replace(question, payments_known_at=now))
    # A payment that has failed since brings nothing: the request goes on waiting, or is sent as it is.
    return then if completed.outcome is EntitlementOutcome.NOT_ENTITLED else completed


def may_inspect(entitlement: Entitlement, purchase: Purchase, shop_url: str | None, settings: Settings) -> bool:
    """Whether the address is that of the site bound to an entitled purchase; any other host is left alone."""
    if shop_url is None:
        return False
    if entitlement.code is Code.PAYMENT_PENDING:
        # It takes precedence over what the address is to the bound one.
        bound = purchase.shop_url
        return bound is not None and bool(relation(shop_url, bound, settings.test_prefixes))
    return entitlement.valid


def _site_facts(session: Session, purchase: Purchase, check_id: str, shop_url: str | None) -> SiteFacts:
    """What the check of this purchase found at the address; what it found at another, even a test copy, shows nothing.

    Raises `NotFound` for the check of any other purchase: evidence is its customer's own.
    """
    inspection = read_inspection(session, check_id)
    if inspection.purchase_id != purchase.id:
        raise NotFound(f"no inspection {check_id}")
    inspected = parse(inspection.url)
    asked = parse(shop_url or "")
    is_another = inspected is not None and asked is not None and inspected.identity != asked.identity
    return NO_FACTS if is_another else inspection.site_facts


def _announced(listing: Listing | None) -> AnnouncedRange | None:
    if listing is None:
        return None
    return AnnouncedRange(compatible_from=listing.compatible_from, compatible_to=listing.compatible_to)


def _installed_version(site_facts: SiteFacts, module: str) -> str | None:
    """The version whose files a companion reported, by the same report; else the one that is known otherwise."""
    files = site_facts.files(module)
    state = site_facts.module(module)
    if files is None:
        return state.version
    own = [
        one.value
        for one in site_facts.findings
        if one.what is FindingKind.MODULE and one.probe == files.probe and one.subject.casefold() == module.casefold()
    ]
    if not own:
        return state.version
    stored = own[0].get("installed_version")
    # What the database says may be cut, and then names another version.
    is_whole = stored is not None and len(stored) < LONGEST_STORED_VERSION
    return own[0].get("version") or (stored if is_whole else None)


def _comparison(session: Session, product: Product, site_facts: SiteFacts, version: str | None) -> Comparison | None:
    """The files that a companion reported, against the manifest of the release of this version; None without either."""
    files = site_facts.files(product.technical_name)
    if files is None or version is None or not files.value["entries"]:
        return None
    query = select(Release.manifest).where(
        Release.product_id == product.id,
        Release.number.in_([version, f"v{version}"]),
        Release.manifest.is_not(None),
    )
    manifests = [one for one in session.scalars(query.order_by(Release.id)) if one]
    reported = {
        path: Reported(sha256=one.get("sha256"), sha256_lf=one.get("sha256_lf"), size=one.get("size"))
        for path, one in files.value["entries"].items()
    }
    return compare_with_releases(manifests, reported, module=product.technical_name)


def checks_as_json(eligibility: Eligibility) -> list[dict[str, Any]]:
    """The checks as they are stored and shown."""
    return [_check_as_json(one) for one in eligibility.checks]


def _check_as_json(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "result": check.result.value,
        "ground": check.ground.value if check.ground else None,
        "evidence": _as_json(check.evidence),
    }


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def entitlement_as_json(entitlement: Entitlement) -> dict[str, Any]:
    """An entitlement as it is stored with a request that was judged by it."""
    return {
        "valid": entitlement.valid,
        "code": entitlement.code.value,
        "active": entitlement.active,
        "last_day": entitlement.last_day.isoformat() if entitlement.last_day else None,
        "remedy": entitlement.remedy.value if entitlement.remedy else None,
    }
