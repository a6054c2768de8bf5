"""Settings of the contract owner's policies: deadlines, business days, refunds, test copies, rates of Business Care."""

from __future__ import annotations

from dataclasses import dataclass

from .business_care_rates import RATES, Rates, as_rates
from .parsers import as_choice, as_days, as_text, optional
from .policies import TEST_PREFIXES, as_business_days, as_months, as_test_prefixes
from .public_holidays import as_country
from .setting_field import setting as _setting

_suspends = as_choice("yes", "no", "declared_before_request")


@dataclass(frozen=True, kw_only=True)
class PolicySettings:
    """What the contract leaves to the marketplace (`rules.md`, policies); everything has a default."""

    business_days: str = _setting("MF", as_choice("MF", "MF_ROLL", "LEGAL"), "Business-day policy: docs/support.md.")
    holidays_country: str = _setting("FR", as_country, "Country whose holidays MF_ROLL and LEGAL use (ISO 3166-1).")
    holidays_region: str | None = _setting(
        None,
        optional(as_text),
        "The region of that country: 57 (Moselle), 6AE (Alsace), 974 (La Réunion). Default: none.",
    )
    holidays_of: str = _setting(
        "reference",
        as_choice("reference", "seller"),
        "Whose public holidays count: those of the country and region above, or those of each seller.",
    )
    acknowledgement_days: int = _setting(1, as_business_days, "Business days that a seller has for the first response.")
    fix_days: int = _setting(30, as_business_days, "Business days that a seller has to fix a problem.")
    reopening_days: int = _setting(
        10, as_business_days, "Business days that a customer has to report that it is not fixed."
    )
    contest_days: int = _setting(30, as_days(1, 3_650), "Days that a customer has to contest a refusal.")
    information_days: int = _setting(14, as_days(1, 3_650), "Days that a customer has to add missing information.")
    refund_choice_days: int = _setting(2, as_business_days, "Business days that a customer has to choose the fix.")
    refund_window_months: int = _setting(
        6, as_months(0, 120), "Months after the purchase in which the platform refunds."
    )
    closures_suspend_acknowledgement: str = _setting(
        "declared_before_request", _suspends, "Which closures suspend the first-response deadline."
    )
    closures_suspend_fix: str = _setting("no", _suspends, "Which closures suspend the fix deadline.")
    closure_days: int = _setting(
        90,
        as_days(0, 3_650),
        "Days for which a closure suspends deadlines at most, counted from its first day; 0: no limit.",
    )
    compatibility_judged_at: str = _setting(
        "purchase",
        as_choice("purchase", "request"),
        "Whose day the advertised versions are of that decide on compatibility; the other day's are shown beside them.",
    )
    patch_versions: str = _setting(
        "covered",
        as_choice("covered", "exact"),
        "Whether an advertised version such as 8.1 covers its patch versions (8.1.7), or is meant exactly.",
    )
    business_care_rates: tuple[Rates, ...] = _setting(
        RATES,
        as_rates,
        "Rates of Business Care by date, in percent of the listing's price; the first row counts from the beginning, "
        "each other from its day: docs/business-care.md.",
    )
    test_prefixes: tuple[str, ...] = _setting(
        TEST_PREFIXES,
        as_test_prefixes,
        "Prefixes of a shop's host that make a test copy of it, which has the same support; empty: none.",
    )
