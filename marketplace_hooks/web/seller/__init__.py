"""What does a seller see and do: products, requests, closures, figures?"""

from ..pages import page_blueprint

blueprint = page_blueprint("mh_seller", __name__)

from . import products  # noqa: E402, F401 - its views need the blueprint, and importing them adds them to it
