"""The doctor's look at Redis: reachable, bounded, kept over a restart, and of use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from tradewind.model.errors import UserError
from tradewind.ops.doctor import Finding

POLICY = "volatile-lru"
SHIPPED = "deploy/redis/redis.conf has settings that fit"


def redis_findings(url: str, password: str) -> list[Finding]:
    """Return what is to be said of the Redis that a URL names; nothing where there is none."""
    if not url:
        return []
    # Here and not above: who has no Redis has not its client either.
    try:
        from tradewind.adapters.redis.attempts import FAILURES
        from tradewind.adapters.redis.clients import connect_redis, refusal
    except ModuleNotFoundError:
        return [Finding("redis", "fault", "REDIS_URL is set: install tradewind[redis] for it")]
    try:
        with closing(connect_redis(url, password=password, connections_max=1)) as client:
            asked: Any = client
            settings = asked.config_get("maxmemory", "maxmemory-policy", "appendonly")
            return [settings_finding(settings, asked.info())]
    except UserError as error:
        return [Finding("redis", "fault", str(error))]
    except FAILURES as error:
        return [Finding("redis", "fault", f"{refusal(error)}; the database counts alone")]


def settings_finding(settings: Mapping[str, str], state: Mapping[str, Any]) -> Finding:
    """Say how full and how useful it is, and which settings differ from those that fit.

    >>> kept = {"maxmemory": "512000000", "maxmemory-policy": "volatile-lru", "appendonly": "yes"}
    >>> counts = {"keyspace_hits": 9, "keyspace_misses": 1, "used_memory": 2_000_000}
    >>> settings_finding(kept, counts).sentence
    'answers, 2 of 512 MB used, 90 % of questions found something'
    >>> settings_finding(kept | {"maxmemory": "0"}, counts).state
    'warning'
    """
    limit = int(settings["maxmemory"])
    wrong = []
    if limit == 0:
        wrong.append("maxmemory has no limit")
    if settings["maxmemory-policy"] != POLICY:
        wrong.append(f"maxmemory-policy is {settings['maxmemory-policy']}, not {POLICY}")
    if settings["appendonly"] != "yes":
        wrong.append("appendonly is off")
    if wrong:
        return Finding("redis", "warning", f"{', '.join(wrong)}: {SHIPPED}")
    hits, misses = state["keyspace_hits"], state["keyspace_misses"]
    share = f"{100 * hits // max(1, hits + misses)} % of questions found something"
    used = state["used_memory"] // 10**6
    return Finding("redis", "ok", f"answers, {used} of {limit // 10**6} MB used, {share}")
