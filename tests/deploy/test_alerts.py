"""Alert rules and dashboard: every metric they name is served, and a real Prometheus raises the right alert."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from ..support import databases
from ..support.binaries import find_service
from ..support.fault_events import signed
from ..support.marketplace import Marketplace
from ..support.ports import free_port
from ..support.processes import Deployment, wait_until
from ..support.source_tree import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"
METRIC = re.compile(r"\bmarketplace_hooks_\w+")
RAISED_WITHIN_S = 60.0


def served(marketplace: Marketplace) -> set[str]:
    """Every name that a scrape may show, whether or not there is a sample of it yet."""
    text = marketplace.app.test_client().get("/metrics").text
    names: set[str] = set()
    for family in text_string_to_metric_families(text):
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        names |= {f"{family.name}{suffix}" for suffix in suffixes}
    return names


def test_every_metric_of_the_rules_and_the_dashboard_is_served(marketplace: Marketplace) -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    named = {name for text in (RULES.read_text(encoding="utf-8"), *expressions) for name in METRIC.findall(text)}
    assert len(named) > 10
    # A scrape without Redis does not say how long it took.
    assert named - served(marketplace) <= {"marketplace_hooks_redis_seconds"}


def test_promtool_accepts_the_rules() -> None:
    prometheus = find_service("prometheus")
    assert prometheus is not None
    done = subprocess.run(
        [str(prometheus.with_name("promtool")), "check", "rules", str(RULES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


_BACKLOG = 'marketplace_hooks_backlog{kind="rejected_events"}'
_OLDEST = 'marketplace_hooks_backlog_oldest_seconds{kind="%s"}'
_ALIVE = 'marketplace_hooks_processes_alive{kind="%s"}'
RAISED_BY = {
    "IsDown": ('up{job="marketplace-hooks"}', "1+0x180", "0+0x180"),
    "EventsWait": (_OLDEST % "events", "120+0x180", "121+0x180"),
    "CascadesWait": (_OLDEST % "cascades", "3600+0x180", "3601+0x180"),
    "DeliveriesWait": (_OLDEST % "deliveries", "900+0x180", "901+0x180"),
    "DeliveriesExhausted": ("marketplace_hooks_deliveries_exhausted_total", "7+0x180", "0+1x180"),
    "EventsNeedAPerson": (_BACKLOG, "0+0x180", "1+0x180"),
    "SenderIsRefused": ('marketplace_hooks_events_refused_total{reason="signature_mismatch"}', "0+59x180", "0+61x180"),
    "DeadlinesMissed": ('marketplace_hooks_deadlines_missed_total{deadline="fix"}', "9+0x180", "0+1x180"),
    "NoWorker": (_ALIVE % "worker", "1+0x180", "0+0x180"),
    "NoScheduler": (_ALIVE % "scheduler", "1+0x180", "0+0x180"),
    "RedisIsDown": ("marketplace_hooks_redis_up", "1+0x180", "0+0x180"),
}
"""Alert → the figure it is about, each minute of three hours: as it is in order, and as it raises the alert."""


def test_every_alert_is_raised_by_its_figure_and_by_no_other(tmp_path: Path) -> None:
    rules = set(re.findall(r"- alert: MarketplaceHooks(\w+)", RULES.read_text(encoding="utf-8")))
    assert rules == set(RAISED_BY)
    firing_now = 'count by (alertname) (ALERTS{alertstate="firing"})'
    tests = []
    for raised in (None, *RAISED_BY):
        series = [
            {"series": figure, "values": bad if name == raised else good}
            for name, (figure, good, bad) in RAISED_BY.items()
        ]
        found = [{"labels": f'{{alertname="MarketplaceHooks{raised}"}}', "value": 1}] if raised else []
        expected = {"expr": firing_now, "eval_time": "2h", "exp_samples": found}
        tests.append({"interval": "1m", "input_series": series, "promql_expr_test": [expected]})
    case = tmp_path / "alerts_test.yaml"  # JSON is YAML.
    case.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    prometheus = find_service("prometheus")
    assert prometheus is not None
    command = [str(prometheus.with_name("promtool")), "test", "rules", str(case)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_real_prometheus_raises_the_alert_for_a_rejected_event(tmp_path: Path) -> None:
    url = databases.sqlite_url(tmp_path / "hooks.db")
    databases.apply_migrations(url)
    deployment = Deployment(tmp_path, url, None)
    port = free_port()
    alerts = re.sub(r"^( +)for: .*$", r"\1for: 0s", RULES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / "alerts.yaml").write_text(alerts, encoding="utf-8")
    shipped = RULES.with_name("prometheus.yaml").read_text(encoding="utf-8")
    configuration = shipped.replace("127.0.0.1:8000", f"127.0.0.1:{deployment.port}").replace("15s", "1s")
    configuration = f"global: {{evaluation_interval: 1s}}\n{configuration}"
    (tmp_path / "prometheus.yaml").write_text(configuration, encoding="utf-8")
    deployment.start_web()
    prometheus = subprocess.Popen(
        [
            str(find_service("prometheus")),
            f"--config.file={tmp_path / 'prometheus.yaml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: firing(port) is not None, RAISED_WITHIN_S, "Prometheus did not start")
        assert deployment.post(signed(("seller.upserted", {}), "evt-rejected"))[0] == 202
        assert deployment.start("sweep").popen.wait(60) == 0
        wait_until(
            lambda: "MarketplaceHooksEventsNeedAPerson" in (firing(port) or ()),
            RAISED_WITHIN_S,
            "no alert was raised",
            lambda: firing(port),
        )
        assert "MarketplaceHooksIsDown" not in (firing(port) or ())
    finally:
        prometheus.terminate()
        prometheus.wait(20)
        deployment.close()


def firing(port: int) -> set[str] | None:
    """The names of the alerts that are raised; None while Prometheus does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=10) as answer:
            alerts: list[dict[str, Any]] = json.load(answer)["data"]["alerts"]
    except OSError:
        return None
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
