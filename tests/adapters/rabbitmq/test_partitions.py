"""Nodes of RabbitMQ parted under load: nothing acknowledged is lost, no effect doubled.

Each of three nodes is on a machine of its own; the clients reach all of them, also the one that
the others do not. With TRADEWIND_WRITE_FIGURES set the figures are written into
docs/operations/failover.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.adapters.figures import write_figures
from tests.adapters.rabbitmq.traffic import QUEUE, Traffic
from tests.servers.network import Network, running_network
from tests.servers.rabbit_server import RabbitCluster, RabbitNode, running_rabbit_on
from tradewind.adapters.rabbitmq.broker import RabbitBroker

HEAD = """| fault | acknowledged messages | lost | doubled | no effects for | goal | whole after |
|---|---|---|---|---|---|---|
"""
GOAL_S = 2.0
"""Where two of three nodes hear each other."""
PARTED_S = 20.0
"""Longer than two heartbeats and every deadline of ours."""
SETTLED_S = 10.0
"""After so much of it nobody takes a lost majority for a pause of the network any more."""
NOTICED_S = 10.0
"""In which a node that was let back has noticed that the others gave it up, and pauses or ends."""
pytestmark = pytest.mark.long


class Fault(NamedTuple):
    """What is lost between the leader of the queue and the others, and where the clients are."""

    name: str
    cut: Callable[[Network, str, Sequence[str]], None]
    clients: str = "leader"
    goes_on: bool = True
    may_confirm: bool = True


class Found(NamedTuple):
    """One line of the table."""

    fault: Fault
    acknowledged: int
    lost: int
    doubled: int
    outage_s: float
    whole_s: float


def mute(network: Network, leader: str, others: Sequence[str]) -> None:
    """The leader hears, and is not heard."""
    for other in others:
        network.lose(leader, other)


def deafen(network: Network, leader: str, others: Sequence[str]) -> None:
    """The leader is heard, and hears nobody."""
    for other in others:
        network.lose(other, leader)


def part(network: Network, leader: str, others: Sequence[str]) -> None:
    """Neither is heard by the other."""
    mute(network, leader, others)
    deafen(network, leader, others)


def part_from_one(network: Network, leader: str, others: Sequence[str]) -> None:
    """The third node is heard by both, and hears both."""
    part(network, leader, others[:1])


def part_all(network: Network, leader: str, others: Sequence[str]) -> None:
    """Nobody hears anybody."""
    part(network, leader, others)
    part(network, others[0], others[1:])


FAULTS = (
    Fault("leader parted from both others, clients at the leader", part),
    Fault("leader parted from both others, clients at another", part, clients="other"),
    Fault("leader hears both others, and is not heard", mute),
    Fault("leader is heard by both others, and hears nobody", deafen),
    Fault("leader and one other parted, the third hears both", part_from_one, goes_on=False),
    Fault("all three parted from one another", part_all, goes_on=False, may_confirm=False),
)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with running_network() as found:
        yield found


@pytest.fixture(scope="module")
def cluster(network: Network) -> Iterator[RabbitCluster]:
    with running_rabbit_on(network) as found:
        asyncio.run(declared(found.url))
        yield found


async def declared(url: str) -> None:
    """Make the queue, so that somebody leads it."""
    broker = RabbitBroker(url, queues=(QUEUE,))
    await broker.states()
    await broker.close()


@pytest.fixture(scope="module")
def findings() -> Iterator[list[Found]]:
    """What the tests found; written down where that is wanted and all faults were tried."""
    found: list[Found] = []
    yield found
    if len(found) == len(FAULTS):
        lines = [line_of(one) for one in sorted(found, key=lambda one: FAULTS.index(one.fault))]
        write_figures("broker partition figures", HEAD, lines)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=lambda n: FAULTS[n].name)
def test_parted_nodes_lose_no_message_double_no_effect_and_come_back(
    network: Network,
    cluster: RabbitCluster,
    findings: list[Found],
    number: int,
    tmp_path: Path,
) -> None:
    fault = FAULTS[number]
    cluster.wait_until_whole()
    leader = cluster.leader_of(QUEUE.name)
    others = [node for node in cluster.nodes if node is not leader]
    first = [leader, *others] if fault.clients == "leader" else [*others, leader]
    traffic = Traffic(cluster.url_from(first), tmp_path)
    traffic.start()
    try:
        traffic.wait_for(200)
        began_s = time.monotonic()
        fault.cut(network, machine(leader), [machine(node) for node in others])
        try:
            confirmed = (
                confirmed_after(traffic, SETTLED_S),
                confirmed_after(traffic, PARTED_S - SETTLED_S),
            )
        finally:
            network.heal()
        healed_s = time.monotonic()
        time.sleep(NOTICED_S)
        cluster.wait_until_whole()
        whole_s = time.monotonic() - healed_s
        traffic.wait_for(200)
        outage_s = traffic.outage_s(began_s)
    finally:
        traffic.stop()
    acknowledged, lost, doubled = traffic.figures()
    found = Found(fault, acknowledged, lost, doubled, outage_s, whole_s)
    findings.append(found)
    assert acknowledged >= 400
    assert (lost, doubled) == (0, 0)
    if fault.goes_on:
        assert outage_s < GOAL_S, found
    if not fault.may_confirm:
        assert confirmed[0] == confirmed[1], "without a majority nothing may be confirmed"


def machine(node: RabbitNode) -> str:
    return node.machine.name


def confirmed_after(traffic: Traffic, wait_s: float) -> int:
    """How many messages are confirmed after a wait."""
    time.sleep(wait_s)
    return traffic.confirmed()


def line_of(one: Found) -> str:
    """A finding as a line of the table."""
    goal = f"< {GOAL_S:.0f} s" if one.fault.goes_on else "its own length"
    return (
        f"| {one.fault.name} | {one.acknowledged} | {one.lost} | {one.doubled} "
        f"| {one.outage_s:.1f} s | {goal} | {one.whole_s:.0f} s |\n"
    )
