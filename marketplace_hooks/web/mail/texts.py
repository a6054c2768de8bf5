"""Mail texts: the subject and the text of each mail, by the outgoing event and the side that reads it.

A key is the event's type, or `type:variant` where an event says different things. `rendering.py` makes the values that
a text names.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.notifications import Reader
from ..i18n.language import LazyText, lazy


@dataclass(frozen=True)
class MailText:
    """The subject and the text of one mail."""

    subject: LazyText
    text: LazyText


_TO_CUSTOMER: dict[str, MailText] = {
    "support_request.accepted": MailText(
        lazy("Your request was accepted: %(about)s"),
        lazy(
            "Your request about %(product)s was handed to the seller. The conversation shows by when an answer is due."
        ),
    ),
    "support_request.needs_information": MailText(
        lazy("Something is missing from your request: %(about)s"),
        lazy(
            "Your request about %(product)s is not with the seller yet. Please add, until %(until)s: %(missing)s. You "
            "can also send the request as it is."
        ),
    ),
    "support_request.not_entitled": MailText(
        lazy("Your request could not be accepted: %(about)s"),
        lazy("There is no active Business Care behind your request about %(product)s. %(why)s %(remedy)s"),
    ),
    "support_request.message_posted": MailText(
        lazy("New message: %(about)s"), lazy("There is a new message in the conversation about %(product)s.")
    ),
    "support_request.acknowledged": MailText(
        lazy("The seller has responded: %(about)s"),
        lazy("The seller has answered your request about %(product)s in person."),
    ),
    "support_request.kind_changed:proposed": MailText(
        lazy("Is this what your request is about? %(about)s"),
        lazy("The seller proposes to treat your request about %(product)s as: %(kind)s. Please say whether you agree."),
    ),
    "support_request.kind_changed": MailText(
        lazy("Your request is treated in another way: %(about)s"),
        lazy("Your request about %(product)s is now treated as: %(kind)s."),
    ),
    "support_request.checked": MailText(
        lazy("Your shop was checked: %(about)s"),
        lazy(
            "The check of your shop found a reason for which the seller may refuse your request about %(product)s: "
            "%(ground)s. You need not do anything: the seller decides in person, and may help all the same."
        ),
    ),
    "support_request.refused": MailText(
        lazy("The seller has refused your request: %(about)s"),
        lazy(
            "The seller has refused your request about %(product)s. The ground: %(ground)s. If you disagree, you can "
            "contest the refusal until %(until)s; the marketplace then decides."
        ),
    ),
    "support_request.overturned": MailText(
        lazy("The refusal was overturned: %(about)s"),
        lazy("The marketplace has overturned the refusal of your request about %(product)s: the seller has to go on."),
    ),
    "support_request.offer_made": MailText(
        lazy("The seller proposes a paid update: %(about)s"),
        lazy(
            "For your request about %(product)s the seller proposes a paid update at %(amount)s. You can accept or "
            "decline it. If you decline, what was owed to you is still owed."
        ),
    ),
    "support_request.resolved": MailText(
        lazy("Is it fixed? %(about)s"),
        lazy(
            "The seller says that your request about %(product)s is settled. If it is not, say so until %(until)s: the "
            "seller then has to go on."
        ),
    ),
    "support_request.refund_due": MailText(
        lazy("A refund is due to you: %(about)s"),
        lazy(
            "The problem with %(product)s was not fixed in time, and you are owed %(amount)s. The refund is asked for "
            "after %(until)s, unless you prefer the fix and say so until then. You lose nothing by that: the fix gets "
            "a new date, and you can ask for the refund again."
        ),
    ),
    "support_request.refund_requested": MailText(
        lazy("Your refund was asked for: %(about)s"),
        lazy("The refund of %(amount)s for %(product)s was asked for. You have nothing to do."),
    ),
    "support_request.refund_deferred": MailText(
        lazy("You prefer the fix: %(about)s"),
        lazy(
            "You prefer the fix of %(product)s over the refund of %(amount)s. The seller has until the end of "
            "%(until)s. You can ask for the refund again until the fix is delivered; if that date is missed, it is due "
            "again by itself."
        ),
    ),
    "support_request.refund_settled": MailText(
        lazy("Your refund is complete: %(about)s"),
        lazy("Everything that you were owed for %(product)s was given back: %(amount)s."),
    ),
    "support_request.closed": MailText(
        lazy("Your request is closed: %(about)s"), lazy("Your request about %(product)s is closed. %(why)s")
    ),
    "subscription.renewal_notice_due": MailText(
        lazy("Your Business Care renews soon: %(product)s"),
        lazy(
            "Your Business Care for %(product)s ends on %(last_day)s, and renews for 12 months at %(amount)s unless "
            "you cancel the renewal. You can do so free of charge until %(until)s, in your account."
        ),
    ),
    "subscription.renewal_cancelled:customer": MailText(
        lazy("Your Business Care will not renew: %(product)s"),
        lazy(
            "We confirm that the Business Care for %(product)s will not renew, as you asked. It goes on until "
            "%(last_day)s, with support and updates."
        ),
    ),
    "subscription.renewal_cancelled:withdrawal": MailText(
        lazy("Your Business Care will not renew: %(product)s"),
        lazy(
            "%(product)s is no longer sold, so your Business Care will not renew. It goes on until %(last_day)s, with "
            "support and updates."
        ),
    ),
    "subscription.renewal_cancelled": MailText(
        lazy("Your Business Care has ended: %(product)s"), lazy("Your Business Care for %(product)s has ended.")
    ),
}
_TO_SELLER: dict[str, MailText] = {
    "support_request.accepted": MailText(
        lazy("New request: %(about)s"),
        lazy(
            "A customer writes about %(product)s. Please answer in person: automatic replies do not count. The "
            "conversation shows by when an answer is due."
        ),
    ),
    "support_request.message_posted": _TO_CUSTOMER["support_request.message_posted"],
    "support_request.acknowledgement_due_soon": MailText(
        lazy("To be answered today: %(about)s"),
        lazy(
            "A request about %(product)s waits for your answer in person, until the end of %(until)s. Automatic "
            "replies do not count."
        ),
    ),
    "support_request.acknowledgement_missed": MailText(
        lazy("Not answered in time: %(about)s"),
        lazy("A request about %(product)s was to be answered in person until the end of %(until)s. It still waits."),
    ),
    "support_request.kind_changed:proposed": MailText(
        lazy("Another type of request is proposed: %(about)s"),
        lazy("It is proposed to treat the request about %(product)s as: %(kind)s. The customer has to agree."),
    ),
    "support_request.kind_changed": MailText(
        lazy("A request is treated in another way: %(about)s"),
        lazy("The request about %(product)s is now treated as: %(kind)s."),
    ),
    "support_request.checked": MailText(
        lazy("The customer’s site was checked: %(about)s"),
        lazy(
            "The check of the site found a reason for which you may refuse the request about %(product)s: %(ground)s. "
            "What was found is on the request’s page. You may help all the same."
        ),
    ),
    "support_request.proposed:refusal": MailText(
        lazy("Please confirm the refusal: %(about)s"),
        lazy(
            "A program of yours proposes to refuse the request about %(product)s. Deadlines go on until one of you "
            "confirms it on the request’s page; then it counts from when it was received."
        ),
    ),
    "support_request.proposed:resolution": MailText(
        lazy("Please confirm the resolution: %(about)s"),
        lazy(
            "A program of yours proposes that the request about %(product)s is resolved. Deadlines go on until one of "
            "you confirms it on the request’s page; then it counts from when it was received."
        ),
    ),
    "support_request.proposed:offer": MailText(
        lazy("Please confirm the offer: %(about)s"),
        lazy(
            "A program of yours has offered a paid update for the request about %(product)s. The customer can answer "
            "it. It counts as your answer once one of you confirms it on the request’s page."
        ),
    ),
    "support_request.contested": MailText(
        lazy("The customer contests your refusal: %(about)s"),
        lazy("The customer contests your refusal of the request about %(product)s. The marketplace decides."),
    ),
    "support_request.overturned": MailText(
        lazy("Your refusal was overturned: %(about)s"),
        lazy("The marketplace has overturned your refusal of the request about %(product)s. Please go on with it."),
    ),
    "support_request.overturned:due": MailText(
        lazy("Your refusal was overturned: %(about)s"),
        lazy(
            "The marketplace has overturned your refusal of the request about %(product)s. The fix is owed until the "
            "end of %(until)s."
        ),
    ),
    "support_request.offer_answered:accepted": MailText(
        lazy("Your offer is accepted: %(about)s"),
        lazy(
            "The customer accepts the paid update of %(product)s at %(amount)s. It settles the request once it was "
            "bought; until then a fix that is owed stays owed."
        ),
    ),
    "support_request.offer_answered": MailText(
        lazy("Your offer is declined: %(about)s"),
        lazy("The customer declines the paid update of %(product)s at %(amount)s. A fix that is owed stays owed."),
    ),
    "support_request.reopened": MailText(
        lazy("Not fixed, says the customer: %(about)s"),
        lazy("The customer says that the request about %(product)s is not settled. Please go on with it."),
    ),
    "support_request.reopened:due": MailText(
        lazy("Not fixed, says the customer: %(about)s"),
        lazy(
            "The customer says that the request about %(product)s is not settled. The fix is owed until the end of "
            "%(until)s."
        ),
    ),
    "support_request.fix_due_soon": MailText(
        lazy("One business day left to fix: %(about)s"),
        lazy("The problem with %(product)s has to be fixed until the end of %(until)s. After that a refund is due."),
    ),
    "support_request.fix_missed": MailText(
        lazy("Not fixed in time: %(about)s"),
        lazy("The problem with %(product)s was to be fixed until the end of %(until)s."),
    ),
    "support_request.refund_due": MailText(
        lazy("A refund is due: %(about)s"),
        lazy(
            "The problem with %(product)s was not fixed in time, and the customer is owed %(amount)s. The refund is "
            "asked for after %(until)s, unless the customer prefers the fix."
        ),
    ),
    "support_request.refund_requested": MailText(
        lazy("A refund was asked for: %(about)s"),
        lazy("The refund of %(amount)s for %(product)s was asked for."),
    ),
    "support_request.refund_deferred": MailText(
        lazy("The customer prefers the fix: %(about)s"),
        lazy(
            "The customer prefers the fix of %(product)s over the refund of %(amount)s. The fix is owed until the end "
            "of %(until)s; after that the refund is due again."
        ),
    ),
    "support_request.refund_settled": MailText(
        lazy("A refund is complete: %(about)s"),
        lazy("Everything that the customer was owed for %(product)s was given back: %(amount)s."),
    ),
    "support_request.closed": MailText(
        lazy("A request is closed: %(about)s"), lazy("The request about %(product)s is closed. %(why)s")
    ),
}
MAIL_TEXTS = {Reader.CUSTOMER: _TO_CUSTOMER, Reader.SELLER: _TO_SELLER}

GREETING = lazy("Hello %(name)s,")
SEE = lazy("See and answer here:")
SEE_ACCOUNT = lazy("Your account:")
REASON_GIVEN = lazy("Reason given: %(reason)s")
FOOTER = lazy("This mail was sent automatically. Answers to it are not read: please write in the conversation.")
FOOTER_ACCOUNT = lazy("This mail was sent automatically. Answers to it are not read.")
