"""Who signs in and out is entered in the audit log, with the address of the browser."""

from __future__ import annotations

from pathlib import Path

from ...support.audit_log import audit_entries
from ...support.marketplace import SECRET_KEY, open_marketplace
from ...support.page_client import Browser


def test_signing_in_and_out_is_entered(sqlite_url: str, tmp_path: Path) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY, DEMO="true") as demo:
        demo.publish_products("mod-1")
        browser = Browser(demo.app)
        browser.get("/sign-in")
        browser.post("/sign-in/demo", role="seller", subject="seller-1")
        browser.post("/sign-out")
        seen = [(entry.action, entry.actor_role, entry.actor_id) for entry in audit_entries(demo)]
        assert seen == [("session.started", "seller", "seller-1"), ("session.ended", "seller", "seller-1")]
        assert {entry.address for entry in audit_entries(demo)} == {"127.0.0.1"}
