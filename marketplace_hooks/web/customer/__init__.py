"""Customer account: purchases, Business Care, downloads and support requests."""

from __future__ import annotations

from . import (
    conversation,
    eligibility_check,
    expired_form,
    new_request,
    purchases,
    renewals,
    support_moves,
    support_requests,
    template_context,
)
from .blueprint import blueprint

__all__ = [
    "blueprint",
    "conversation",
    "eligibility_check",
    "expired_form",
    "new_request",
    "purchases",
    "renewals",
    "support_moves",
    "support_requests",
    "template_context",
]
