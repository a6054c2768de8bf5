"""What `up --demo` suggests to a newcomer works as it is printed, at the first start and at the next ones."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from marketplace_hooks.cli.demo_loader import command, what_to_try
from marketplace_hooks.demo import catalog

from ..support.marketplace import WITHDRAWN, Marketplace

URL = "http://127.0.0.1:8000"


def suggested(marketplace: Marketplace) -> tuple[dict[str, object], str, str]:
    """The event's data that is to be sent, and the two pages that it hides, as paths."""
    lines = what_to_try(marketplace.runtime.settings, URL)
    [send] = [line for line in lines if " send product.status_changed " in line]
    [pack] = [path for line in lines for path in re.findall(rf"{URL}(/packs/\S+)$", line)]
    assert sum(line.count("http://") for line in lines) == 3
    data = json.loads(send.partition("--data '")[2].rstrip("'"))
    return data, f"/products/{data['product_id']}", pack


def test_what_is_said_to_be_hidden_is_shown_and_hides_as_said_each_time(marketplace: Marketplace) -> None:
    anchor = datetime.now(UTC) - timedelta(hours=1)
    instance = marketplace.runtime.settings.instance
    instance.mkdir(parents=True, exist_ok=True)
    (instance / "demo-day.txt").write_text(anchor.isoformat())
    for _, type_, _, data in catalog.events(anchor):
        marketplace.publish(type_, **data)
    marketplace.run_all_now()
    browser = marketplace.app.test_client()
    for _ in range(2):
        data, product, pack = suggested(marketplace)
        assert [browser.get(path).status_code for path in (product, pack)] == [200, 200]
        marketplace.publish("product.status_changed", **data)
        marketplace.run_all_now()
        assert [browser.get(path).status_code for path in (product, pack)] == [404, 404]
    marketplace.change_status(str(data["product_id"]), WITHDRAWN)
    marketplace.run_all_now()
    assert suggested(marketplace)[0]["product_id"] != data["product_id"]


def test_a_command_of_this_folder_is_told_by_its_path_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert command() == ".venv/bin/marketplace-hooks"
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert command() == "/usr/bin/marketplace-hooks"
    (tmp_path / "marketplace-hooks").touch(mode=0o755)
    assert command() == "marketplace-hooks"
