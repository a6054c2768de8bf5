"""Audit labels: what somebody did, how it ended, and by which way, for operators."""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.audit_actions import AuditAction
from ...models.audit import AuditChannel, AuditOutcome
from ..i18n.language import LazyText, lazy

ACTIONS: Mapping[AuditAction, LazyText] = {
    AuditAction.SESSION_STARTED: lazy("Signed in"),
    AuditAction.SESSION_ENDED: lazy("Signed out"),
    AuditAction.SIGN_IN_REFUSED: lazy("Sign-in refused"),
    AuditAction.ACCESS_REFUSED: lazy("Access refused"),
    AuditAction.TOKEN_CREATED: lazy("API token created"),
    AuditAction.TOKEN_REVOKED: lazy("API token revoked"),
    AuditAction.TOKEN_REFUSED: lazy("API token refused"),
    AuditAction.ENDPOINT_CREATED: lazy("Endpoint added"),
    AuditAction.ENDPOINT_ENABLED: lazy("Endpoint enabled"),
    AuditAction.ENDPOINT_DISABLED: lazy("Endpoint disabled"),
    AuditAction.ENDPOINT_CHANGED: lazy("Endpoint changed"),
    AuditAction.ENDPOINT_ROTATED: lazy("Endpoint secret rotated"),
    AuditAction.ENDPOINT_PINGED: lazy("Endpoint tested"),
    AuditAction.ENDPOINT_DELETED: lazy("Endpoint deleted"),
    AuditAction.EVENT_REPLAYED: lazy("Event applied again"),
    AuditAction.EVENT_CORRECTED: lazy("Corrected event sent"),
    AuditAction.DELIVERY_REPLAYED: lazy("Webhook sent again"),
    AuditAction.DELIVERIES_REPLAYED: lazy("Several webhooks sent again"),
    AuditAction.RENEWALS_RELEASED: lazy("Renewals released"),
    AuditAction.SNAPSHOT_EXPORTED: lazy("Data exported"),
    AuditAction.SNAPSHOT_IMPORTED: lazy("Data imported"),
    AuditAction.OLD_DATA_PURGED: lazy("Old data deleted"),
    AuditAction.RELEASES_UPDATED: lazy("PrestaShop releases added"),
    AuditAction.BACKUP_MADE: lazy("Backup made"),
    AuditAction.BACKUP_RESTORED: lazy("Backup restored"),
    AuditAction.CUSTOMER_ERASED: lazy("Customer data erased"),
    AuditAction.CUSTOMER_EXPORTED: lazy("Customer data exported"),
    AuditAction.PRODUCT_STATUS_CHANGED: lazy("Product status changed"),
    AuditAction.PRODUCT_CHANGE_CANCELLED: lazy("Scheduled product change cancelled"),
    AuditAction.PRODUCT_REINSTATED: lazy("Product reinstated"),
    AuditAction.PACK_STATUS_CHANGED: lazy("Pack status changed"),
    AuditAction.PACK_CHANGE_CANCELLED: lazy("Scheduled pack change cancelled"),
    AuditAction.CLOSURE_DECLARED: lazy("Closure declared"),
    AuditAction.CLOSURE_SHORTENED: lazy("Closure shortened"),
    AuditAction.CLOSURE_CANCELLED: lazy("Closure cancelled"),
    AuditAction.RENEWAL_CHANGED: lazy("Automatic renewal changed"),
    AuditAction.REACTIVATION_REQUESTED: lazy("Business Care reactivation requested"),
    AuditAction.INSPECTION_STARTED: lazy("Shop check started"),
    AuditAction.INSPECTION_CLOSED: lazy("Shop check closed"),
    AuditAction.SITE_DECLARED: lazy("Shop details entered"),
    AuditAction.DRAFT_SAVED: lazy("Draft request saved"),
    AuditAction.REQUEST_SUBMITTED: lazy("Request submitted"),
    AuditAction.REQUEST_COMPLETED: lazy("Missing information added"),
    AuditAction.REQUEST_SENT_AS_IS: lazy("Request sent as it is"),
    AuditAction.REQUEST_WITHDRAWN: lazy("Request withdrawn"),
    AuditAction.MESSAGE_POSTED: lazy("Message posted"),
    AuditAction.MESSAGE_JUDGED: lazy("Reply confirmed or rejected"),
    AuditAction.FILE_ATTACHED: lazy("File attached"),
    AuditAction.REQUEST_ASSIGNED: lazy("Request assigned"),
    AuditAction.REFUSED: lazy("Request refused"),
    AuditAction.GROUND_WAIVED: lazy("Reason for refusal waived"),
    AuditAction.CONTESTED: lazy("Refusal contested"),
    AuditAction.OVERTURNED: lazy("Refusal overturned"),
    AuditAction.UPHELD: lazy("Refusal upheld"),
    AuditAction.RESOLVED: lazy("Request resolved"),
    AuditAction.NOT_FIXED: lazy("Reported as not fixed"),
    AuditAction.FIX_EXTENDED: lazy("Fix deadline extended"),
    AuditAction.KIND_CHANGED: lazy("Request type changed"),
    AuditAction.OFFER_MADE: lazy("Paid update offered"),
    AuditAction.OFFER_ANSWERED: lazy("Offer answered"),
    AuditAction.PROPOSED: lazy("Answer proposed by a program"),
    AuditAction.PROPOSAL_JUDGED: lazy("Proposed answer confirmed or declined"),
    AuditAction.REFUND_APPROVED: lazy("Refund approved"),
    AuditAction.REFUND_SETTLED: lazy("Manual refund marked as done"),
    AuditAction.REFUND_DEFERRED: lazy("Fix preferred to the refund"),
    AuditAction.REFUND_REQUESTED: lazy("Refund requested again"),
}
OUTCOMES: Mapping[AuditOutcome, LazyText] = {
    AuditOutcome.DONE: lazy("Done"),
    AuditOutcome.UNCHANGED: lazy("No change"),
    AuditOutcome.REFUSED: lazy("Refused"),
}
CHANNELS: Mapping[AuditChannel, LazyText] = {
    AuditChannel.PAGE: lazy("website"),
    AuditChannel.API: lazy("API"),
    AuditChannel.COMMAND: lazy("command line"),
}


def action_label(action: str) -> str:
    """What was done; a name that an older version wrote, as it is."""
    return str(ACTIONS[AuditAction(action)]) if action in list(AuditAction) else action
