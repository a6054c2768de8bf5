"""What does a seller see and do: products, requests, closures, figures?"""

from ..pages import page_blueprint

blueprint = page_blueprint("mh_seller", __name__)

from . import (  # noqa: E402, F401 - their views need the blueprint, and importing them adds them to it
    answers,
    changes,
    closures,
    figures,
    packs,
    products,
    progress,
    refunds,
    requests,
    words,
)
