"""What the API does with products, purchases, Business Care and support requests can be done in Python as well."""

from __future__ import annotations

from pathlib import Path

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.standalone import build_app

ACTIONS = {
    "GET /cascades/{cascade_id}": "cascades.get",
    "GET /downloads/{release_id}": "purchases.download_link",
    "GET /eligibility/{check_id}": "eligibility.get",
    "GET /entitlements": "entitlements.check",
    "GET /purchases": "purchases.of_customer",
    "GET /purchases/{purchase_id}/downloads": "purchases.downloads",
    "GET /sellers/{seller_id}/closures": "closures.of_seller",
    "GET /subscriptions/{purchase_id}": "subscriptions.get",
    "GET /support-requests": "support.find",
    "GET /support-requests/{request_id}": "support.get",
    "GET /support-requests/{request_id}/file": "support.case_file",
    "POST /eligibility": "eligibility.start",
    "POST /sellers/{seller_id}/closures": "closures.declare",
    "PATCH /sellers/{seller_id}/closures/{closure_id}": "closures.shorten",
    "DELETE /sellers/{seller_id}/closures/{closure_id}": "closures.cancel",
    "POST /subscriptions/{purchase_id}/reactivation": "subscriptions.reactivate",
    "POST /subscriptions/{purchase_id}/renewal": "subscriptions.cancel_renewal subscriptions.enable_renewal",
    "POST /support-requests": "support.submit support.submit_presale",
    "POST /support-requests/{request_id}/assignment": "support.assign",
    "POST /support-requests/{request_id}/attachments": "support.attach_file",
    "POST /support-requests/{request_id}/confirmations": "support.confirm_message support.judge_proposal",
    "POST /support-requests/{request_id}/contest": "support.contest",
    "POST /support-requests/{request_id}/extension": "support.extend_fix",
    "POST /support-requests/{request_id}/information": "support.complete_information",
    "POST /support-requests/{request_id}/kind": "support.change_kind",
    "POST /support-requests/{request_id}/messages": "support.post_message",
    "POST /support-requests/{request_id}/not-fixed": "support.report_not_fixed",
    "POST /support-requests/{request_id}/offer": "support.offer_paid_update",
    "POST /support-requests/{request_id}/offer/answer": "support.answer_offer",
    "POST /support-requests/{request_id}/overturn": "support.overturn",
    "POST /support-requests/{request_id}/refund": (
        "support.request_refund support.defer_refund support.ask_refund_again"
    ),
    "POST /support-requests/{request_id}/refusal": "support.refuse",
    "POST /support-requests/{request_id}/resolution": "support.resolve",
    "POST /support-requests/{request_id}/send-as-is": "support.send_as_is",
    "POST /support-requests/{request_id}/uphold": "support.uphold",
    "POST /support-requests/{request_id}/waiver": "support.waive_ground",
    "POST /support-requests/{request_id}/withdrawal": "support.withdraw",
    **{
        f"{call} /{kind}/{{{one}_id}}/status{path}": f"{kind}.{actions.replace(' ', f' {kind}.')}"
        for kind, one in (("products", "product"), ("packs", "pack"))
        for call, path, actions in (
            ("POST", "", "take_offline put_online withdraw"),
            ("DELETE", "/scheduled", "cancel_scheduled_change"),
            ("GET", "/preview", "preview"),
        )
    },
}
WITHOUT_ACTION = {
    "/audit": "a log, for operators",
    "/customers": "a copy of everything about a customer, as one JSON document",
    "/deliveries": "a log, for operators",
    "/endpoints": "set up by operators",
    "/events": "a log, for operators",
    "/inspections": "reports of the companion, signed by a shop",
    "/packs": "a public page: read by `models`",
    "/products": "a public page: read by `models`",
    "/reversals": "a list for operators: read by `models`",
    "/sellers/{seller_id}/figures": "a report",
    "/sessions": "sign-ins, which a host has its own of",
    "/support-requests/export.csv": "a file: `support.find` has its rows",
    "/tokens": "set up by operators",
    "/webhooks": "events",
}


def test_every_call_of_the_api_has_its_action_or_a_reason_for_none(tmp_path: Path) -> None:
    app = build_app({"MARKETPLACE_HOOKS_INSTANCE": str(tmp_path)})
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    calls = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete")
    }
    explained = {call for call in calls if any(call.partition(" ")[2].startswith(path) for path in WITHOUT_ACTION)}
    assert calls - ACTIONS.keys() - explained == set(), "calls without an action"
    assert ACTIONS.keys() - calls == set(), "calls that are no more"


def test_every_action_of_the_table_exists() -> None:
    hooks = MarketplaceHooks()
    missing = [
        name
        for names in ACTIONS.values()
        for name in names.split()
        if not callable(getattr(getattr(hooks, name.partition(".")[0]), name.partition(".")[2], None))
    ]
    assert missing == []
