"""Doctor's check of templates that replace ours."""

from __future__ import annotations

from flask import current_app

from ..page_templates import replaced_templates, template_faults
from .doctor_work import Check, check


def templates() -> Check:
    """What an application's own templates replace; what replaces nothing is a warning, for nobody else says so."""
    faults = template_faults(current_app)
    if faults:
        return check("templates", "warning", "; ".join(faults))
    count = len(replaced_templates(current_app))
    return check("templates", "ok", f"{count} of ours replaced" if count else "none of ours replaced")
