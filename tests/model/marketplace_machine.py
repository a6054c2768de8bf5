"""The whole marketplace as one machine: every step of the model, and the comparison after each."""

from __future__ import annotations

from hypothesis.stateful import invariant

from .care_steps import CareSteps
from .catalog_steps import CatalogSteps
from .support_steps import SupportSteps


class WholeMarketplace(CatalogSteps, CareSteps, SupportSteps):
    """All steps, in any order."""

    @invariant()
    def the_product_answers_as_the_reference_does(self) -> None:
        self.compare()
