"""Labels: every member of every enumeration that is shown to people has its text in every table, in each language.

A table that lacks one would fail only on the page of the person who meets it first. Every table is listed here, with
the enumeration whose members it must have; a new table is a new line of `TABLES`.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pytest

from marketplace_hooks.domain.audit_actions import AuditAction
from marketplace_hooks.domain.business_care.entitlement import Code, EntitlementOutcome, Remedy
from marketplace_hooks.domain.business_care.renewals import NoticeTimeliness, StopCause
from marketplace_hooks.domain.catalog.statuses import Effect, Side, Status
from marketplace_hooks.domain.inspections.evidence import Strength
from marketplace_hooks.domain.inspections.notes import AbsenceCause, Note
from marketplace_hooks.domain.releases.downloads import DownloadVerdict
from marketplace_hooks.domain.standard_reasons import StandardReason
from marketplace_hooks.domain.support.acknowledgement import Reason, Sign
from marketplace_hooks.domain.support.deadlines import BusinessDayPolicy, ClosuresSuspend, SkipReason
from marketplace_hooks.domain.support.eligibility import CHECKS, CheckResult, EligibilityOutcome
from marketplace_hooks.domain.support.refunds import RefundPath
from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import ClockName, ClockState, Handling, Kind, RefundState
from marketplace_hooks.domain.token_scopes import Scope
from marketplace_hooks.events.registry import Applied
from marketplace_hooks.models.access import Role, SignInMethod
from marketplace_hooks.models.audit import AuditChannel, AuditOutcome
from marketplace_hooks.models.cascades import CascadeState
from marketplace_hooks.models.inbox import InboxState
from marketplace_hooks.models.inspections import InspectionState
from marketplace_hooks.models.outbox import DeliveryState
from marketplace_hooks.models.products import ProductKind
from marketplace_hooks.models.proposals import ProposedAct
from marketplace_hooks.models.subscriptions import ReversalReason, SubscriptionState
from marketplace_hooks.services.support.fix_deliveries import FixObstacle
from marketplace_hooks.services.support.owed_refunds import RefundFilter
from marketplace_hooks.services.support.request_lists import RequestGroup, RequestSort
from marketplace_hooks.web import navigation, request_lists
from marketplace_hooks.web.i18n import catalogs
from marketplace_hooks.web.i18n.formatting import LANGUAGES, SOURCE_LANGUAGE
from marketplace_hooks.web.labels import (
    audit,
    audit_details,
    business_care,
    catalog,
    checks,
    deadlines,
    fix_outcomes,
    inspections,
    operations,
    reasons,
    refusal_grounds,
    sorts,
    states,
    statuses,
    support,
)
from marketplace_hooks.web.seller import closures, refunds

from ..support.source_tree import sources

Members = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of labels, its name as people find it, and the members that it must have."""

    name: str
    labels: Mapping[Any, Any]
    members: Members


def table(name: str, labels: Mapping[Any, Any], members: type[enum.StrEnum] | Members, *, but: Members = ()) -> Table:
    """A table of all members `but` those that its readers never meet."""
    return Table(name=name, labels=labels, members=[one for one in members if one not in but])


NOTHING_PENDING = (RefundState.NONE, RefundState.WAIVED, RefundState.LAPSED, RefundState.REFUNDED)
OWN_CLOCK_SENTENCE = (ClockState.RUNNING, ClockState.MET, ClockState.MISSED)

REFUSED_EFFECTS = (Effect.REFUSED_WITHDRAWN, Effect.REFUSED_HELD_BY_OTHERS)
REQUEST_OBJECT = {"support_request": operations.SUBJECTS["request"]}
THINGS = operations.SUBJECTS | operations.OTHER_THINGS | operations.AUDITED | operations.AWAITED | REQUEST_OBJECT
AUDITED_BY_MAPPING = {"status", "effect", "cascade_id", "endpoint_id", "missed_only", "since", "before"}
"""Details that their callers gather before they are recorded."""


