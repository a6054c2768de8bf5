"""Audit actions: stable names of what persons and tokens do, as the audit log, the API and exports give them.

The part before the dot is the type of the object. A name, once published, never changes its meaning.
"""

from __future__ import annotations

import enum


class AuditAction(enum.StrEnum):
    """What somebody did, or was refused."""

    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SIGN_IN_REFUSED = "session.refused"
    ACCESS_REFUSED = "route.access_refused"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of an action
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an action
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - the name of an action
    ENDPOINT_CREATED = "endpoint.created"
    ENDPOINT_ENABLED = "endpoint.enabled"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_CHANGED = "endpoint.changed"
    ENDPOINT_ROTATED = "endpoint.secret_rotated"
    ENDPOINT_PINGED = "endpoint.pinged"
    ENDPOINT_DELETED = "endpoint.deleted"
    EVENT_REPLAYED = "event.replayed"
    EVENT_CORRECTED = "event.corrected"
    DELIVERY_REPLAYED = "delivery.replayed"
    DELIVERIES_REPLAYED = "delivery.several_replayed"
    RENEWALS_RELEASED = "renewals.released"
    OLD_DATA_PURGED = "old_data.purged"
    RELEASES_UPDATED = "platform_releases.updated"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    SNAPSHOT_EXPORTED = "snapshot.exported"
    SNAPSHOT_IMPORTED = "snapshot.imported"
    CUSTOMER_ERASED = "customer.erased"
    CUSTOMER_EXPORTED = "customer.exported"
    PRODUCT_STATUS_CHANGED = "product.status_changed"
    PRODUCT_CHANGE_CANCELLED = "product.change_cancelled"
    PRODUCT_REINSTATED = "product.reinstated"
    PACK_STATUS_CHANGED = "pack.status_changed"
    PACK_CHANGE_CANCELLED = "pack.change_cancelled"
    CLOSURE_DECLARED = "closure.declared"
    CLOSURE_SHORTENED = "closure.shortened"
    CLOSURE_CANCELLED = "closure.cancelled"
    RENEWAL_CHANGED = "subscription.renewal_changed"
    REACTIVATION_REQUESTED = "subscription.reactivation_requested"
    INSPECTION_STARTED = "inspection.started"
    INSPECTION_CLOSED = "inspection.closed"
    SITE_DECLARED = "inspection.site_declared"
    DRAFT_SAVED = "request_draft.saved"
    REQUEST_SUBMITTED = "support_request.submitted"
    REQUEST_COMPLETED = "support_request.information_given"
    REQUEST_SENT_AS_IS = "support_request.sent_as_is"
    REQUEST_WITHDRAWN = "support_request.withdrawn"
    MESSAGE_POSTED = "support_request.message_posted"
    MESSAGE_JUDGED = "support_request.message_judged"
    FILE_ATTACHED = "support_request.file_attached"
    REQUEST_ASSIGNED = "support_request.assigned"
    REFUSED = "support_request.refused"
    GROUND_WAIVED = "support_request.ground_waived"
    CONTESTED = "support_request.contested"
    OVERTURNED = "support_request.overturned"
    UPHELD = "support_request.upheld"
    RESOLVED = "support_request.resolved"
    NOT_FIXED = "support_request.not_fixed"
    FIX_EXTENDED = "support_request.fix_extended"
    KIND_CHANGED = "support_request.kind_changed"
    OFFER_MADE = "support_request.offer_made"
    OFFER_ANSWERED = "support_request.offer_answered"
    PROPOSED = "support_request.proposed"
    PROPOSAL_JUDGED = "support_request.proposal_judged"
    REFUND_APPROVED = "support_request.refund_approved"
    REFUND_SETTLED = "support_request.refund_settled_by_hand"
    REFUND_DEFERRED = "support_request.refund_deferred"
    REFUND_REQUESTED = "support_request.refund_requested"

    @property
    def object_type(self) -> str:
        """What kind of thing it was done to."""
        return self.value.partition(".")[0]
