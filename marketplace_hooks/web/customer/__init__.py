"""What does a customer see and do: purchases, Business Care, requests for support?"""

from ..pages import page_blueprint

blueprint = page_blueprint("mh_customer", __name__)

from . import purchases  # noqa: E402, F401 - its views need the blueprint, and importing them adds them to it
