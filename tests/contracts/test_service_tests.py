"""The tests of a service are found by its name: `services/catalog/packs.py` has `tests/services/catalog/test_packs.py`.

Some services are tested through the outermost doors only, in the file of the event, the page or the API operation that
reaches them: the table says which. A service in neither place has no test.
"""

from __future__ import annotations

import pytest

from ..support.source_tree import ROOT

SERVICES = ROOT / "marketplace_hooks" / "services"
TESTS = ROOT / "tests"

TESTED_ELSEWHERE = {
    # read models, tested by what the API or a page answers with them
    "business_care/entitlement_lookup": "web/api/test_entitlements.py",
    "business_care/subscription_view": "web/api/test_subscriptions.py",
    "catalog/cascade_progress": "web/api/test_cascades.py",
    "catalog/seller_offers": "web/seller/test_products.py",
    "catalog/sitemap": "web/storefront/test_sitemap.py",
    "operations/event_log": "web/api/test_event_log.py",
    "releases/downloads": "web/api/test_downloads.py",
    # charges and prices, tested by what events make of them and what the API and the pages then say
    "business_care/charges": "web/api/test_reversals.py",
    "business_care/price_reviews": "web/api/test_renewal_prices.py",
    "business_care/renewal_prices": "web/api/test_renewal_prices.py",
    # requests, tested by the operation that makes them
    "catalog/bulk_status_requests": "web/seller/test_bulk_changes.py",
    "catalog/status_requests": "web/api/test_statuses.py",
    "operations/bulk_status_preview": "web/seller/test_bulk_changes.py",
    "support/announced_closures": "services/support/test_closures.py",
    "support/assignment": "web/api/test_support_conversation.py",
    "support/attachments": "web/api/test_support_conversation.py",
    "support/awaited_information": "web/api/test_awaited_information.py",
    "support/waiting_proposals": "web/api/test_seller_proposals.py",
    # parts of several services, tested with the one that needs them most
    "business_care/holders": "services/operations/test_status_preview.py",
    "business_care/renewal_history": "services/business_care/test_renewal_requests.py",
    "business_care/subscriptions": "services/business_care/test_purchases.py",
    "catalog/cards": "services/catalog/test_lists.py",
    "catalog/pack_revisions": "services/business_care/test_pack_shares.py",
    "catalog/descriptions": "services/catalog/test_products.py",
    "catalog/locked_subjects": "services/catalog/test_sellers.py",
    "catalog/visibility_events": "services/operations/test_cascade_run.py",
    "core/pidfile": "cli/test_up.py",
    "core/runtime": "config/test_settings.py",
    "inspections/add_declaration": "services/inspections/test_requests.py",
    "inspections/companion_submissions": "services/inspections/test_requests.py",
    "inspections/exchanges": "web/customer/test_companion_steps.py",
    "inspections/worker": "services/inspections/test_requests.py",
    "operations/backup_manifest": "services/operations/test_restore.py",
    "outbox/bulk_publish": "services/operations/test_cascade_run.py",
    "outbox/old_secrets": "services/outbox/test_sending.py",
    "outbox/delivery_claims": "services/outbox/test_delivery_worker.py",
    "outbox/delivery_results": "services/outbox/test_delivery_worker.py",
    # the ids of a customer, tested by the erasure that asks for them
    "privacy/customer_trace": "services/privacy/test_erased_events.py",
    # the inbox, tested by the processor that leases from it
    "inbox/leasing": "events/test_processor.py",
}
"""A service → the file that tests it, by the reason why it has none of its own name."""


def modules() -> set[str]:
    files = SERVICES.glob("*/*.py")
    return {path.relative_to(SERVICES).with_suffix("").as_posix() for path in files if path.name != "__init__.py"}


def has_its_own_tests(module: str) -> bool:
    package, name = module.split("/")
    return (TESTS / "services" / package / f"test_{name}.py").exists()


def test_every_service_has_tests_that_are_found_by_its_name() -> None:
    missing = {module for module in modules() if not has_its_own_tests(module)}
    assert missing - set(TESTED_ELSEWHERE) == set(), "write tests/services/<package>/test_<module>.py"


def test_every_exemption_is_of_a_service_without_tests_of_its_own() -> None:
    assert set(TESTED_ELSEWHERE) <= modules()
    assert {module for module in TESTED_ELSEWHERE if has_its_own_tests(module)} == set()


@pytest.mark.parametrize("file", sorted(set(TESTED_ELSEWHERE.values())))
def test_the_file_that_tests_a_service_exists(file: str) -> None:
    assert (TESTS / file).is_file()
