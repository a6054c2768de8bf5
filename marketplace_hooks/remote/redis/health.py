"""Health of Redis: whether it takes writes, and keeps what was queued."""

from __future__ import annotations

import redis

from .connection import connect

_KEY = "mh:doctor"


def find_problem(url: str) -> str | None:
    """What is wrong with a Redis that answers, in a sentence; None when nothing is found."""
    client = connect(url, timeout_s=2)
    try:
        client.set(_KEY, "1", px=1_000)
    except (redis.RedisError, OSError) as error:
        return f"refuses writes, so that no worker is woken: {error}"
    try:
        memory = client.info("memory")
    except (redis.RedisError, OSError):
        return None  # a server that keeps this to itself.
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction" and int(memory.get("maxmemory", 0)) > 0:
        return f"evicts keys when its memory is full ({policy}), wake-ups among them: set maxmemory-policy noeviction"
    return None
