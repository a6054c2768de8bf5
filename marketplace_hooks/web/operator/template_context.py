"""Template context of the operator's pages: the labels that their templates use."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...models.access import Role
from ..form_idempotency import once_token
from ..labels.audit import action_label
from ..labels.audit_details import detail_lines
from ..labels.business_care import WHY_ASKED_BACK
from ..labels.change_results import summarize_changes
from ..labels.delivery_errors import delivery_error_label
from ..labels.event_faults import fault_label
from ..labels.label import labels_for
from ..labels.operations import OUTCOMES, REFUND_PATHS, SUBJECTS, parent_label, subject_label
from ..labels.reasons import standard_reason_label
from ..labels.statuses import (
    HELD_BY,
    SCHEDULED_TO,
    STATUS_BUTTONS,
    WITHDRAWN_BY,
    actor_label,
    change_label,
    status_button,
    step_label,
)
from ..labels.support import GIVEN_BACK, REFUND_LINES
from ..labels.urgency import last_day_of
from ..navigation import ROLES
from .blueprint import blueprint


@blueprint.context_processor
def template_context() -> dict[str, Any]:
    """What every template of the operator's pages can use."""
    return {
        "action_label": action_label,
        "actor_label": partial(actor_label, role=Role.OPERATOR),
        "buttons": STATUS_BUTTONS,
        "change_label": partial(change_label, role=Role.OPERATOR),
        "delivery_error_label": delivery_error_label,
        "detail_lines": detail_lines,
        "fault_label": fault_label,
        "given_back_labels": GIVEN_BACK,
        "held_by": labels_for(Role.OPERATOR, HELD_BY),
        "last_day_of": last_day_of,
        "once_token": once_token,
        "outcomes": OUTCOMES,
        "parent_label": parent_label,
        "refund_lines": REFUND_LINES,
        "refund_paths": REFUND_PATHS,
        "role_names": ROLES,
        "scheduled_to": SCHEDULED_TO,
        "standard_reason_label": standard_reason_label,
        "status_button": status_button,
        "step_label": step_label,
        "summarize_changes": summarize_changes,
        "subject_label": subject_label,
        "subjects": [(kind, str(label)) for kind, label in SUBJECTS.items()],
        "why_asked_back": WHY_ASKED_BACK,
        "withdrawn_by": labels_for(Role.OPERATOR, WITHDRAWN_BY),
    }
