"""A cluster of Patroni under faults: nothing acknowledged is lost, and how long nobody could write.

With TRADEWIND_WRITE_FIGURES set the figures are written into docs/operations/failover.md.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.adapters.figures import write_figures
from tests.adapters.postgres.acknowledged import AcknowledgedWriter, lost_and_doubled
from tests.adapters.postgres.witness import make_witness_table, witness_at
from tests.servers.patroni_cluster import MEMBERS, PatroniCluster, running_cluster

HEAD = """| fault | acknowledged events | lost | doubled | no writes for | allowed |
|---|---|---|---|---|---|
"""
ETCD_AWAY_S = 25.0
"""Longer than the primary's lease."""
AHEAD_S = 0.3
"""For so long one standby alone is told what the primary writes."""
TTL_S = 20.0
"""That of the shipped patroni.json."""
pytestmark = pytest.mark.long


class Fault(NamedTuple):
    """What is done to the cluster, and how long a writer may wait at most."""

    name: str
    promised_s: float
    begin: Callable[[PatroniCluster, int], None]
    end: Callable[[PatroniCluster, int], None]
    keeps_primary: bool = False
    times: int = 1
    """How often it is done, one after another; what is written down is the longest wait."""


class Found(NamedTuple):
    """One line of the table."""

    fault: Fault
    acknowledged: int
    lost: int
    doubled: int
    outage_s: float


def crash(cluster: PatroniCluster, primary: int) -> None:
    cluster.crash_database(primary)


def switch_over(cluster: PatroniCluster, primary: int) -> None:
    cluster.switch_over()


def kill_node(cluster: PatroniCluster, primary: int) -> None:
    """Its manager and its database at once, as with a lost machine."""
    cluster.send(cluster.processes(primary), signal.SIGKILL)


def freeze_node(cluster: PatroniCluster, primary: int) -> None:
    cluster.send(cluster.processes(primary), signal.SIGSTOP)


def part_node(cluster: PatroniCluster, primary: int) -> None:
    """From etcd and from the others; its clients still reach it."""
    mute_node(cluster, primary)
    deafen_node(cluster, primary)


def mute_node(cluster: PatroniCluster, primary: int) -> None:
    """For one standby sooner than for the other, which gets ahead of it: one has to lead."""
    cluster.mute(f"n{primary}", [f"n{standby_of(cluster)}"])
    time.sleep(AHEAD_S)
    cluster.mute(f"n{primary}")


def deafen_node(cluster: PatroniCluster, primary: int) -> None:
    cluster.deafen(f"n{primary}")


def kill_standby(cluster: PatroniCluster, primary: int) -> None:
    """The other one is enough for what is acknowledged."""
    cluster.send(cluster.processes(standby_of(cluster)), signal.SIGKILL)


def freeze_standby(cluster: PatroniCluster, primary: int) -> None:
    cluster.send(cluster.processes(standby_of(cluster)), signal.SIGSTOP)


def mute_to_standby(cluster: PatroniCluster, primary: int) -> None:
    """Between the two alone; etcd and the third reach both."""
    cluster.mute(f"n{primary}", [f"n{standby_of(cluster)}"])


def deafen_to_standby(cluster: PatroniCluster, primary: int) -> None:
    cluster.deafen(f"n{primary}", [f"n{standby_of(cluster)}"])


def freeze_etcd(cluster: PatroniCluster, primary: int) -> None:
    """The members agree among themselves that the primary stays."""
    cluster.signal_etcd(signal.SIGSTOP)
    time.sleep(ETCD_AWAY_S)
    cluster.signal_etcd(signal.SIGCONT)


def kill_leading_etcd(cluster: PatroniCluster, primary: int) -> None:
    """Two of three are left; who led is started again later."""
    number = cluster.leading_etcd()
    cluster.signal_etcd(signal.SIGKILL, (number,))
    time.sleep(ETCD_AWAY_S)
    cluster.start_etcd(number)


def mute_leading_etcd(cluster: PatroniCluster, primary: int) -> None:
    cluster.mute(f"e{cluster.leading_etcd()}")
    time.sleep(ETCD_AWAY_S)


def deafen_leading_etcd(cluster: PatroniCluster, primary: int) -> None:
    cluster.deafen(f"e{cluster.leading_etcd()}")
    time.sleep(ETCD_AWAY_S)


def start_again(cluster: PatroniCluster, primary: int) -> None:
    cluster.start_member(primary)


def start_all_again(cluster: PatroniCluster, primary: int) -> None:
    cluster.start_missing()


def thaw_node(cluster: PatroniCluster, primary: int) -> None:
    cluster.send(cluster.processes(primary), signal.SIGCONT)


def thaw_all(cluster: PatroniCluster, primary: int) -> None:
    for number in MEMBERS:
        cluster.send(cluster.processes(number), signal.SIGCONT)


def heal(cluster: PatroniCluster, primary: int) -> None:
    cluster.heal()


def heal_and_outlive_trust(cluster: PatroniCluster, primary: int) -> None:
    heal(cluster, primary)
    outlive_trust(cluster, primary)


def outlive_trust(cluster: PatroniCluster, primary: int) -> None:
    """A standby that the primary asked while etcd was away takes it for the leader for a `ttl`.

    Until then nobody follows a database that dies: the next fault must not come so soon.
    """
    time.sleep(TTL_S)


