"""Three members of Patroni, three of etcd, each on a machine, and the shipped HAProxy before."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from tests.disks import small_disk
from tests.servers.found import free_port, program, skip
from tests.servers.network import Network, running_network
from tests.servers.pooler import SHIPPED, serving
from tests.servers.postgres_server import OWNER, psycopg

AHEAD_S = 0.5
PATIENCE_S = 120.0
PATRONI = "patroni[etcd3]>=4.1"
"""Debian's 3.0.2 has lost acknowledged rows when a primary was frozen."""
PYTHON = "/usr/bin/python3"
"""The system's own: another one may lie where the server's user may not look."""
CONTROL = "from patroni.ctl import ctl; ctl(prog_name='patronictl')"
MEMBERS = (1, 2, 3)
DATABASE, REST, CLIENTS, PEERS = 5432, 8008, 2379, 2380
"""Ports of a member of Patroni and of one of etcd; each has a machine of its own."""


@cache
def packages() -> Path:
    """The folder of Patroni's packages, installed on first use where the server's user sees it."""
    if os.geteuid() != 0:
        skip("a cluster of Patroni is started by root only, as user postgres")
    folder = Path(tempfile.gettempdir(), "tradewind-patroni-4")
    if not (folder / "patroni").exists():
        pip = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "--target"]
        command = [*pip, str(folder), PATRONI, "psycopg[binary]"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            skip(f"Patroni cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder


class PatroniCluster:
    """Members n1 to n3, one the primary; what it acknowledges one other has. etcd is e1 to e3.

    Who uses the databases is on a machine of its own and always reaches all of them.
    """

    def __init__(self, folder: Path, network: Network) -> None:
        self.folder = folder
        self.port = free_port()
        self._network = network
        self._members = {n: network.add(f"n{n}", 10 + n) for n in MEMBERS}
        self._etcd = {n: network.add(f"e{n}", 20 + n) for n in MEMBERS}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for number in MEMBERS:
            self.start_etcd(number)
        self._wait_for_version()
        for number in MEMBERS:
            (self.folder / f"n{number}.yml").write_text(json.dumps(self._settings(number)))
            self.start_member(number)
        self.wait_until_whole()

    def _wait_for_version(self) -> None:
        """Wait until etcd's members agree on a version: Patroni ends at a start without one."""
        ends_at = time.monotonic() + PATIENCE_S
        for host in self._etcd.values():
            url, said = f"http://{host}:{CLIENTS}/version", {"etcdcluster": ""}
            while not said["etcdcluster"][:1].isdigit():
                assert time.monotonic() < ends_at, said
                time.sleep(0.1)
                with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
                    said = json.load(answer)

    def start_etcd(self, number: int) -> None:
        """Run a member of etcd, patient enough for a machine with much to do."""
        host, name = self._etcd[number], f"e{number}"
        known = ",".join(f"e{n}=http://{one}:{PEERS}" for n, one in self._etcd.items())
        self._run(
            name, [
                program("etcd", "etcd-server"), "--name", name, "--data-dir",
                f"{self.folder}/{name}", "--log-level", "error",
                "--heartbeat-interval", "200", "--election-timeout", "2000",
                "--listen-client-urls", f"http://{host}:{CLIENTS}",
                "--advertise-client-urls", f"http://{host}:{CLIENTS}",
                "--listen-peer-urls", f"http://{host}:{PEERS}",
                "--initial-advertise-peer-urls", f"http://{host}:{PEERS}",
                "--initial-cluster", known,
            ],
        )  # fmt: skip

    def signal_etcd(self, number: signal.Signals, members: tuple[int, ...] = MEMBERS) -> None:
        for member in members:
            self._processes[f"e{member}"].send_signal(number)

    def leading_etcd(self) -> int:
        """The member of etcd that leads the others."""
        for number, host in self._etcd.items():
            with suppress(OSError):
                url = f"http://{host}:{CLIENTS}/metrics"
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if "\netcd_server_is_leader 1\n" in answer.read().decode():
                        return number
        raise AssertionError("no member of etcd leads")

    def mute(self, name: str, others: Sequence[str] = ()) -> None:
        """Lose what a machine says to these others, or to all; it hears them."""
        for other in others or self._others(name):
            self._network.lose(name, other)

    def deafen(self, name: str, others: Sequence[str] = ()) -> None:
        """Lose what these others, or all, say to a machine; they hear it."""
        for other in others or self._others(name):
            self._network.lose(other, name)

    def heal(self) -> None:
        self._network.heal()

    def _others(self, name: str) -> list[str]:
        return [f"{kind}{n}" for kind in "ne" for n in MEMBERS if f"{kind}{n}" != name]

    def start_member(self, number: int) -> None:
        settings = str(self.folder / f"n{number}.yml")
        reaper = Path(__file__).with_name("reaper.py").read_text()
        self._run(f"n{number}", [PYTHON, "-c", reaper, PYTHON, "-m", "patroni", settings])

    def start_missing(self) -> None:
        """Start the members that were killed."""
        for number in MEMBERS:
            if self._processes[f"n{number}"].poll() is not None:
                self.start_member(number)

    def standby(self) -> int:
        """The number of a standby that counts for what is acknowledged, as etcd has it; or 0."""
        found = [m["name"] for m in self.members() if m.get("role") == "quorum_standby"]
        return int(str(found[0])[1:]) if found else 0

    def wait_until_whole(self) -> None:
        """Wait for a primary and two standbys that stream and count.

        The primary's own word is taken as well: what members have told etcd may be seconds old,
        and a fault that meets a member on its way back meets a cluster without a spare one.
        """
        ends_at = time.monotonic() + PATIENCE_S
        while not (self._says_it_is_whole() and self._streams() == ["quorum", "quorum"]):
            assert time.monotonic() < ends_at, self.members()
            time.sleep(0.3)

    def _says_it_is_whole(self) -> bool:
        members = self.members()
        roles = sorted(str(member.get("role")) for member in members)
        states = {member.get("state") for member in members}
        return roles == ["leader", "quorum_standby", "quorum_standby"] and states <= {
            "running", "streaming",
        }  # fmt: skip

    def _streams(self) -> list[str]:
        """How each standby that streams now is counted by the primary."""
        asked = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
        number = self.primary()
        if not number:
            return []
        try:
            with psycopg.connect(self.member_url(number, "postgres"), connect_timeout=3) as hand:
                return sorted(str(row[0]) for row in hand.execute(asked))
        except psycopg.OperationalError:
            return []

    def wait_until_led(self) -> None:
        """Wait until the balancer sends to the primary alone: at first it tries all of them."""
        ends_at, led = time.monotonic() + PATIENCE_S, 0
        while led < 5:
            with suppress(psycopg.OperationalError):
                with psycopg.connect(self.url("postgres"), connect_timeout=3) as hand:
                    row = hand.execute("SELECT pg_is_in_recovery()").fetchone()
                led = led + 1 if row == (False,) else 0
            assert time.monotonic() < ends_at, self.members()
            time.sleep(0.2)

    def members(self) -> list[dict[str, object]]:
        for host in self._members.values():
            with suppress(OSError, ValueError):
                url = f"http://{host}:{REST}/cluster"
                answer = urllib.request.urlopen(url, timeout=2)
                with answer:
                    found: list[dict[str, object]] = json.load(answer)["members"]
                    return found
        return []

    def primary(self) -> int:
        """The number of the member that says it is the primary; 0 for none."""
        for number, host in self._members.items():
            with suppress(OSError):
                url = f"http://{host}:{REST}/primary"
                urllib.request.urlopen(url, timeout=1).close()
                return number
        return 0

    def wait_for_other(self, old: int) -> int:
        """Wait until another member is the primary; returns its number."""
        ends_at = time.monotonic() + PATIENCE_S
        while (found := self.primary()) in (0, old):
            assert time.monotonic() < ends_at, self.members()
            time.sleep(0.1)
        return found

    def disk(self, number: int) -> Path:
        """The folder in which a member keeps its data."""
        return self.folder / f"n{number}"

    def crash_database(self, number: int) -> None:
        """Kill the database of a member; Patroni stays."""
        os.kill(self._postmaster(number), signal.SIGKILL)

    def crash_database_ahead(self, number: int) -> None:
        """Kill it when it has written what no standby was told: it has to be rewound."""
        senders = [pid for pid in self.processes(number) if b"walsender" in _command(pid)]
        assert senders, "nobody sends the log to the standbys"
        self.send(senders, signal.SIGSTOP)
        time.sleep(AHEAD_S)  # the next commit is on its disk, and waits for a standby
        self.crash_database(number)
        self.send(senders, signal.SIGKILL)

    def processes(self, number: int) -> list[int]:
        """Every process of a member: Patroni's, the database's."""
        found = [*_tree(self._processes[f"n{number}"].pid)]
        with suppress(OSError, ValueError):
            found += _tree(self._postmaster(number))
        return list(dict.fromkeys(found))

    def send(self, pids: list[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def log_bytes(self, number: int) -> int:
        """How much a member has logged."""
        return (self.folder / f"n{number}.log").stat().st_size

    def wait_for_log(self, number: int, words: str, *, behind: int) -> None:
        """Wait until a member has logged words behind so many bytes."""
        path = self.folder / f"n{number}.log"
        ends_at = time.monotonic() + PATIENCE_S
        while words.encode() not in path.read_bytes()[behind:]:
            assert time.monotonic() < ends_at, f"n{number} did not say: {words}"
            time.sleep(0.02)

    def switch_over(self) -> None:
        command = [PYTHON, "-c", CONTROL, "-c", str(self.folder / "n1.yml")]
        subprocess.run(
            [*command, "switchover", "trading", "--force"],
            env=_environment(), capture_output=True, check=True,
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        """What the shipped haproxy.cfg is told."""
        found = {
            "PRIMARY_BIND": f"127.0.0.1:{self.port}",
            "STANDBY_BIND": f"127.0.0.1:{free_port()}",
        }
        for number, host in self._members.items():
            found[f"NODE{number}"] = f"{host}:{DATABASE}"
            found[f"CHECK{number}"] = str(REST)
        return found

    def url(self, name: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"

    def member_url(self, number: int, name: str) -> str:
        """A database of one member, whatever it is just now."""
        return f"postgresql://{OWNER}@{self._members[number]}:{DATABASE}/{name}"

    def new_database(self, name: str) -> str:
        with psycopg.connect(self.url("postgres"), autocommit=True) as hand:
            hand.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def stop(self) -> None:
        for number in MEMBERS:
            if f"n{number}" in self._processes:
                self.send(self.processes(number), signal.SIGCONT)
                self.send(self.processes(number), signal.SIGKILL)
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _postmaster(self, number: int) -> int:
        path = self.folder / f"n{number}" / "data" / "postmaster.pid"
        return int(path.read_text().splitlines()[0])

    def _run(self, name: str, command: list[str]) -> None:
        if name in self._processes:
            self._processes[name].wait()
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._network.command(name, OWNER, command),
                cwd=self.folder, stdout=log, stderr=log, env=_environment(),
            )  # fmt: skip

    def _settings(self, number: int) -> dict[str, object]:
        host, network = self._members[number], self._members[number].rpartition(".")[0]
        data = self.disk(number)
        data.mkdir(mode=0o700, exist_ok=True)
        os.chown(data, pwd.getpwnam(OWNER).pw_uid, -1)
        users = {one: {"username": one, "password": "pw"} for one in ("replication", "rewind")}
        return {
            "scope": "trading",
            "name": f"n{number}",
            "restapi": {"listen": f"{host}:{REST}", "connect_address": f"{host}:{REST}"},
            "etcd3": {"hosts": [f"{one}:{CLIENTS}" for one in self._etcd.values()]},
            "bootstrap": {
                "dcs": json.loads((SHIPPED / "patroni.json").read_text()),
                "initdb": [{"encoding": "UTF8"}, "data-checksums", {"auth": "trust"}],
                "pg_hba": [
                    f"host all all {network}.0/24 trust",
                    f"host replication all {network}.0/24 trust",
                ],
            },
            "postgresql": {
                "listen": f"{host}:{DATABASE}",
                "connect_address": f"{host}:{DATABASE}",
                "data_dir": str(data / "data"),
                "bin_dir": str(Path(program("postgres", "postgresql-15")).resolve().parent),
                "pgpass": str(data / "pgpass"),
                "authentication": {**users, "superuser": {"username": OWNER, "password": "pw"}},
                "parameters": {"unix_socket_directories": ""},
            },
        }


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(packages())}


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _tree(pid: int) -> list[int]:
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [pid, *(below for one in done.stdout.split() for below in _tree(int(one)))]


@contextmanager
def running_cluster(disk_size: str = "") -> Iterator[PatroniCluster]:
    """The cluster behind HAProxy; with a size each member has a small disk of its own."""
    packages()
    program("initdb", "postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="tradewind-patroni-"))
    os.chown(folder, pwd.getpwnam(OWNER).pw_uid, -1)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = PatroniCluster(folder, stack.enter_context(running_network()))
        for number in MEMBERS if disk_size else ():
            cluster.disk(number).mkdir()
            stack.enter_context(small_disk(cluster.disk(number), disk_size))
        stack.callback(cluster.stop)
        cluster.start()
        balancer = Path(tempfile.mkdtemp(prefix="tradewind-balancer-"))
        shutil.copy(SHIPPED / "haproxy.cfg", balancer)
        command = [program("haproxy", "haproxy"), "-db", "-f", str(balancer / "haproxy.cfg")]
        stack.enter_context(serving(command, balancer, cluster.port, cluster.environment()))
        cluster.wait_until_led()
        yield cluster
