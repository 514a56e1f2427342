"""Nodes of RabbitMQ killed and frozen under load: nothing acknowledged is lost, no effect doubled.

With TRADEWIND_WRITE_FIGURES set the figures are written into docs/operations/failover.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.adapters.figures import write_figures
from tests.adapters.rabbitmq.traffic import Traffic
from tests.servers.rabbit_server import RabbitCluster, RabbitNode, running_rabbit

HEAD = """| fault | acknowledged messages | lost | effects doubled | no effects for | goal |
|---|---|---|---|---|---|
"""
GOAL_S = 2.0
"""For one node of three; a single one is away until it is back."""
FROZEN_S = 20.0
"""Longer than two heartbeats and every deadline of ours."""
NOTICED_S = 10.0
"""In which a node that went on has noticed that the others gave it up, and pauses or ends."""
pytestmark = pytest.mark.long


class Fault(NamedTuple):
    """What is done to which node of how many."""

    name: str
    nodes: int
    victim: int
    act: Callable[[RabbitNode], None]


class Found(NamedTuple):
    """One line of the table."""

    fault: Fault
    acknowledged: int
    lost: int
    doubled: int
    outage_s: float


def kill(node: RabbitNode) -> None:
    """Kill a node, and run it again a while later."""
    node.kill()
    time.sleep(5)
    node.run()
    node.wait_until_running()


def freeze(node: RabbitNode) -> None:
    """Let a node stand still, and go on."""
    node.freeze()
    time.sleep(FROZEN_S)
    node.thaw()


FAULTS = (
    *(Fault(f"node {n + 1} of three killed and run again", 3, n, kill) for n in range(3)),
    *(Fault(f"node {n + 1} of three frozen for 20 s", 3, n, freeze) for n in range(3)),
    Fault("the only node killed and run again", 1, 0, kill),
    Fault("the only node frozen for 20 s", 1, 0, freeze),
)


@pytest.fixture(scope="module")
def clusters() -> Iterator[dict[int, RabbitCluster]]:
    with running_rabbit(3) as three, running_rabbit(1) as one:
        yield {3: three, 1: one}


@pytest.fixture(scope="module")
def findings() -> Iterator[list[Found]]:
    """What the tests found; written down where that is wanted and all faults were tried."""
    found: list[Found] = []
    yield found
    if len(found) == len(FAULTS):
        lines = [line_of(one) for one in sorted(found, key=lambda one: FAULTS.index(one.fault))]
        write_figures("broker figures", HEAD, lines)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=lambda n: FAULTS[n].name)
def test_a_fault_of_a_node_loses_no_message_and_doubles_no_effect(
    clusters: dict[int, RabbitCluster], findings: list[Found], number: int, tmp_path: Path
) -> None:
    fault = FAULTS[number]
    cluster = clusters[fault.nodes]
    traffic = Traffic(cluster.url, tmp_path)
    traffic.start()
    try:
        traffic.wait_for(200)
        began_s = time.monotonic()
        fault.act(cluster.nodes[fault.victim])
        time.sleep(NOTICED_S if fault.nodes > 1 else 0)
        cluster.wait_until_whole()
        traffic.wait_for(200)
        outage_s = traffic.outage_s(began_s)
    finally:
        traffic.stop()
    acknowledged, lost, doubled = traffic.figures()
    findings.append(Found(fault, acknowledged, lost, doubled, outage_s))
    assert acknowledged >= 400
    assert (lost, doubled) == (0, 0)
    assert fault.nodes == 1 or outage_s < GOAL_S


def goal(fault: Fault) -> str:
    """How long there shall be no effects at most, for the table."""
    return f"< {GOAL_S:.0f} s" if fault.nodes > 1 else "its own absence"


def line_of(one: Found) -> str:
    """A finding as a line of the table."""
    return (
        f"| {one.fault.name} | {one.acknowledged} | {one.lost} | {one.doubled} "
        f"| {one.outage_s:.1f} s | {goal(one.fault)} |\n"
    )
