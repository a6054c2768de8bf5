"""Releases that an operator adds are known from then on, and shops of unknown versions are shown until then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.demo.fake_shops.server import FakeShop, Shop
from marketplace_hooks.errors import PayloadRejected
from marketplace_hooks.services.inspections.platform_releases import read_releases, shops_of_unknown_version
from marketplace_hooks.services.inspections.requests import read_inspection, start_inspection

from ...support.hostile_server import HostileServer, answering, reply
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of

LIST = [
    {"version": "9.9.0", "distribution": "open_source", "stability": "stable", "zip_md5": "x"},
    {"version": "9.9.0", "distribution": "classic", "distribution_version": "3.0"},
    {"version": "9.1.4", "date": "2026-06-01"},
]


def typed(marketplace: Marketplace, *arguments: str) -> Result:
    return CliRunner().invoke(hooks_group, arguments, obj=ScriptInfo(create_app=lambda: marketplace.app))


def inspected(marketplace: Marketplace, url: str) -> Any:
    started = start_inspection(marketplace.runtime, url, fresh=True)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        return read_inspection(session, started.check_id).site_facts


def unknown(marketplace: Marketplace) -> list[tuple[str, str | None]]:
    with marketplace.runtime.database.read_session() as session:
        return [(one.url, one.version) for one in shops_of_unknown_version(session, limit=10)]


def test_a_shop_of_an_unknown_version_is_shown_until_its_release_is_added(
    make_marketplace: Any, tmp_path: Path
) -> None:
    marketplace: Marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_DEADLINE_S=5)
    source = tmp_path / "releases.json"
    source.write_text(json.dumps(LIST), encoding="utf-8")
    with FakeShop(Shop(version="9.9.0")).start() as far, FakeShop(Shop(version="8.2.9")).start() as near:
        with FakeShop(Shop(version="8.2.1")).start() as known:
            assert inspected(marketplace, known.url).platform_version.value == "8.2.1"
        assert inspected(marketplace, far.url).platform_version is None
        assert inspected(marketplace, near.url).platform_version.value == "8.2.9"
        assert unknown(marketplace) == [(near.url, "8.2.9"), (far.url, None)]
        page = browser_of(marketplace, "operator", "operator-1").get("/operator/platform-versions").visible_text
        assert f"{near.url} 8.2.9" in page
        assert f"{far.url} its session cookie matches no known release" in page
        assert "added" in typed(marketplace, "releases", "update", str(source)).output
        assert json.loads(typed(marketplace, "releases", "update", str(source), "--json").output)["added"] == 0
        assert inspected(marketplace, far.url).platform_version.value == "9.9.0"
        assert unknown(marketplace) == [(near.url, "8.2.9")]


def test_a_list_is_fetched_from_an_address_and_what_goes_wrong_is_one_sentence(make_marketplace: Any) -> None:
    marketplace: Marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8")
    with HostileServer(answering(reply(200, json.dumps(LIST).encode()))) as server:
        result = typed(marketplace, "releases", "update", server.url(name="127.0.0.1"), "--json")
        assert json.loads(result.output) == {"read": 2, "added": 1, "versions": ["9.9.0"]}
    with HostileServer(answering(reply(500, b"oops"))) as server:
        result = typed(marketplace, "releases", "update", server.url(name="127.0.0.1"))
        assert (result.exit_code, result.output.count("\n")) == (1, 1)
        assert "the answer was 500" in result.output
    for source in ("http://169.254.169.254/", "/does/not/exist.json"):
        assert typed(marketplace, "releases", "update", source).exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        '["9.9.0"]',
        '[{"version": 9}]',
        '[{"version": "9.9.0"}, {"version": "<b>"}]',
        '[{"version": "9"}]',
        '[{"version": "9.9.0\\n"}]',
        '[{"version": "9.9.0", "date": "soon"}]',
        json.dumps([{"version": "9.9.0"}] * 5_001),
    ],
)
def test_a_list_with_a_mistake_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(PayloadRejected) as refused:
        read_releases(text)
    assert refused.value.code == "releases_malformed"
    assert len(refused.value.errors) <= 5
