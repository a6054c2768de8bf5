"""`sessions`: who is signed in, and signing them out."""

from __future__ import annotations

import json

from click.testing import Result
from flask.testing import FlaskCliRunner

from marketplace_hooks.models.access import Role, SignInMethod
from marketplace_hooks.services.access import sessions
from marketplace_hooks.services.access.sessions import SignIn
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from ..support.marketplace import Marketplace


def test_people_are_listed_and_signed_out_one_by_one_or_everywhere(marketplace: Marketplace) -> None:
    runner: FlaskCliRunner = marketplace.app.test_cli_runner()

    def runs(*arguments: str) -> Result:
        return runner.invoke(args=["hooks", "sessions", *arguments])

    assert "No one is signed in." in runs("list").output
    for subject in ("seller-1", "seller-1", "seller-2"):
        sign_in = SignIn(method=SignInMethod.OPENID, role=Role.SELLER, subject=subject, name="Pixelune")
        run_in_transaction(marketplace.runtime, lambda uow, given=sign_in: sessions.begin(uow, given))  # type: ignore[misc] # bound at once
    listed = json.loads(runs("list", "--json").output)
    assert [one["name"] for one in listed] == ["Pixelune"] * 3
    assert not any("secret" in name for one in listed for name in one)
    assert runs("end").exit_code == 2
    assert runs("end", "ses_x").exit_code == 1
    assert json.loads(runs("end", listed[0]["id"], "--json").output) == {"ended": 1}
    assert json.loads(runs("end", "--role", "seller", "--subject", "seller-1", "--json").output)["ended"] in (1, 2)
    left = json.loads(runs("list", "--role", "seller", "--json").output)
    assert "seller-1" not in {one["subject"] for one in left}
