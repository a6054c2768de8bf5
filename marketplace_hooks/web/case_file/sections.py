"""Case file sections: what the file of a request says, in the reader's language, in the order in which it is judged.

Every side reads the same document; what a side may not see is already left out of its file by the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...domain.support.state_machine import Handling
from ..i18n.language import gettext, ngettext, wording
from ..labels.business_care import care_extent, care_title, entitlement_label
from ..labels.catalog import version_range, versions
from ..labels.check_facts import check_facts
from ..labels.exchanges import exchange_views
from ..labels.refusal_grounds import GROUNDS
from ..labels.states import display_state
from ..labels.support import CLOSED_REASONS, KINDS, MISSING, REPLY_REASONS
from ..state import current_runtime
from .blocks import fact_rows, instant, localized, named, quoted, state, titled
from .document import Block, CaseFile, FactRows, FileSection, Passage
from .handling import deadline_blocks, outcome_blocks, proposal_blocks, refund_blocks, refusal_blocks


def case_file(file: Mapping[str, Any]) -> CaseFile:
    """The document of a file as `services.support.request_file` gives it to one side."""
    sections = (
        FileSection(name="request", title=gettext("The request"), blocks=(_request(file),)),
        None if file["presale"] else listing_section(file),
        None if file["presale"] else _checks(file),
        _section("refusals", gettext("Refusals"), [*refusal_blocks(file), *proposal_blocks(file)]),
        _section("outcome", gettext("Resolution and offer"), outcome_blocks(file)),
        _section("deadlines", gettext("Deadlines"), deadline_blocks(file)),
        _section("refund", gettext("Refund"), refund_blocks(file)),
        FileSection(name="conversation", title=gettext("Conversation"), blocks=tuple(_conversation(file))),
    )
    issuer = current_runtime().settings.brand_name
    instant_shown = wording().instant(file["generated_at"])
    caption = gettext("Request %(number)s, as of %(instant)s.", number=file["request_id"], instant=instant_shown)
    return CaseFile(
        title=gettext("Support request file"),
        subject=file["subject"],
        caption=f"{issuer} · {caption}" if issuer else caption,
        issuer=issuer,
        sections=tuple(one for one in sections if one is not None),
    )


def proposals_section(detail: Mapping[str, Any]) -> FileSection | None:
    """What waits for a person of the seller's side; None when nothing does."""
    return _section("proposals", gettext("Awaiting the seller’s confirmation"), proposal_blocks(detail))


def listing_section(detail: Mapping[str, Any]) -> FileSection:
    """What the product's page announced on the purchase date, by which reasons to refuse are judged."""
    listing = detail["listing"]
    title = gettext("Advertised on the purchase date")
    if listing is None:
        unknown = Passage(heading=gettext("No product page is on record for that day."))
        return FileSection(name="listing", title=title, blocks=(unknown,))
    rows = fact_rows(
        (gettext("Purchase date"), instant(listing["announced_at"])),
        (gettext("Product page as of"), instant(listing["published_at"])),
        (gettext("PrestaShop versions"), versions(listing["compatible_from"], listing["compatible_to"])),
        (gettext("Incompatible modules"), ", ".join(_module(one) for one in listing["incompatible_modules"])),
        (gettext("Conflicting overrides"), ", ".join(listing["conflicting_overrides"])),
    )
    features = "\n".join(f"• {localized(one)}" for one in listing["features"])
    announced = Passage(heading=gettext("Advertised features"), text=features)
    return FileSection(name="listing", title=title, blocks=(rows, announced))


def _module(module: Mapping[str, str]) -> str:
    """A module and which of its versions, such as « othercart (up to 2.0) »."""
    name = module["name"]
    which = version_range(module)
    return f"{name} ({which})" if which else name


