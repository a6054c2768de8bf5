"""Ingest: signed events verified and committed per second, next to a bare route that does the same."""

from __future__ import annotations

from argparse import Namespace

from marketplace_hooks.remote.redis.embedded import EmbeddedRedis

from . import floors, load, rounds, stack

CONNECTIONS = 64
LEAST_RATIO = 0.80


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """Product and floor, each on its own database behind its own server; only one of them is posted to at a time."""
    report = rounds.Report(title="ingest", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database, EmbeddedRedis() as redis:
        deployment = stack.deploy(folder, database(), redis.url)
        floor_url = database()
        floors.make_table(floor_url)
        deployment.environment.update({floors.URL: floor_url, floors.SECRET: deployment.secret})
        with (
            stack.web(deployment, folder / "web.log") as ours,
            stack.web(deployment, folder / "bare.log", app="benchmarks.floors:create_app") as floor,
        ):
            compare(arguments, report, deployment.secret, ours, floor)
    return report


def compare(arguments: Namespace, report: rounds.Report, secret: str, ours: int, floor: int) -> None:
    """Both as fast as they can; then ours at half of that, for its latency; then nothing but the generator."""
    cpu: list[float] = []

    def rate(port: int, path: str = "/webhooks/marketplace", count: int = arguments.events) -> float:
        order = load.Order(port=port, path=path, secret=secret, count=count, connections=CONNECTIONS)
        answered = load.post(order)
        cpu.append(answered.own_cpu)
        return answered.rate_per_s

    for port in (floor, ours):
        rate(port, count=1_000)  # threads start, connections open, caches fill.
    cpu.clear()
    own = rounds.interleave(
        report,
        arguments.rounds,
        floor=lambda: rate(floor),
        ours=lambda: rate(ours),
        unit="events/s",
        target=rounds.at_least(LEAST_RATIO),
    )
    report.add("generator's share of one core", rounds.Spread.of(cpu))
    half = rounds.Spread.of(own).median / 2
    for name, port in (("ours", ours), ("floor", floor)):
        paced = [paced_latency(arguments, secret, port, half) for _ in range(arguments.rounds)]
        report.add(f"{name} at half load: p50", rounds.Spread.of([one[0] for one in paced]), "ms")
        report.add(f"{name} at half load: p99", rounds.Spread.of([one[1] for one in paced]), "ms")
    nothing = [rate(floor, "/nothing") for _ in range(3)]
    report.add("a route that does nothing", rounds.Spread.of(nothing), "answers/s")


def paced_latency(arguments: Namespace, secret: str, port: int, rate_per_s: float) -> tuple[float, float]:
    """p50 and p99 in milliseconds when events come at fixed instants."""
    order = load.Order(
        port=port,
        path="/webhooks/marketplace",
        secret=secret,
        count=arguments.events,
        connections=CONNECTIONS,
        rate_per_s=rate_per_s,
    )
    latencies = load.post(order).latencies_ms
    return rounds.percentile(latencies, 0.5), rounds.percentile(latencies, 0.99)


def main() -> None:
    """Run from the command line: `python -m benchmarks.ingest`."""
    rounds.run(rounds.options(__doc__ or "", events=8_000), measure)


if __name__ == "__main__":
    main()
