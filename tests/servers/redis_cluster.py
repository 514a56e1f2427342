"""A cluster of Redis: three primaries and a replica of each, on free loopback ports."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.found import free_port, program
from tests.servers.redis_server import RedisServer, redis

PATIENCE_S = 90.0
PRIMARIES = 3


class ClusteredRedis:
    """The six servers."""

    def __init__(self, folder: Path) -> None:
        self.nodes = []
        for number in range(2 * PRIMARIES):
            (folder / str(number)).mkdir()
            self.nodes.append(RedisServer(folder / str(number)))
        self._ports = [free_port() for _ in self.nodes]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        self.run()
        command = [program("redis-cli", "redis-tools"), "--cluster", "create"]
        command += [f"127.0.0.1:{node.port}" for node in self.nodes]
        command += ["--cluster-replicas", "1", "--cluster-yes"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.wait_until_whole(self.nodes)
        self._wait_for_replicas()

    def run(self) -> None:
        """Start the servers, for the first time or with what they remember."""
        for node, port in zip(self.nodes, self._ports, strict=True):
            node.start(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
                "--cluster-port", str(port), "--repl-diskless-sync-delay", "0",
            )  # fmt: skip

    def wait_until_whole(self, nodes: list[RedisServer]) -> None:
        """Until each of these says that three of them serve all slots."""
        ends_at = time.monotonic() + PATIENCE_S
        for node in nodes:
            while not _is_whole(node, nodes):
                assert time.monotonic() < ends_at
                time.sleep(0.05)

    def primary_of(self, key: str) -> RedisServer:
        """The server that has a key."""
        with redis.RedisCluster(port=self.nodes[0].port, host="127.0.0.1") as client:
            port = client.get_node_from_key(key).port
        return next(node for node in self.nodes if node.port == port)

    def _wait_for_replicas(self) -> None:
        """Until each primary has one that follows: only such a one may take its place."""
        ends_at = time.monotonic() + PATIENCE_S
        while sum(_follows(node) for node in self.nodes) < PRIMARIES:
            assert time.monotonic() < ends_at
            time.sleep(0.05)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


def _follows(node: RedisServer) -> bool:
    with redis.Redis.from_url(node.url, socket_timeout=5) as client:
        return bool(client.info("replication").get("master_link_status") == "up")


def _is_whole(node: RedisServer, nodes: list[RedisServer]) -> bool:
    with redis.Redis.from_url(node.url, socket_timeout=5) as client:
        state = client.execute_command("CLUSTER INFO")
        lines = client.execute_command("CLUSTER NODES")
    living = {f"127.0.0.1:{each.port}" for each in nodes}
    primaries = {
        name
        for name, each in lines.items()
        if "master" in each["flags"] and each["slots"] and "fail" not in each["flags"]
    }
    has_all = state["cluster_state"] == "ok" and state["cluster_slots_ok"] == "16384"
    return has_all and len(primaries) == PRIMARIES and primaries <= living


@contextmanager
def running_cluster(folder: Path) -> Iterator[ClusteredRedis]:
    cluster = ClusteredRedis(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
