"""Contract of the audit log: nothing changes it but retention and erasure, and no way of a person's leads past it."""

from __future__ import annotations

import re

from marketplace_hooks.domain.audit_actions import AuditAction

from ..support.source_tree import shown, sources

MAY_CHANGE_ENTRIES = {
    "marketplace_hooks/services/access/audit_log.py": "retention deletes what is older than AUDIT_DAYS",
    "marketplace_hooks/services/privacy/erasure.py": "an erased customer's name and addresses go",
}
CHANGES_AN_ENTRY = re.compile(r"\b(?:update|delete)\(\s*AuditEntry\b|(?:UPDATE|DELETE FROM) mh_audit\b")
WRITES = re.compile(r"\bdatabase\.(?:session|begin|retrying)\(|\bretrying\(|\bengine\.begin\(|\bdatabase\.raw\b")
WRITES_PAST_THE_UNIT_OF_WORK = {
    "access/idempotency": "which calls were made before, and their answers",
    "core/counters": "figures of this process for monitoring",
    "catalog/search_renewal": "a background job",
    "core/deployment": "the name by which this installation knows itself",
    "core/heartbeats": "which processes are alive",
    "core/leases": "which process works on what",
    "core/unit_of_work": "the unit of work itself",
    "inbox/leasing": "which worker applies which events",
    "inbox/writer": "inbound events, which are a log of their own",
    "inspections/companion_submissions": "a merchant site's report: neither a person nor a token of ours",
    "inspections/worker": "a background job",
    "notifications/mail_queue": "a background job",
    "operations/cascade_run": "a background job",
    "outbox/delivery_claims": "a background job",
    "outbox/delivery_results": "a background job",
    "outbox/delivery_worker": "a background job",
    "outbox/dispatcher": "a background job",
    "privacy/retention": "a background job",
}
"""Services that write where no entry is asked for, and why nobody's act is lost by it."""


def writing_in(*folders: str) -> set[str]:
    """The modules in these folders of the package that write past the unit of work."""
    inside = [path for path in sources("marketplace_hooks") if shown(path).split("/")[1] in folders]
    return {shown(path) for path in inside if WRITES.search(path.read_text("utf-8"))}


def test_only_retention_and_erasure_change_an_entry() -> None:
    product = sources("marketplace_hooks", "workers")
    changing = {shown(path) for path in product if CHANGES_AN_ENTRY.search(path.read_text("utf-8"))}
    assert changing == set(MAY_CHANGE_ENTRIES)


def test_pages_api_and_commands_change_the_database_by_the_unit_of_work_alone() -> None:
    assert writing_in("web", "cli") == set()


def test_a_service_that_writes_past_the_unit_of_work_says_why() -> None:
    writing = {path.removeprefix("marketplace_hooks/services/").removesuffix(".py") for path in writing_in("services")}
    assert writing - set(WRITES_PAST_THE_UNIT_OF_WORK) == set()


def test_an_action_names_the_type_of_its_object_and_what_was_done() -> None:
    assert [action for action in AuditAction if not re.fullmatch(r"[a-z_]{1,32}\.[a-z_]+", action)] == []
    assert max(len(action) for action in AuditAction) <= 64