def audit_detail_names() -> list[str]:
    """The names under which anything is recorded beside an action."""
    named = {word.arg for call in calls_of("audit") for word in call.keywords if word.arg is not None}
    return sorted((named - {"outcome"}) | AUDITED_BY_MAPPING)


def awaited_kinds() -> list[str]:
    """What an event may wait for, by the kinds that are written where it begins to wait."""
    kinds = {call.args[0] for call in calls_of("ParentUnknown")}
    return sorted(str(kind.value) for kind in kinds if isinstance(kind, ast.Constant))


def calls_of(suffix: str) -> Iterator[ast.Call]:
    """Every call of a function whose name ends so."""
    for path in sources("marketplace_hooks"):
        text = path.read_text("utf-8")
        if f"{suffix}(" not in text:
            continue  # parsing takes most of the time.
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(suffix):
                yield node


TABLES = (
    table("labels.refusal_grounds.GROUND_LABELS", refusal_grounds.GROUND_LABELS, Ground),
    table("labels.support.KINDS", support.KINDS, Kind),
    table("labels.support.KIND_EFFECTS", support.KIND_EFFECTS, Kind),
    table("labels.support.HANDLINGS", support.HANDLINGS, Handling),
    table("labels.support.REFUNDS", support.REFUNDS, RefundState, but=[RefundState.NONE]),
    table("labels.deadlines.CLOCKS", deadlines.CLOCKS, ClockName),
    table("labels.deadlines.POLICIES", deadlines.POLICIES, BusinessDayPolicy),
    table("labels.deadlines.SKIPPED", deadlines.SKIPPED, SkipReason),
    table("labels.deadlines.CUSTOMER_SENTENCES", deadlines.CUSTOMER_SENTENCES, ClockName),
    *(
        table(f"labels.deadlines.CUSTOMER_SENTENCES[{clock.name}]", labels, ClockState)
        for clock, labels in deadlines.CUSTOMER_SENTENCES.items()
    ),
    table("labels.checks.CHECKS", checks.CHECKS, list(CHECKS)),
    table("labels.checks.CHECK_PURPOSES", checks.CHECK_PURPOSES, list(CHECKS)),
    table("labels.checks.STRENGTHS", checks.STRENGTHS, Strength),
    table("labels.business_care.ENTITLEMENT_CODES", business_care.ENTITLEMENT_CODES, Code),
    table("labels.business_care.REMEDIES", business_care.REMEDIES, Remedy),
    # A message of the customer's own side never gets a reason.
    table("labels.support.REPLY_REASONS", support.REPLY_REASONS, Reason, but=[Reason.NOT_SELLER]),
    table("labels.deadlines.PAUSED", deadlines.PAUSED, ClockState, but=OWN_CLOCK_SENTENCE),
    # A Business Care that has ended says so by its state.
    table("labels.business_care.WHY_IT_STOPS", business_care.WHY_IT_STOPS, StopCause, but=[StopCause.ENDED]),
    table("labels.business_care.WHY_ASKED_BACK", business_care.WHY_ASKED_BACK, ReversalReason),
    table("labels.business_care.NOTICE_TIMELINESS", business_care.NOTICE_TIMELINESS, NoticeTimeliness),
    table("labels.business_care.DOWNLOADS", business_care.DOWNLOADS, DownloadVerdict, but=[DownloadVerdict.AVAILABLE]),
    table("labels.fix_outcomes.OBSTACLES", fix_outcomes.OBSTACLES, FixObstacle),
    table("labels.fix_outcomes.OBSTACLES", fix_outcomes.OBSTACLES, DownloadVerdict, but=[DownloadVerdict.AVAILABLE]),
    table("labels.catalog.KINDS", catalog.KINDS, ProductKind),
    *(
        table(f"labels.inspections, in {language}", labels, members)
        for language, (notes, causes, _) in inspections._BY_LANGUAGE.items()
        for labels, members in ((notes, Note), (causes, AbsenceCause))
    ),
    table("labels.statuses.HELD_BY", statuses.HELD_BY, Side),
    table("labels.statuses.WITHDRAWN_BY", statuses.WITHDRAWN_BY, Side),
    table("labels.statuses.ACTORS", statuses.ACTORS, Side),
    table("labels.statuses.SCHEDULED_TO", statuses.SCHEDULED_TO, Status),
    table("labels.statuses.STATUS_BUTTONS", statuses.STATUS_BUTTONS, Status),
    table("labels.operations.OUTCOMES", operations.OUTCOMES, Applied),
    table("labels.operations.SCOPES", operations.SCOPES, Scope),
    table("labels.operations.SIGNS", operations.SIGNS, Sign),
    table("labels.operations.REFUND_PATHS", operations.REFUND_PATHS, RefundPath),
    table("labels.operations.REFUND_LISTS", operations.REFUND_LISTS, RefundState, but=NOTHING_PENDING),
    table("labels.reasons.STANDARD_REASONS", reasons.STANDARD_REASONS, StandardReason),
    table("labels.audit.ACTIONS", audit.ACTIONS, AuditAction),
    table("labels.audit.OUTCOMES", audit.OUTCOMES, AuditOutcome),
    table("labels.audit.CHANNELS", audit.CHANNELS, AuditChannel),
    # What is refused has a code in the audit log, and no effect.
    table("labels.audit_details.EFFECTS", audit_details.EFFECTS, Effect, but=REFUSED_EFFECTS),
    table("labels.audit_details.SIGN_INS", audit_details.SIGN_INS, SignInMethod),
    table("labels.audit_details.PROPOSALS", audit_details.PROPOSALS, ProposedAct),
    table("labels.audit_details.DETAIL_NAMES", audit_details.DETAIL_NAMES, audit_detail_names()),
    table("labels.operations, of what the audit log names", THINGS, [one.object_type for one in AuditAction]),
    table("labels.operations, of what an event waits for", THINGS, awaited_kinds()),
    table("navigation.ROLES", navigation.ROLES, Role),
    table("seller.closures.SUSPENDS", closures.SUSPENDS, ClosuresSuspend),
    table("request_lists.GROUPS", request_lists.GROUPS, RequestGroup),
    table("labels.sorts.REQUEST_SORTS", dict(sorts.REQUEST_SORTS), RequestSort),
    table("seller.refunds.LABELS", refunds.LABELS, RefundFilter),
    *(
        table("labels.states.STATE_TAGS", states.STATE_TAGS, members)
        for members in (
            *(Status, InboxState, DeliveryState, CascadeState, InspectionState, SubscriptionState),
            *(Handling, ClockState, EligibilityOutcome, EntitlementOutcome, CheckResult),
        )
    ),
    table("labels.states.STATE_TAGS", states.STATE_TAGS, RefundState, but=[RefundState.NONE]),
)

TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


def name_of(member: str) -> str:
    """`Ground.SOURCE_MODIFIED`, or the plain name of what is in no enumeration."""
    return f"{type(member).__name__}.{member.name}" if isinstance(member, enum.Enum) else repr(member)


def messages(label: Any) -> Iterator[str]:
    """Every text marked for translation in a label."""
    if is_dataclass(label):
        for field in fields(label):
            yield from messages(getattr(label, field.name))
    elif isinstance(label, tuple):
        for part in label:
            yield from messages(part)
    elif hasattr(label, "message"):
        yield label.message


def test_every_member_shown_to_people_has_its_text_in_every_table() -> None:
    missing = [
        f"{name_of(member)} has no text in {one.name}"
        for one in TABLES
        for member in one.members
        if member not in one.labels
    ]
    assert missing == [], "; ".join(missing)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_a_label_is_translated(language: str) -> None:
    catalog_of_language = catalogs.read(language)
    missing = [
        f"{name_of(member)} has no {language} for {message!r} of {one.name}"
        for one in TABLES
        for member in one.members
        if member in one.labels
        for message in messages(one.labels[member])
        if (found := catalog_of_language.get(message)) is None or not found.string
    ]
    assert missing == [], "; ".join(missing)
