"""Another shop of a multistore is shown by the shop's own answer, and by nothing less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketplace_hooks.domain.inspections.evidence import FindingKind, SiteFacts, merge_findings
from marketplace_hooks.domain.inspections.multistore import other_shop

from .test_evidence import found

HOST = "https://shop.example"


def facts(**shops: int) -> SiteFacts:
    identity = found("webservice", FindingKind.SHOP_IDENTITY, {"matches": True, "shop_id": 1})
    paths = {"/": shops.get("root"), "/b2b/": shops.get("b2b")}
    known = {path: number for path, number in paths.items() if number is not None}
    return merge_findings([replace(identity, facts={"shops": known})])


def test_a_path_that_the_shop_says_is_another_shop_of_its_own_is_one() -> None:
    other = other_shop(facts(root=1, b2b=2), f"{HOST}/b2b", f"{HOST}/")
    assert other is not None
    assert other.numbers == {"asked_shop": 2, "bound_shop": 1}
    assert other.source.probe == "webservice"
    assert other_shop(facts(root=1, b2b=2), "https://staging.shop.example/b2b/", HOST) is not None


@pytest.mark.parametrize(
    ("site_facts", "asked", "bound"),
    [
        (facts(root=1, b2b=2), f"{HOST}/b2b/", f"{HOST}/b2b/"),
        (facts(root=1, b2b=1), f"{HOST}/b2b/", f"{HOST}/"),
        (facts(root=1), f"{HOST}/b2b/", f"{HOST}/"),
        (facts(root=1, b2b=2), f"{HOST}/fr/", f"{HOST}/"),
        (facts(root=1, b2b=2), f"{HOST}/b2b/", None),
        (facts(root=1, b2b=2), None, f"{HOST}/"),
        (merge_findings(()), f"{HOST}/b2b/", f"{HOST}/"),
    ],
)
def test_what_the_shop_does_not_say_of_both_makes_no_other_shop(
    site_facts: SiteFacts, asked: str | None, bound: str | None
) -> None:
    assert other_shop(site_facts, asked, bound) is None
