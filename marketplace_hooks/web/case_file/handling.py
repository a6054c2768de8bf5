"""Case file of the handling: refusals, proposals, resolution and offer, deadlines, and the refund, as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...domain.support.state_machine import ClockName
from ..i18n.language import gettext, wording
from ..labels.deadlines import CLOCKS, why_this_date
from ..labels.operations import REFUND_PATHS
from ..labels.refusal_evidence import evidence_lines
from ..labels.refusal_grounds import GROUND_FINDINGS, GROUNDS
from ..labels.support import GIVEN_BACK, REFUND_LINES
from .blocks import civil_day, fact_rows, instant, money, named, quoted, state, titled
from .document import Block, Passage


def refusal_blocks(file: Mapping[str, Any]) -> Iterator[Block]:
    """Every refusal with its evidence, what the checks say of it, and what both sides and the marketplace said."""
    for refusal in file["refusals"] or [one for one in (file["refusal"],) if one]:
        name = GROUNDS.get(refusal["ground"], refusal["ground"])
        finding = file["ground_findings"].get(refusal["ground"])
        refused = gettext("The seller refuses: %(reason)s", reason=str(name))
        yield quoted(refused, refusal.get("refused_at"), refusal["text"])
        yield from _evidence(refusal, file)
        yield fact_rows((gettext("What the checks found"), finding and str(GROUND_FINDINGS[finding])))
        decided_at = refusal.get("decided_at")
        for text, heading, at in (
            (refusal.get("contest"), gettext("The customer contests the refusal"), refusal.get("contested_at")),
            (refusal.get("overturned"), gettext("The marketplace overturns the refusal"), decided_at),
            (refusal.get("upheld"), gettext("The marketplace upholds the refusal"), decided_at),
        ):
            if text:
                yield quoted(heading, at, text)


def proposal_blocks(file: Mapping[str, Any]) -> Iterator[Block]:
    """What a machine of the seller's side proposed and nobody has confirmed."""
    headings = {
        "refusal": gettext("Refusal proposed by a seller’s program, not yet confirmed"),
        "resolution": gettext("Resolution proposed by a seller’s program, not yet confirmed"),
        "offer": gettext("Offer made by a seller’s program, not yet confirmed"),
    }
    for one in file["proposals"]:
        yield quoted(headings[one["act"]], one["received_at"], one.get("text") or "")
        yield fact_rows((gettext("Reason"), named(GROUNDS, [one["ground"]] if one.get("ground") else [])))
        yield from _evidence(one, file)


def _evidence(statement: Mapping[str, Any], file: Mapping[str, Any]) -> Iterator[Block]:
    lines = evidence_lines(statement.get("evidence"), file["checks"])
    if lines:
        yield Passage(heading=gettext("The seller’s evidence"), text="\n".join(lines), is_quoted=True)


def outcome_blocks(file: Mapping[str, Any]) -> Iterator[Block]:
    """How the request was resolved, and the paid update that was offered."""
    resolution = file["resolution"]
    if resolution:
        titles = {
            "release": gettext("Resolved by a version"),
            "paid_update": gettext("Resolved by the paid update"),
        }
        title = titles.get(resolution["how"], gettext("Resolved by an explanation"))
        yield quoted(title, file["resolved_at"], resolution.get("text") or "")
        yield fact_rows((gettext("Version"), file["release_number"]))
        if "not_fixed" in resolution:
            text = resolution["not_fixed"] or ""
            yield Passage(heading=gettext("The customer reports that it is not fixed"), text=text, is_quoted=True)
    offer = file["offer"]
    if offer:
        answers = {"accepted": gettext("accepted"), "declined": gettext("declined")}
        answer = answers.get(offer["answer"], gettext("no answer yet"))
        yield Passage(heading=gettext("The seller offers a paid update"), text=offer.get("text") or "", is_quoted=True)
        yield fact_rows((gettext("Price"), money(offer["amount"])), (gettext("The customer’s answer"), answer))


def deadline_blocks(file: Mapping[str, Any]) -> Iterator[Block]:
    """Both deadlines and the second one of the fix: how each stands, and how its date was counted."""
    for name in ClockName:
        clock = file["clocks"][name.value]
        if clock is None:
            continue
        yield Passage(heading=titled(CLOCKS[name], state(clock["state"])), text="\n".join(why_this_date(clock)))
        left = clock["remaining_days"]
        yield fact_rows(
            (gettext("Last day"), civil_day(clock["last_day"])),
            (gettext("Answered on"), instant(clock["stopped_at"])),
            (gettext("Deadline passed on"), instant(clock["missed_at"])),
            (gettext("Business days left"), None if left is None else wording().number(left)),
        )


def refund_blocks(file: Mapping[str, Any]) -> Iterator[Block]:
    """The claim as a ledger: its lines, what was refunded, what is owed, and its dates."""
    refund = file["refund"]
    if refund["state"] == "none":
        return
    currency = refund["owed"]["currency"]
    yield fact_rows(
        (gettext("Status"), state(refund["state"])),
        *((_refund_line(line), wording().money(line["amount_cents"], currency)) for line in refund["lines"]),
        *((_given_back(one), f"−{money(one['amount'])}") for one in refund["given_back"]),
        (gettext("Still owed"), money(refund["owed"]) if refund["state"] != "lapsed" else None),
        (gettext("Payment dispute"), gettext("Awaiting the bank’s decision") if refund["payment_disputed"] else None),
        (gettext("Refunded beyond the amount owed"), money(refund["excess"])),
        (gettext("Refund method"), str(REFUND_PATHS.get(refund["path"], refund["path"]))),
        (gettext("Due since"), instant(refund["due_at"])),
        (gettext("Requested on"), instant(refund["requested_at"])),
        (gettext("Amount requested"), money(refund["amount"]) if refund["requested_at"] else None),
        (gettext("Postponed for the fix on"), instant(refund["deferred_at"])),
        (gettext("Refunded in full on"), instant(refund["settled_at"])),
        (gettext("Fix delivered on"), instant(refund["lapsed_at"])),
    )


def _refund_line(line: Mapping[str, Any]) -> str:
    label = str(REFUND_LINES.get(line["what"], line["what"]))
    left_out = gettext("not included")
    return f"{label} ({left_out})" if line["optional"] else label


def _given_back(entry: Mapping[str, Any]) -> str:
    label = GIVEN_BACK[entry["what"]]
    text = gettext(label.message, day=wording().day(entry["at"], "medium"))
    return f"{text} ({entry['refund_id']})" if entry["refund_id"] else text
