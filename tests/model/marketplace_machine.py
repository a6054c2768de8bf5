"""The whole marketplace as one machine: every step of the model, and the comparison after each."""

from __future__ import annotations

from hypothesis.stateful import invariant

from .catalog_steps import CatalogSteps
from .purchase_steps import PurchaseSteps
from .refund_steps import ClosureSteps, RefundSteps
from .refusal_steps import RefusalSteps
from .release_steps import ReleaseSteps
from .renewal_steps import RenewalSteps
from .support_steps import SupportSteps


class WholeMarketplace(
    CatalogSteps, PurchaseSteps, RenewalSteps, ReleaseSteps, SupportSteps, RefusalSteps, RefundSteps, ClosureSteps
):
    """All steps, in any order."""

    @invariant()
    def the_product_answers_as_the_reference_does(self) -> None:
        self.compare()
