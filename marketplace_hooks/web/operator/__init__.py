"""What do the marketplace's people see and do: events, deliveries, cascades, and what waits for a person?"""

from ..pages import page_blueprint

blueprint = page_blueprint("mh_operator", __name__)

from . import (  # noqa: E402 - their views need the blueprint, and importing them adds them to it
    cascades,
    changes,
    deliveries,
    events,
    moves,
    overview,
    products,
    refunds,
    replies,
    requests,
    sellers,
    words,
)

blueprint.context_processor(words.in_templates)

__all__ = [
    "blueprint",
    "cascades",
    "changes",
    "deliveries",
    "events",
    "moves",
    "overview",
    "products",
    "refunds",
    "replies",
    "requests",
    "sellers",
]
