"""Demo tour: five steps from a product that is taken offline to the decision about a refusal.

Which step is open is stored in a cookie of the browser; closed, the tour goes on later where it was left. Only in a
demo that no host signs people in to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from ..models.access import Role
from .i18n.language import LazyText, lazy
from .state import current_web_state

COOKIE = "mh_tour"
CLOSE = "close"
DONE = "done"
_CLOSED = "closed-"


@dataclass(frozen=True, kw_only=True)
class TourStep:
    """One step: who does something, what it is called, and what there is to do on the page that opens."""

    number: int
    role: Role
    subject: str | None
    title: LazyText
    text: LazyText


SELLER_ID = "nubetaller"
CUSTOMER_ID = "c-1002"
PRODUCT_ID = "20282"
PURCHASE_ID = "o-50252"
CONTESTED_REQUEST_ID = "rq-7009"
"""Waits for a decision in every demo: for who goes to the last step at once."""

STEPS: Sequence[TourStep] = (
    TourStep(
        number=1,
        role=Role.SELLER,
        subject=SELLER_ID,
        title=lazy("Take a product offline"),
        text=lazy(
            "You are Nubetaller, a seller. Give a reason and take this product offline: its page and the pack that "
            "contains it disappear from the catalogue at once."
        ),
    ),
    TourStep(
        number=2,
        role=Role.CUSTOMER,
        subject=CUSTOMER_ID,
        title=lazy("Contact support"),
        text=lazy(
            "You are Anselme Fauconnet, who bought this product. It is offline, but Business Care is still active: "
            "describe a problem, let us check your shop, and send your request."
        ),
    ),
    TourStep(
        number=3,
        role=Role.SELLER,
        subject=SELLER_ID,
        title=lazy("Refuse the request"),
        text=lazy(
            "You are Nubetaller again. Choose one of the six reasons for refusal, explain it to the customer, and "
            "refuse the request."
        ),
    ),
    TourStep(
        number=4,
        role=Role.CUSTOMER,
        subject=CUSTOMER_ID,
        title=lazy("Contest the refusal"),
        text=lazy("You are Anselme Fauconnet again. Read why your request was refused, and contest the refusal."),
    ),
    TourStep(
        number=5,
        role=Role.OPERATOR,
        subject=None,
        title=lazy("Decide"),
        text=lazy("You are the marketplace. Read what both sides say, then overturn the refusal or uphold it."),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Tour:
    """The tour in this browser: the step it is at, and whether it is shown on every page."""

    step: TourStep
    is_open: bool
    is_done: bool = False

    @property
    def next_step(self) -> TourStep | None:
        """The step after this one; None for the last."""
        return STEPS[self.step.number] if self.step.number < len(STEPS) else None


def has_tour() -> bool:
    """Whether this installation offers the tour."""
    web_state = current_web_state()
    return web_state.runtime.settings.demo and web_state.identity is None


def current_tour() -> Tour | None:
    """The tour as this browser remembers it, else at its beginning; None where there is no tour."""
    if not has_tour():
        return None
    remembered = request.cookies.get(COOKIE, "")
    step = find_step(remembered.removeprefix(_CLOSED))
    is_open = step is not None and not remembered.startswith(_CLOSED)
    return Tour(step=step or STEPS[0], is_open=is_open, is_done=remembered == DONE)


def find_step(number: str) -> TourStep | None:
    """The step of this number; None for anything else."""
    return next((step for step in STEPS if str(step.number) == number), None)


def closed_at(step: TourStep) -> str:
    """What the cookie remembers of a tour that was closed at this step."""
    return f"{_CLOSED}{step.number}"
