"""What do the marketplace's people see and do: events, deliveries, cascades, and what waits for a person?"""

from ..pages import page_blueprint

blueprint = page_blueprint("mh_operator", __name__)

from . import events  # noqa: E402, F401 - its views need the blueprint, and importing them adds them to it
