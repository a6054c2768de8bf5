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


_REFUND_AFTER_DISPUTE = MailText(
    lazy("A refund may be due: %(about)s"),
    lazy(
        "The problem with %(product)s was not fixed on time. The bank has reversed the payment and has not decided "
        "yet: whatever is still owed of %(amount)s after its decision will then be requested."
    ),
)
_TO_CUSTOMER: dict[str, MailText] = {
    "support_request.accepted": MailText(
        lazy("Your request was accepted: %(about)s"),
        lazy("Your request about %(product)s was sent to the seller. The conversation shows when a response is due."),
    ),
    "support_request.needs_information": MailText(
        lazy("Information missing from your request: %(about)s"),
        lazy(
            "Your request about %(product)s has not been sent to the seller yet. Please add the "
            "following by %(until)s: %(missing)s. You can also send the request as it is."
        ),
    ),
    "support_request.not_entitled": MailText(
        lazy("Your request could not be accepted: %(about)s"),
        lazy("Your request about %(product)s is not covered by active Business Care. %(why)s %(remedy)s"),
    ),
    "support_request.message_posted": MailText(
        lazy("New message: %(about)s"), lazy("There is a new message in the conversation about %(product)s.")
    ),
    "support_request.acknowledged": MailText(
        lazy("The seller has responded: %(about)s"),
        lazy("The seller has responded personally to your request about %(product)s."),
    ),
    "support_request.kind_changed:proposed": MailText(
        lazy("Please confirm the type of your request: %(about)s"),
        lazy("The seller proposes to handle your request about %(product)s as “%(kind)s”. Please accept or decline."),
    ),
    "support_request.kind_changed": MailText(
        lazy("The type of your request has changed: %(about)s"),
        lazy("Your request about %(product)s is now handled as “%(kind)s”."),
    ),
    "support_request.checked": MailText(
        lazy("Your shop was checked: %(about)s"),
        lazy(
            "The check of your shop found a reason for which the seller may refuse your request about "
            "%(product)s: %(ground)s. You do not need to do anything: the seller decides and may still "
            "help."
        ),
    ),
    "support_request.refused": MailText(
        lazy("The seller has refused your request: %(about)s"),
        lazy(
            "The seller has refused your request about %(product)s. Reason: %(ground)s. If you disagree, "
            "you can contest the refusal until %(until)s; the marketplace will then decide."
        ),
    ),
    "support_request.overturned": MailText(
        lazy("The refusal was overturned: %(about)s"),
        lazy(
            "The marketplace has overturned the refusal of your request about %(product)s: the seller must continue "
            "working on it."
        ),
    ),
    "support_request.offer_made": MailText(
        lazy("The seller proposes a paid update: %(about)s"),
        lazy(
            "For your request about %(product)s, the seller proposes a paid update at %(amount)s. You "
            "can accept or decline it. If you decline, any fix that is due remains due."
        ),
    ),
    "support_request.resolved": MailText(
        lazy("Is it fixed? %(about)s"),
        lazy(
            "The seller says that your request about %(product)s is resolved. If the problem is not fixed, let us "
            "know by %(until)s: the seller must then continue working on it."
        ),
    ),
    "support_request.refund_due": MailText(
        lazy("You are owed a refund: %(about)s"),
        lazy(
            "The problem with %(product)s was not fixed on time, and you are owed %(amount)s. The refund "
            "will be requested after %(until)s, unless you choose the fix before then. You keep your "
            "rights: the fix gets a new deadline, and you can still request the refund."
        ),
    ),
    "support_request.refund_due:disputed": _REFUND_AFTER_DISPUTE,
    "support_request.refund_requested": MailText(
        lazy("Your refund has been requested: %(about)s"),
        lazy("The refund of %(amount)s for %(product)s has been requested. You do not need to do anything."),
    ),
    "support_request.refund_deferred": MailText(
        lazy("You chose the fix: %(about)s"),
        lazy(
            "You chose the fix of %(product)s over the refund of %(amount)s. The seller has until the "
            "end of %(until)s. You can request the refund again until the fix is delivered; if the "
            "deadline passes, it is due again automatically."
        ),
    ),
    "support_request.refund_no_longer_due": MailText(
        lazy("No refund is due any more: %(about)s"),
        lazy("The seller acted on time after all, so the refund of %(amount)s for %(product)s is no longer due."),
    ),
    "support_request.refund_settled": MailText(
        lazy("You have been refunded in full: %(about)s"),
        lazy("Everything you were owed for %(product)s has been refunded: %(amount)s."),
    ),
    "support_request.closed": MailText(
        lazy("Your request is closed: %(about)s"), lazy("Your request about %(product)s is closed. %(why)s")
    ),
    "subscription.renewal_notice_due": MailText(
        lazy("Your Business Care renews soon: %(product)s"),
        lazy(
            "Your Business Care for %(product)s ends on %(last_day)s, and renews for 12 months at "
            "%(amount)s unless you cancel the renewal. You can do so at no cost until %(until)s, in your "
            "account."
        ),
    ),
    "subscription.renewal_cancelled:customer": MailText(
        lazy("Your Business Care will not renew: %(product)s"),
        lazy(
            "We confirm that Business Care for %(product)s will not renew, as you asked. Support and "
            "updates continue through %(last_day)s."
        ),
    ),
    "subscription.renewal_cancelled:withdrawal": MailText(
        lazy("Your Business Care will not renew: %(product)s"),
        lazy(
            "%(product)s is no longer sold, so your Business Care will not renew. Support and updates "
            "continue through %(last_day)s."
        ),
    ),
    "subscription.renewal_cancelled:termination": MailText(
        lazy("Your Business Care ends: %(product)s"), lazy("Your Business Care for %(product)s ends on %(ended_on)s.")
    ),
    "subscription.renewal_cancelled": MailText(
        lazy("Your Business Care has ended: %(product)s"), lazy("Your Business Care for %(product)s has ended.")
    ),
}
_TO_SELLER: dict[str, MailText] = {
    "support_request.accepted": MailText(
        lazy("New request: %(about)s"),
        lazy(
            "A customer has written about %(product)s. Please respond personally: automatic replies do "
            "not count. The conversation shows when your response is due."
        ),
    ),
    "support_request.message_posted": _TO_CUSTOMER["support_request.message_posted"],
    "support_request.acknowledgement_due_soon": MailText(
        lazy("Response due today: %(about)s"),
        lazy(
            "A request about %(product)s needs your personal response by the end of %(until)s. Automatic "
            "replies do not count."
        ),
    ),
    "support_request.acknowledgement_missed": MailText(
        lazy("First response overdue: %(about)s"),
        lazy("A request about %(product)s was due a personal response by the end of %(until)s. It is still waiting."),
    ),
    "support_request.kind_changed:proposed": MailText(
        lazy("A different type of request was proposed: %(about)s"),
        lazy("A proposal was made to handle the request about %(product)s as “%(kind)s”. The customer must agree."),
    ),
    "support_request.kind_changed": MailText(
        lazy("The type of a request has changed: %(about)s"),
        lazy("The request about %(product)s is now handled as “%(kind)s”."),
    ),
    "support_request.checked": MailText(
        lazy("The customer’s site was checked: %(about)s"),
        lazy(
            "The check of the site found a reason for which you may refuse the request about %(product)s: "
            "%(ground)s. See the request page for details. You can still help."
        ),
    ),
    "support_request.proposed:refusal": MailText(
        lazy("Please confirm the refusal: %(about)s"),
        lazy(
            "One of your programs proposes to refuse the request about %(product)s. Deadlines keep running until "
            "someone confirms it on the request page; it then counts from when it was received."
        ),
    ),
    "support_request.proposed:resolution": MailText(
        lazy("Please confirm the resolution: %(about)s"),
        lazy(
            "One of your programs proposes to mark the request about %(product)s as resolved. Deadlines keep running "
            "until someone confirms it on the request page; it then counts from when it was received."
        ),
    ),
    "support_request.proposed:offer": MailText(
        lazy("Please confirm the offer: %(about)s"),
        lazy(
            "One of your programs offered a paid update for the request about %(product)s. The customer can already "
            "accept or decline it. It counts as your response once someone confirms it on the request page."
        ),
    ),
    "support_request.contested": MailText(
        lazy("The customer contests your refusal: %(about)s"),
        lazy("The customer contests your refusal of the request about %(product)s. The marketplace will decide."),
    ),
    "support_request.overturned": MailText(
        lazy("Your refusal was overturned: %(about)s"),
        lazy(
            "The marketplace has overturned your refusal of the request about %(product)s. Please continue "
            "working on it."
        ),
    ),
    "support_request.overturned:due": MailText(
        lazy("Your refusal was overturned: %(about)s"),
        lazy(
            "The marketplace has overturned your refusal of the request about %(product)s. The fix is "
            "due by the end of %(until)s."
        ),
    ),
    "support_request.offer_answered:accepted": MailText(
        lazy("Your offer was accepted: %(about)s"),
        lazy(
            "The customer accepted the paid update of %(product)s at %(amount)s. The request is resolved "
            "once they buy it; until then, any fix that is due remains due."
        ),
    ),
    "support_request.offer_answered": MailText(
        lazy("Your offer was declined: %(about)s"),
        lazy("The customer declined the paid update of %(product)s at %(amount)s. Any fix that is due remains due."),
    ),
    "support_request.reopened": MailText(
        lazy("Reported as not fixed: %(about)s"),
        lazy("The customer reports that the problem with %(product)s is not fixed. Please continue working on it."),
    ),
    "support_request.reopened:due": MailText(
        lazy("Reported as not fixed: %(about)s"),
        lazy(
            "The customer reports that the problem with %(product)s is not fixed. The fix is due by the "
            "end of %(until)s."
        ),
    ),
    "support_request.fix_due_soon": MailText(
        lazy("One business day left to fix: %(about)s"),
        lazy("The problem with %(product)s must be fixed by the end of %(until)s. After that, a refund is due."),
    ),
    "support_request.fix_missed": MailText(
        lazy("Fix overdue: %(about)s"), lazy("The fix for %(product)s was due by the end of %(until)s.")
    ),
    "support_request.refund_due": MailText(
        lazy("A refund is due: %(about)s"),
        lazy(
            "The problem with %(product)s was not fixed on time, and the customer is owed %(amount)s. "
            "The refund will be requested after %(until)s, unless the customer prefers the fix."
        ),
    ),
    "support_request.refund_due:disputed": _REFUND_AFTER_DISPUTE,
    "support_request.refund_requested": MailText(
        lazy("A refund has been requested: %(about)s"),
        lazy("The refund of %(amount)s for %(product)s has been requested."),
    ),
    "support_request.refund_deferred": MailText(
        lazy("The customer prefers the fix: %(about)s"),
        lazy(
            "The customer chose the fix of %(product)s over the refund of %(amount)s. The fix is due by "
            "the end of %(until)s; after that, the refund is due again."
        ),
    ),
    "support_request.refund_no_longer_due": MailText(
        lazy("No refund is due any more: %(about)s"),
        lazy("You acted on time, so the refund of %(amount)s for %(product)s is no longer due."),
    ),
    "support_request.refund_settled": MailText(
        lazy("The customer has been refunded in full: %(about)s"),
        lazy("Everything the customer was owed for %(product)s has been refunded: %(amount)s."),
    ),
    "support_request.closed": MailText(
        lazy("A request is closed: %(about)s"), lazy("The request about %(product)s is closed. %(why)s")
    ),
}
MAIL_TEXTS = {Reader.CUSTOMER: _TO_CUSTOMER, Reader.SELLER: _TO_SELLER}

GREETING = lazy("Hello %(name)s,")
SEE = lazy("View and respond:")
SEE_ACCOUNT = lazy("Your account:")
REASON_GIVEN = lazy("Reason given: %(reason)s")
FOOTER = lazy("This email was sent automatically. Replies are not read: please write in the conversation.")
FOOTER_ACCOUNT = lazy("This email was sent automatically. Replies are not read.")
