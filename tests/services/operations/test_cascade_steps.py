"""The table of cascade steps and the plans of cascades name the same steps."""

from __future__ import annotations

from marketplace_hooks.services.catalog.cascades import OTHER_CHANGES, PAGE_CHANGES
from marketplace_hooks.services.operations.cascade_steps import CASCADE_STEPS


def test_every_planned_step_has_its_function_and_every_function_is_planned() -> None:
    plans = [*PAGE_CHANGES.values(), *OTHER_CHANGES.values()]
    assert {step.name for plan in plans for step in plan} == set(CASCADE_STEPS)
