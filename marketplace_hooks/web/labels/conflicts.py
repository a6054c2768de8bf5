"""How is an impossible move told to people: where does it stand, and what can it not become from there?

One sentence for every room. `services` raise the same fact for machines: `Conflict.between`.
"""

from __future__ import annotations

from ...errors import Refused
from ..i18n.language import gettext
from .states import STATE_TAGS, state_tag


def both_states(refused: Refused) -> str:
    """Where it stands and what was asked for; nothing where pages have no word for one of them."""
    state, asked = (str(refused.facts.get(name, "")) for name in ("state", "asked"))
    if state not in STATE_TAGS or asked not in STATE_TAGS:
        return ""
    if state == asked:
        return gettext("It is “%(state)s” already.", state=state_tag(state)[1])
    return gettext(
        "It is “%(state)s” now and cannot become “%(asked)s”.", state=state_tag(state)[1], asked=state_tag(asked)[1]
    )
