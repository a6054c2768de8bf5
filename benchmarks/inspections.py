"""Inspections per second next to their bare requests, and one inspection next to its slowest probe."""

from __future__ import annotations

import threading
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.domain.merchant_sites import HIGHEST_SHOP_ID, Site, parse, solve_cookie
from marketplace_hooks.remote.known_versions import shipped_versions
from marketplace_hooks.remote.probes.protocol import Credentials, Probe
from marketplace_hooks.remote.probes.registry import PROBES
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.inspections.requests import start_inspection
from marketplace_hooks.services.inspections.worker import run_inspections

from . import rounds, stack
from .fake_shops import MODULE, shops

WORKERS = 4
SHOPS = 20
ANSWER_S = 0.05
LEAST_RATIO = 0.7
MOST_OVER_SLOWEST = 1.1
MOST_SOLVING_MS = 50
ONE_AFTER_THE_OTHER = 10

KEY = Credentials(webservice_key=DEMO_KEY)


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """Inspections from their rows to their evidence, by four lanes, against the same requests and nothing else."""
    report = rounds.Report(title="inspections", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database, shops(SHOPS, ANSWER_S) as urls:
        settings = {"allowed_networks": "127.0.0.0/8", "inspection_concurrency": WORKERS}
        runtime = stack.deploy(folder, database(), **settings).make_runtime()
        rounds.interleave(
            report,
            arguments.rounds,
            floor=lambda: bare_rate(urls, arguments.events),
            ours=lambda: own_rate(runtime, urls, arguments.events),
            unit="inspections/s",
            target=rounds.at_least(LEAST_RATIO),
        )
        alone(report, runtime, urls[0], arguments.rounds)
        runtime.database.dispose()
    solving(report, arguments.rounds)
    return report


def own_rate(runtime: Runtime, urls: Sequence[str], count: int) -> float:
    """Start every inspection first; then four lanes of one worker claim, make and record them."""
    for number in range(count):
        start_inspection(runtime, urls[number % len(urls)], module=MODULE, credentials=KEY, fresh=True)
    began = time.perf_counter()
    done = run_inspections(runtime, "benchmark")
    if done != count:
        raise RuntimeError(f"{done} of {count} inspections were made")
    return count / (time.perf_counter() - began)


def bare_rate(urls: Sequence[str], count: int) -> float:
    """The same requests in the same order, in parallel where the probes are, with `requests` alone."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_connections=SHOPS, pool_maxsize=WORKERS * 3))

    def get(url: str, *paths: str) -> None:
        for path in paths:
            if session.get(url + path, auth=(DEMO_KEY, ""), timeout=20).status_code != 200:
                raise RuntimeError(f"{path} was refused")

    def one(url: str) -> None:
        groups = [("api/shop_urls?display=full", "api/"), ("",), (f"modules/{MODULE}/config.xml",)]
        threads = [threading.Thread(target=get, args=(url, *paths)) for paths in groups]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, [urls[number % len(urls)] for number in range(count)]))
    took_s = time.perf_counter() - began
    session.close()
    return count / took_s


def alone(report: rounds.Report, runtime: Runtime, url: str, repetitions: int) -> None:
    """One inspection after the other, next to the slowest of its probes alone, in the same minute."""
    site = parse(url)
    if site is None:
        raise RuntimeError(f"{url} is no site")
    ratios = []
    milliseconds = []
    for _ in range(repetitions * ONE_AFTER_THE_OTHER):
        inspection_s = took(lambda: inspect_only(runtime, site, PROBES))
        slowest_s = max(took(lambda probe=probe: inspect_only(runtime, site, [probe])) for probe in PROBES)  # type: ignore[misc] # a lambda with a default
        ratios.append(inspection_s / slowest_s)
        milliseconds.append(inspection_s * 1000)
    report.add("one inspection", rounds.Spread.of(milliseconds), "ms")
    report.add("one inspection / its slowest probe", rounds.Spread.of(ratios), "", rounds.at_most(MOST_OVER_SLOWEST))


def inspect_only(runtime: Runtime, site: Site, probes: Sequence[Probe]) -> None:
    """Inspect, and write nothing."""
    inspect(site, outbound=runtime.visits, module=MODULE, credentials=KEY, probes=probes)


def solving(report: rounds.Report, repetitions: int) -> None:
    """A name that fits nothing is tried against every release, shop and form of the domain."""
    versions = shipped_versions()
    name = "PrestaShop-" + "0" * 32
    solved = [took(lambda: solve_cookie(name, "www.shop.example.com", versions)) * 1000 for _ in range(repetitions)]
    name_of_figure = f"solving a cookie: {len(versions)} releases, {HIGHEST_SHOP_ID} shops, every domain form"
    report.add(name_of_figure, rounds.Spread.of(solved), "ms", rounds.at_most(MOST_SOLVING_MS))


def took(function: Callable[[], object]) -> float:
    """How long a function takes, in seconds."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def main() -> None:
    """Run from the command line: `python -m benchmarks.inspections`."""
    rounds.run(rounds.options(__doc__ or "", events=200), measure)


if __name__ == "__main__":
    main()
