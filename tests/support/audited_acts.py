"""Audited acts: drives routes that change something, as persons and tokens do, and reads what the log has of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from marketplace_hooks.models.audit import AuditEntry
from marketplace_hooks.services.access import tokens

from .api_callers import PREFIX
from .marketplace import Marketplace
from .page_client import browser_of

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
NOT_AUDITED = {
    "mh_webhooks.receive": "inbound events have a log of their own",
    "mh_api.unknown": "no route",
    "mh_operator.test_endpoint": "driven against a receiver that listens, in web/operator/test_endpoints.py",
    "mh_api.ping": "driven against a receiver that listens, in web/api/test_endpoints.py",
    "mh_api.post_companion_report": "a merchant site reports: neither a person nor a token of ours",
    "mh_sign_in.choose_time_zone": "a cookie of the reader's own browser",
}
"""Routes that take a changing method, and why nobody's act is in them."""


@dataclass
class Acts:
    """Everything that was done, by the endpoint of its route: the actions that the log names."""

    marketplace: Marketplace
    audited: dict[str, set[str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def by_page(self, role: str, subject: str, path: str, /, *, status: int = 303, **fields: Any) -> str:
        """Send a form, whichever page has shown it; return where it leads."""
        browser = browser_of(self.marketplace, role, subject)
        token = browser.get("/times").form("/times").fields["form_token"]
        options = {"data": {"form_token": token, **fields}, "follow": False}
        page = browser.send("POST", path, headers=self._named(), **options)
        assert page.status == status, (path, page.status, page.visible_text)
        self._record("POST", path)
        return str(page.answer.location)

    def by_api(self, role: str, subject: str | None, method: str, path: str, body: Any = None) -> Any:
        """Call an operation with a new token of this role; return what it answers."""
        _, text = tokens.create(self.marketplace.runtime, role, subject=subject)
        headers = {"Authorization": f"Bearer {text}", **self._named()}
        given = {} if body is None else {"json": body}
        answer = self.marketplace.app.test_client().open(f"{PREFIX}{path}", method=method, headers=headers, **given)
        assert answer.status_code < 300, (path, answer.text)
        self._record(method, f"{PREFIX}{path}")
        return answer.get_json(silent=True)

    def _named(self) -> dict[str, str]:
        self.request_id = f"act-{next(self.numbers)}"
        return {"X-Request-ID": self.request_id}

    def _record(self, method: str, path: str) -> None:
        endpoint, _ = self.marketplace.app.url_map.bind("").match(path.partition("?")[0], method)
        query = select(AuditEntry.action).where(AuditEntry.request_id == self.request_id)
        self.audited.setdefault(endpoint, set()).update(self.marketplace.all(query))


def changing_endpoints(marketplace: Marketplace) -> set[str]:
    """The endpoint of every route of ours that takes a changing method."""
    rules = marketplace.app.url_map.iter_rules()
    ours = (
        rule for rule in rules if rule.endpoint.startswith("mh_") and (rule.methods is None or rule.methods & CHANGING)
    )
    return {rule.endpoint for rule in ours}
