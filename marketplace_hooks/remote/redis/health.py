"""Health of Redis: whether it takes writes, and keeps what was queued."""

from __future__ import annotations

import redis

from .connection import connect

EVICTS = "evicts keys when its memory is full ({policy}), wake-ups among them: set maxmemory-policy noeviction"
_KEY = "mh:doctor"


def find_problem(url: str) -> str | None:
    """What is wrong with a Redis that answers, in a sentence; None when nothing is found."""
    client = connect(url, timeout_s=2)
    try:
        client.set(_KEY, "1", px=1_000)
    except (redis.RedisError, OSError) as error:
        return f"refuses writes, so that no worker is woken: {error}"
    policy = evicting_policy(url)
    return None if policy is None else EVICTS.format(policy=policy)


def evicting_policy(url: str) -> str | None:
    """By which policy it evicts keys when its memory is full; None: it evicts none, or keeps that to itself."""
    try:
        memory = connect(url, timeout_s=2).info("memory")
    except (redis.RedisError, OSError):
        return None
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    return policy if policy != "noeviction" and int(memory.get("maxmemory", 0)) > 0 else None