def undo_all(cluster: PatroniCluster) -> None:
    """Whatever a test that failed has left behind."""
    cluster.heal()
    cluster.signal_etcd(signal.SIGCONT)
    thaw_all(cluster, 0)
    cluster.start_missing()


def nothing(cluster: PatroniCluster, primary: int) -> None:
    """The cluster mends itself."""


FAULTS = (
    Fault("switchover by hand", 5, switch_over, nothing),
    Fault("primary's database killed, five times", 5, crash, nothing, times=5),
    Fault("primary's node killed", 30, kill_node, start_again),
    Fault("primary's node frozen", 30, freeze_node, thaw_node),
    Fault("primary's node parted from etcd and the others", 60, part_node, heal),
    Fault("primary hears etcd and the others, and is not heard", 60, mute_node, heal),
    Fault("primary is heard, and hears neither etcd nor the others", 60, deafen_node, heal),
    Fault("one standby killed", 5, kill_standby, start_all_again, keeps_primary=True),
    Fault("one standby frozen", 5, freeze_standby, thaw_all, keeps_primary=True),
    Fault("one standby does not hear the primary", 5, mute_to_standby, heal, keeps_primary=True),
    Fault("primary does not hear one standby", 5, deafen_to_standby, heal, keeps_primary=True),
    Fault("etcd's leader of three killed", 5, kill_leading_etcd, outlive_trust, keeps_primary=True),
    Fault("etcd frozen for 25 s", 5, freeze_etcd, outlive_trust, keeps_primary=True),
    Fault(
        "etcd's leader hears all, and is not heard",
        5,
        mute_leading_etcd,
        heal_and_outlive_trust,
        keeps_primary=True,
    ),
    Fault(
        "etcd's leader is heard, and hears nobody",
        5,
        deafen_leading_etcd,
        heal_and_outlive_trust,
        keeps_primary=True,
    ),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[PatroniCluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def findings() -> Iterator[list[Found]]:
    """What the tests found; written down where that is wanted and all faults were tried."""
    found: list[Found] = []
    yield found
    if len(found) == len(FAULTS):
        lines = [line_of(one) for one in sorted(found, key=lambda one: FAULTS.index(one.fault))]
        write_figures("cluster figures", HEAD, lines)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=lambda n: FAULTS[n].name)
def test_a_fault_of_the_primary_loses_and_doubles_nothing(
    cluster: PatroniCluster, findings: list[Found], number: int
) -> None:
    fault, name = FAULTS[number], f"f{number}"
    url = cluster.new_database(name)
    make_witness_table(url)
    writer = AcknowledgedWriter(url, name)
    try:
        outage_s = max(outage_of(fault, cluster, writer, name) for _ in range(fault.times))
        writer.wait_for(200)
    finally:
        undo_all(cluster)
        writer.stop()
    assert writer.failure is None
    lost, doubled = lost_and_doubled(writer.acknowledged, url, name)
    findings.append(Found(fault, len(writer.acknowledged), lost, doubled, outage_s))
    assert (lost, doubled) == (0, 0)
    assert outage_s < fault.promised_s


@pytest.mark.timeout(400)
def test_a_member_whose_way_back_is_cut_off_comes_back_all_the_same(
    cluster: PatroniCluster,
) -> None:
    """Its source dies while it is rewound: what is left of its data then cannot be started.

    The source is started again at once. The third may have been ahead of it, so that it is rewound
    as well and there is nobody else to lead.
    """
    url = cluster.new_database("back")
    writer = AcknowledgedWriter(url, "back")
    writer.wait_for(200)
    first = cluster.primary()
    told = cluster.log_bytes(first)
    cluster.crash_database_ahead(first)
    second = cluster.wait_for_other(first)
    cluster.wait_for_log(first, "running pg_rewind from dbname", behind=told)
    kill_node(cluster, second)
    cluster.start_member(second)
    cluster.wait_until_whole()
    writer.wait_for(200)
    writer.stop()
    assert writer.failure is None
    assert lost_and_doubled(writer.acknowledged, url, "back") == (0, 0)


def outage_of(
    fault: Fault, cluster: PatroniCluster, writer: AcknowledgedWriter, name: str
) -> float:
    """Begin a fault and end it; for how many seconds nobody could write.

    Beside the writer, who finds the new primary, a witness stays with the old one: whatever that
    acknowledges must be there in the end, and from when the new one does it acknowledges nothing.
    """
    writer.wait_for(200)
    primary, began_s = cluster.primary(), time.monotonic()
    with witness_at(cluster.member_url(primary, name)) as witness:
        fault.begin(cluster, primary)
        if not fault.keeps_primary:
            cluster.wait_for_other(primary)
        writer.wait_for(200)
        outage_s, went_on_s = writer.outage(began_s)
        fault.end(cluster, primary)
        cluster.wait_until_whole()
    assert witness.lost(cluster.url(name)) == set()
    late = [at_s for at_s in witness.acknowledged.values() if at_s > went_on_s]
    assert fault.keeps_primary or not late, "two members acknowledged at once"
    return outage_s


def standby_of(cluster: PatroniCluster) -> int:
    number = cluster.standby()
    assert number, cluster.members()
    return number


def line_of(one: Found) -> str:
    """A finding as a line of the table."""
    return (
        f"| {one.fault.name} | {one.acknowledged} | {one.lost} | {one.doubled} "
        f"| {one.outage_s:.1f} s | < {one.fault.promised_s:.0f} s |\n"
    )