def _request(file: Mapping[str, Any]) -> FactRows:
    purchase = file["purchase"] or {}
    care = file["business_care"]
    closed_reason = file["closed_reason"]
    return fact_rows(
        (gettext("Status"), state(display_state(file["handling"], file["refusal"]))),
        (gettext("Closed on"), instant(file["closed_at"])),
        (gettext("Reason for closing"), closed_reason and str(CLOSED_REASONS.get(closed_reason, closed_reason))),
        (gettext("Product"), localized(file["product_title"]) or file["product_id"]),
        (gettext("Seller"), file["seller_name"] or file["seller_id"]),
        (gettext("Customer"), file["customer_name"] or file["customer_id"]),
        (gettext("Type of request"), gettext("Before a purchase") if file["presale"] else str(KINDS[file["kind"]])),
        (gettext("Sent on"), instant(file["submitted_at"])),
        (gettext("Site of the request"), file["shop_url"]),
        (gettext("Order no."), file["purchase_id"]),
        (gettext("Purchased on"), instant(purchase.get("purchased_at"))),
        (gettext("Site of the purchase"), purchase.get("shop_url")),
        (gettext("Business Care at submission"), _entitlement(file)),
        (gettext("Business Care now"), care and "\n".join(filter(None, (care_title(care), care_extent(care))))),
    )


def _entitlement(file: Mapping[str, Any]) -> str | None:
    code = (file["entitlement"] or {}).get("code")
    return None if code is None or file["presale"] else entitlement_label(code)


def _checks(file: Mapping[str, Any]) -> FileSection:
    blocks: list[Block] = []
    if (inspection := file["inspection"]) is not None:
        inspected = fact_rows(
            (gettext("Inspected site"), inspection["url"]),
            (gettext("Inspection finished"), instant(inspection["finished_at"])),
        )
        blocks.append(inspected)
    for check in check_facts(file["checks"]):
        blocks.append(Passage(heading=titled(check.label, state(check.result))))
        blocks.append(fact_rows(*check.facts))
    is_waiting = file["handling"] == Handling.NEEDS_INFORMATION
    conclusions = fact_rows(
        (gettext("Reasons found by the checks"), named(GROUNDS, file["grounds"])),
        (gettext("Reasons waived by the seller"), named(GROUNDS, file["waived"])),
        (gettext("Information missing") if is_waiting else gettext("Couldn’t check"), named(MISSING, file["missing"])),
    )
    blocks.append(conclusions)
    if file["exchanges"]:
        asked = gettext("Requests sent to the shop, and its responses")
        blocks.append(Passage(heading=asked, text="\n".join(_exchange_lines(file))))
    return FileSection(name="checks", title=gettext("Checks"), blocks=tuple(blocks))


def _exchange_lines(file: Mapping[str, Any]) -> Iterator[str]:
    for one in exchange_views(file["exchanges"]):
        yield " · ".join(filter(None, (wording().moment(one.at), one.request, one.answer, one.excerpt)))


def _conversation(file: Mapping[str, Any]) -> Iterator[Block]:
    names = {
        "customer": file["customer_name"] or gettext("The customer"),
        "seller": file["seller_name"] or gettext("The seller"),
    }
    request = titled(names["customer"], gettext("the request"))
    yield quoted(request, file["submitted_at"], file["body"])
    for message in file["messages"]:
        name = names.get(message["side"], gettext("The marketplace"))
        heading = " · ".join([name, *_message_notes(message)])
        text = "\n".join(filter(None, (message["subject"], message["body"])))
        yield quoted(heading, message["received_at"], text)


def _message_notes(message: Mapping[str, Any]) -> Iterator[str]:
    if message["visibility"] == "internal":
        yield gettext("internal note")
    elif message["side"] == "seller":
        if message["counts"] is None:
            yield gettext("to be confirmed")
        elif message["counts"]:
            yield gettext("counts as a response")
        else:
            reason = REPLY_REASONS.get(message["reason"], message["reason"])
            yield gettext("does not count: %(why)s", why=str(reason))
    if message["attachments"]:
        names = ", ".join(file["name"] for file in message["files"])
        yield ": ".join(
            filter(None, (ngettext("One attachment", "%(count)s attachments", message["attachments"]), names))
        )


def _section(name: str, title: str, blocks: Iterable[Block]) -> FileSection | None:
    """A section; None when it has nothing to say."""
    found = tuple(blocks)
    return FileSection(name=name, title=title, blocks=found) if found else None
