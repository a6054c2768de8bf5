"""What does a customer see and do: purchases, Business Care, requests for support?"""

from __future__ import annotations

from flask import request

from ...errors import NotFound
from ..pages import page_blueprint
from .ids import is_id

blueprint = page_blueprint("mh_customer", __name__)


@blueprint.before_request
def refuse_what_is_no_id() -> None:
    """An address with something in it that no id of ours can be leads nowhere."""
    if not all(is_id(str(value)) for value in (request.view_args or {}).values()):
        raise NotFound("there is nothing of this name")


from . import (  # noqa: E402 - the views need the blueprint, and importing them adds them to it
    asking,  # noqa: F401 - see above
    checking,  # noqa: F401 - see above
    conversation,  # noqa: F401 - see above
    moves,  # noqa: F401 - see above
    purchases,  # noqa: F401 - see above
    renewals,  # noqa: F401 - see above
    requests,  # noqa: F401 - see above
    stale,  # noqa: F401 - see above
    vocabulary,  # noqa: F401 - see above
)
