"""Faults of the chaos test: each breaks something for a while, and says in words what."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from .stack import Stack

Fault = Callable[[Stack, random.Random, float], None]
"""Break something for about so many seconds."""


def kill_worker(stack: Stack, chance: random.Random, for_s: float) -> None:
    _kill(stack, chance, "worker")


def kill_web(stack: Stack, chance: random.Random, for_s: float) -> None:
    _kill(stack, chance, "web")


def kill_scheduler(stack: Stack, chance: random.Random, for_s: float) -> None:
    _kill(stack, chance, "scheduler")


def kill_up(stack: Stack, chance: random.Random, for_s: float) -> None:
    """The supervisor dies; a service manager starts it again."""
    _kill(stack, chance, "up")


def kill_everything(stack: Stack, chance: random.Random, for_s: float) -> None:
    for pid in stack.deployment.leftovers():
        stack.signal(pid, signal.SIGKILL)


def freeze_and_thaw(stack: Stack, chance: random.Random, for_s: float) -> None:
    pids = stack.pids(chance.choice(["worker", "web", "scheduler", "up"]))
    for pid in pids:
        stack.signal(pid, signal.SIGSTOP)
    time.sleep(for_s)
    for pid in pids:
        stack.signal(pid, signal.SIGCONT)


def freeze_for_ever(stack: Stack, chance: random.Random, for_s: float) -> None:
    """One process never goes on; whoever supervises it has to see to it."""
    pids = stack.pids(chance.choice(["worker", "scheduler"]))
    if pids:
        stack.signal(chance.choice(pids), signal.SIGSTOP)


def flush_redis(stack: Stack, chance: random.Random, for_s: float) -> None:
    stack.redis.flush()


def restart_redis(stack: Stack, chance: random.Random, for_s: float) -> None:
    stack.redis.kill()
    time.sleep(for_s)
    stack.redis.start()


def restart_postgres(stack: Stack, chance: random.Random, for_s: float) -> None:
    assert stack.postgres is not None
    stack.postgres.stop(immediate=True)
    time.sleep(for_s / 2)
    stack.postgres.start()


def lock_sqlite(stack: Stack, chance: random.Random, for_s: float) -> None:
    with stack.locked_database():
        time.sleep(for_s)


def fill_the_disk(stack: Stack, chance: random.Random, for_s: float) -> None:
    with stack.full_disk():
        time.sleep(for_s)


def step_the_clock(stack: Stack, chance: random.Random, for_s: float) -> None:
    stack.step_clock(chance.choice([-7200, -200, 200, 7200]))
    time.sleep(for_s)
    stack.step_clock(0)


def _kill(stack: Stack, chance: random.Random, role: str) -> None:
    pids = stack.pids(role)
    if pids:
        stack.signal(chance.choice(pids), signal.SIGKILL)


ANYWHERE: tuple[Fault, ...] = (
    kill_worker,
    kill_worker,
    kill_web,
    kill_scheduler,
    kill_up,
    kill_everything,
    freeze_and_thaw,
    freeze_for_ever,
    flush_redis,
    restart_redis,
    step_the_clock,
)
ON_SQLITE: tuple[Fault, ...] = (lock_sqlite, fill_the_disk)
ON_POSTGRES: tuple[Fault, ...] = (restart_postgres, restart_postgres)


class Trouble:
    """One fault after the other, chosen by the seed. `made` are those so far, each with its monotonic instant.

    Of the main thread: servers that are started again die with the thread that starts them.
    """

    def __init__(self, stack: Stack, seed: int, for_s: float, pause_s: float) -> None:
        """Each lasts about `for_s`; there are about `pause_s` between two."""
        self.made: list[tuple[str, float]] = []
        self._stack = stack
        self._chance = random.Random(seed)
        self._for_s = for_s
        self._pause_s = pause_s

    def run(self, seconds: float, least: int) -> None:
        """Break things for so long, and at `least` so many; each kind once before any comes again."""
        faults = [*ANYWHERE, *(ON_POSTGRES if self._stack.postgres else ON_SQLITE)]
        waiting: list[Fault] = []
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s or len(self.made) < least:
            if not waiting:
                waiting = list(faults)
                self._chance.shuffle(waiting)
            fault = waiting.pop()
            self.made.append((fault.__name__.replace("_", " "), time.monotonic()))
            fault(self._stack, self._chance, self._chance.uniform(0.5, 1.5) * self._for_s)
            time.sleep(self._chance.uniform(0.5, 1.5) * self._pause_s)
