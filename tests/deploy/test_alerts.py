"""Alert rules and dashboard: every metric they name is served, and each figure raises the right alert."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from ..support.binaries import find_service
from ..support.marketplace import Marketplace
from ..support.source_tree import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"
METRIC = re.compile(r"\bmarketplace_hooks_\w+")


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
