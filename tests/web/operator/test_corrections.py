"""Mending a rejected event: its page says what is wrong and where, and a corrected copy is sent from there."""

from __future__ import annotations

import html
import json
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace_hooks.domain.instants import format_instant

from ...support.html_reader import visible_text
from ...support.marketplace import OFFLINE, Marketplace
from ...support.page_client import Browser, browser_of


@pytest.fixture
def rejected(marketplace: Marketplace) -> str:
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", "gone", reason="a rest <b>")
    marketplace.run_all_now()
    return event_id


def corrected_text(browser: Browser, event_id: str, **changes: Any) -> str:
    form = browser.page.form(f"/operator/events/{event_id}/correction")
    content = json.loads(form.fields["body"])
    content["data"] |= changes
    return json.dumps(content, indent=2)


def test_a_rejected_event_is_mended_in_three_clicks_from_the_overview(
    marketplace: Marketplace, operator: Browser, rejected: str
) -> None:
    operator.get("/operator")
    assert "/operator/events?uncorrected=yes" in operator.page.links
    listed = operator.get("/operator/events?uncorrected=yes")
    path = f"/operator/events/{rejected}/correction"
    assert f"{path}?source=marketplace" in listed.links
    form = operator.get(f"{path}?source=marketplace")
    assert "data.status – It must be one of: online, offline_temporary, offline_permanent." in form.visible_text
    sent = operator.post(path, body=corrected_text(operator, rejected, status=OFFLINE))
    assert (sent.status, sent.answer.history[0].status_code) == (200, 303)
    assert f"/operator/events/{rejected}?source=marketplace" in sent.links
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    copy_id = marketplace.event(rejected).corrected_by
    assert f"/operator/events/{copy_id}?source=marketplace" in operator.get(f"/operator/events/{rejected}").links
    assert "No matching event" in operator.get("/operator/events?uncorrected=yes").visible_text
    assert marketplace.event(str(copy_id)).corrects == rejected


def test_the_fault_stands_below_its_line_of_the_content(operator: Browser, rejected: str) -> None:
    page = operator.get(f"/operator/events/{rejected}")
    marked = page.text.partition("<mark>")[2].partition("</code></pre>")[0]
    line, _, rest = marked.partition("</mark>")
    assert visible_text(line).strip() == '"status": "gone",'
    assert visible_text(rest).strip().startswith("Error: data.status – It must be one of: online,")
    assert ("#fault-0" in page.text, "fault-0" in page.ids) == (True, True)
    assert "<b>" not in page.text.partition("payload")[2]


def test_a_copy_with_another_fault_is_refused_and_the_form_keeps_what_was_typed(
    marketplace: Marketplace, operator: Browser, rejected: str
) -> None:
    path = f"/operator/events/{rejected}/correction"
    operator.get(path)
    refused = operator.post(path, body=corrected_text(operator, rejected, status=OFFLINE, version=0))
    assert (refused.status, "It must be between 1 and" in refused.visible_text) == (422, True)
    assert json.loads(refused.form(path).fields["body"])["data"]["version"] == 0
    broken = operator.post(path, body='{\n  "type": }')
    assert (broken.status, "check line 2, character 11" in broken.visible_text) == (422, True)
    assert marketplace.event(rejected).corrected_by is None
    done = operator.post(path, body=json.dumps({**corrected(OFFLINE), "timestamp": format_instant(datetime.now(UTC))}))
    assert done.status == 200


def corrected(status: str) -> dict[str, Any]:
    data = {"product_id": "mod-1", "status": status, "actor": "seller", "reason": "a rest", "version": 99}
    return {"type": "product.status_changed", "data": data}


def test_the_form_that_is_sent_twice_makes_one_copy_and_another_operator_is_told(
    marketplace: Marketplace, operator: Browser, rejected: str
) -> None:
    path = f"/operator/events/{rejected}/correction"
    other = browser_of(marketplace, "operator", "oscar")
    operator.get(path)
    other.get(path)
    opened = operator.page
    text = corrected_text(operator, rejected, status=OFFLINE)
    first = operator.post(path, body=text)
    operator._page = opened
    assert operator.post(path, body=text).path == first.path
    late = other.post(path, body=text)
    assert (late.status, "replaced by its corrected copy" in late.visible_text) == (409, True)
    assert "Already corrected" in other.get(path).visible_text


def test_the_command_posts_the_same_data_through_a_shell(
    marketplace: Marketplace, operator: Browser, tmp_path: Any
) -> None:
    odd = "it's $HOME `x` \\ JSON\nJSON é \u202e"
    event_id = marketplace.change_status("mod-1", "gone", reason=odd)
    marketplace.run_all_now()
    page = operator.get(f"/operator/events/{event_id}")
    form = operator.get(f"/operator/events/{event_id}/correction").form()
    command = text_of(page.text, "command")
    assert "\u202e" not in command
    script = "marketplace-hooks() { printf '%s\\n' \"$@\" > words; cat > data; }\n" + command
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    received = json.loads(form.fields["body"])
    assert json.loads((tmp_path / "data").read_text(encoding="utf-8")) == received["data"]
    assert (tmp_path / "words").read_text(encoding="utf-8").splitlines() == [
        *("send", "product.status_changed", "-", "--source", "marketplace"),
        *("--timestamp", received["timestamp"]),
    ]


def text_of(markup: str, id_: str) -> str:
    code = markup.partition(f'id="{id_}"')[2].partition("<code>")[2].partition("</code>")[0]
    return html.unescape(code)


def test_what_tells_of_a_person_is_in_no_command_until_everything_is_shown(
    marketplace: Marketplace, operator: Browser
) -> None:
    event_id = marketplace.publish("customer.upserted", name="Odile Martin", email="")
    marketplace.run_all_now()
    page = operator.get(f"/operator/events/{event_id}")
    assert ("Odile" in page.text, 'id="command"' in page.text) == (False, False)
    assert "data.email" in page.visible_text
    whole = operator.get(f"/operator/events/{event_id}?whole=yes")
    assert ("Odile" in whole.text, 'id="command"' in whole.text) == (True, True)


def test_an_event_that_was_applied_says_so_on_its_correction_and_replay_pages(
    marketplace: Marketplace, operator: Browser
) -> None:
    event_id = marketplace.publish("seller.upserted")
    waiting = operator.get(f"/operator/events/{event_id}/replay")
    assert "It is already waiting to be applied." in waiting.visible_text
    marketplace.run_all_now()
    replay = operator.get(f"/operator/events/{event_id}/replay")
    assert "It has been applied, and nothing is applied twice." in replay.visible_text
    assert ("Apply this event again?" in replay.visible_text, replay.text.count('<form method="post" class')) == (
        False,
        0,
    )
    assert "is now in a different state" in operator.get(f"/operator/events/{event_id}/correction").visible_text


@pytest.mark.parametrize(("role", "subject"), [("seller", "seller-1"), ("customer", "customer-1"), ("platform", None)])
def test_nobody_else_opens_a_correction(
    marketplace: Marketplace, rejected: str, role: str, subject: str | None
) -> None:
    assert browser_of(marketplace, role, subject).get(f"/operator/events/{rejected}/correction").status == 403


def test_a_fault_is_told_in_french(marketplace: Marketplace, rejected: str) -> None:
    page = browser_of(marketplace, "operator", language="fr").get(f"/operator/events/{rejected}")
    assert "La valeur doit être l’une des suivantes" in page.visible_text
    assert "Must be" not in page.visible_text
