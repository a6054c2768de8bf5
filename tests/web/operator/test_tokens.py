"""Tokens page: a new token's secret is shown once, and one that is revoked opens nothing."""

from __future__ import annotations

from marketplace_hooks.services.access import tokens

from ...support.api_callers import Caller, problem_of
from ...support.marketplace import Marketplace
from ...support.page_client import Browser


def test_a_token_is_made_shown_once_and_revoked(marketplace: Marketplace, operator: Browser) -> None:
    operator.get("/operator/tokens")
    fields = {"name": "the ERP", "role": "seller", "subject": "seller-1", "scopes": ["read", "products"], "days": "30"}
    made = operator.post("/operator/tokens", **fields)
    assert made.status == 200
    [text] = [word for word in made.visible_text.split() if word.startswith(tokens.PREFIX)]
    robot = Caller(marketplace.app, {"Authorization": f"Bearer {text}"})
    assert robot.get("/products").status_code == 200
    listed = operator.get("/operator/tokens")
    assert text not in listed.text
    assert "the ERP" in listed.visible_text
    assert "Products and packs, Read only" in listed.visible_text
    with marketplace.runtime.database.read_session() as session:
        [token] = tokens.list_tokens(session)
    page = operator.post(f"/operator/tokens/{token.id}/revocation")
    assert "The token is revoked." in page.visible_text
    assert problem_of(robot.get("/products")) == (401, "invalid_token")


def test_a_token_that_would_stand_for_nobody_is_not_made(marketplace: Marketplace, operator: Browser) -> None:
    for fields, message in (
        ({"name": "", "role": "operator"}, "Enter what the token is for"),
        ({"name": "x", "role": "seller", "subject": ""}, "Enter the ID for a seller or customer token"),
    ):
        operator.get("/operator/tokens")
        page = operator.post("/operator/tokens", **fields)
        assert (page.status, message in page.visible_text) == (422, True)
    with marketplace.runtime.database.read_session() as session:
        assert tokens.list_tokens(session) == []
