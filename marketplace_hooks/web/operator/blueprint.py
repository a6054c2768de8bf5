"""The blueprint that every page of `web/operator` registers on."""

from __future__ import annotations

from ..labels import operator as labels
from ..layout import page_blueprint

blueprint = page_blueprint("mh_operator", __name__)
blueprint.context_processor(labels.template_context)
