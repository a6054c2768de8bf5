"""`docs/senders.md`: its examples are followed as they are printed, from the settings to the pages."""

from __future__ import annotations

import base64
import hmac
import json
import re
import sys
import tomllib
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask.cli import ScriptInfo

from marketplace_hooks.cli import events, hooks_group
from marketplace_hooks.config.senders import _KEYS, PRESETS, Method
from marketplace_hooks.domain.instants import parse_instant
from marketplace_hooks.events.mappings import load_mapping

from ..support.customers import set_up_purchase
from ..support.databases import copy_sqlite
from ..support.html_reader import visible_text
from ..support.marketplace import Marketplace, open_marketplace, sample
from ..support.page_client import browser_of
from ..support.source_tree import ROOT

PAGE = (ROOT / "docs" / "senders.md").read_text(encoding="utf-8")
SECRET = "a-secret-of-a-sender-1"
NOW = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
SECTION = re.compile(r"^## (\w+)\n(?=.*?```toml)(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
TITLES = {"Shopify": "shopify", "Stripe": "stripe", "GitHub": "github", "PrestaShop": "prestashop"}


class Example:
    """One section of the page."""

    def __init__(self, text: str) -> None:
        [(_, toml)] = re.findall(r"```(toml)\n(.*?)```", text, re.DOTALL)
        [(self.module, self.code)] = re.findall(r"Create `(\w+)\.py`:\n\n```python\n(.*?)```", text, re.DOTALL)
        [self.topic] = re.findall(r"A payload of the topic `(\S+)`", text)
        payload, mapped = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
        self.senders: dict[str, Any] = tomllib.loads(toml)["webhook_senders"]
        [self.source] = self.senders
        self.body = payload.encode()
        self.mapped = json.loads(mapped)

    def headers(self, now_s: int) -> dict[str, str]:
        """Signed by hand, as the vendor documents it."""
        digest = hmac.new(SECRET.encode(), self.body, "sha256")
        in_base64 = base64.b64encode(digest.digest()).decode()
        stripe = hmac.new(SECRET.encode(), b"%d.%b" % (now_s, self.body), "sha256").hexdigest()
        return {
            "shopify": {
                "X-Shopify-Hmac-Sha256": in_base64,
                "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
                "X-Shopify-Topic": self.topic,
            },
            "stripe": {"Stripe-Signature": f"t={now_s},v1={stripe}"},
            "github": {
                "X-Hub-Signature-256": f"sha256={digest.hexdigest()}",
                "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
                "X-GitHub-Event": self.topic,
            },
            "prestashop": {"X-Webhook-Signature": digest.hexdigest()},
        }[self.senders[self.source]["scheme"]]


EXAMPLES = {TITLES[title]: Example(text) for title, text in SECTION.findall(PAGE)}


def test_every_preset_has_its_example_and_every_key_its_line() -> None:
    assert EXAMPLES.keys() == PRESETS.keys()
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert rows == {"scheme"}.union(*_KEYS.values())
    assert all(f"`{one}`" in PAGE for one in (*PRESETS, *Method))


@pytest.fixture(scope="module")
def followed(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("senders")
    for one in EXAMPLES.values():
        module = types.ModuleType(one.module)
        exec(compile(one.code, f"docs/senders.md: {one.module}.py", "exec"), module.__dict__)
        sys.modules[one.module] = module
    senders = {source: value for one in EXAMPLES.values() for source, value in one.senders.items()}
    secrets = {source: SECRET for source in senders}
    url = copy_sqlite(_sqlite_template, folder / "marketplace.db")
    settings = {"WEBHOOK_SENDERS": json.dumps(senders), "WEBHOOK_SENDER_SECRETS": secrets}
    with open_marketplace(url, folder, **settings) as opened, time_machine.travel(NOW, tick=False):
        opened.publish_products("mod-1")
        set_up_purchase(opened)
        yield opened
    for one in EXAMPLES.values():
        del sys.modules[one.module]
    load_mapping.cache_clear()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_example_is_accepted_mapped_as_printed_applied_and_shown(followed: Marketplace, preset: str) -> None:
    one = EXAMPLES[preset]
    now_s = int(NOW.timestamp())
    headers = {"Content-Type": "application/json", **one.headers(now_s)}
    client = followed.app.test_client()
    answer = client.post(f"/webhooks/{one.source}", data=one.body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert client.post(f"/webhooks/{one.source}", data=one.body, headers=headers).json["duplicate"] is True
    followed.run_all_now()
    event_id = answer.json["event_id"]
    assert followed.state_and_outcome(event_id) == ("applied", "mapped")
    for number, expected in enumerate(one.mapped, start=1):
        made = followed.event(f"{event_id}-{number}")
        envelope = json.loads(made.body or b"")
        assert (envelope["type"], envelope["data"]) == (expected["type"], expected["data"])
        assert made.sent_at == parse_instant(expected.get("timestamp", NOW.isoformat()))
        assert (made.state, made.outcome, made.errors) == ("applied", "changed", None)
    browser = browser_of(followed, "operator")
    shown = browser.get(f"/operator/events/{event_id}?source={one.source}")
    assert f"/operator/events/{event_id}-1?source={one.source}" in shown.links
    assert f"{one.source}:{one.topic}" in shown.visible_text
    made_of = browser.get(f"/operator/events/{event_id}-1?source={one.source}")
    assert f"/operator/events/{event_id}?source={one.source}" in made_of.links


@pytest.mark.parametrize("preset", PRESETS)
def test_the_dry_run_shows_what_is_printed_and_send_signs_as_the_sender(
    followed: Marketplace, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = EXAMPLES[preset]

    def run(*words: str) -> Any:
        words = ("send", one.topic, "-", "--as", one.source, *words)
        return CliRunner().invoke(
            hooks_group, list(words), input=one.body, obj=ScriptInfo(create_app=lambda: followed.app)
        )

    tried = run("--dry-run")
    assert tried.exit_code == 0, tried.output
    shown = json.loads(tried.output)
    assert shown["errors"] == []
    assert [{key: event[key] for key in ("type", "data")} for event in shown["events"]] == [
        {key: event[key] for key in ("type", "data")} for event in one.mapped
    ]

    def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        sent = followed.app.test_client().post(
            url.removeprefix("http://127.0.0.1:8000"),
            data=body,
            headers={**headers, "Content-Type": "application/json"},
        )
        return sent.status_code, sent.json

    monkeypatch.setattr(events, "post_signed", post)
    sent = run("--json", "--id", f"trial-{preset}")
    assert (sent.exit_code, json.loads(sent.output)["status"]) == (0, 202), sent.output


def test_a_wrong_mapping_is_told_by_the_dry_run_and_in_french_on_the_page(
    followed: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = EXAMPLES["prestashop"]
    load_mapping.cache_clear()
    wrong = {"type": "seller.upserted", "data": {**sample("seller.upserted")["data"], "country": "x"}}
    monkeypatch.setattr(sys.modules[one.module], "from_prestashop", lambda payload: wrong)
    words = ["send", one.topic, "-", "--as", one.source, "--dry-run"]
    tried = CliRunner().invoke(hooks_group, words, input=one.body, obj=ScriptInfo(create_app=lambda: followed.app))
    assert tried.exit_code == 1
    assert "Event 1 of the mapping (seller.upserted), data.country" in tried.output
    body = one.body.replace(b"4711", b"4712")
    signature = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    headers = {"Content-Type": "application/json", "X-Webhook-Signature": signature}
    assert followed.app.test_client().post(f"/webhooks/{one.source}", data=body, headers=headers).status_code == 202
    followed.run_all_now()
    browser = browser_of(followed, "operator", language="fr")
    page = visible_text(browser.get(f"/operator/events/4712?source={one.source}").text)
    assert "Événement 1 de la correspondance (seller.upserted), data.country" in page
    assert "code d’un pays" in page or "code d'un pays" in page
