"""Three members of Patroni, three of etcd, and the shipped HAProxy before the first."""

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from tests.servers.found import free_port, program, skip
from tests.servers.link import Link
from tests.servers.pooler import SHIPPED, serving, wait_for_port
from tests.servers.postgres_server import OWNER, psycopg

PATIENCE_S = 120.0
PATRONI = "patroni[etcd3]>=4.1"
"""Debian's 3.0.2 has lost acknowledged rows when a primary was frozen."""
PYTHON = "/usr/bin/python3"
"""The system's own: another one may lie where the server's user may not look."""
CONTROL = "from patroni.ctl import ctl; ctl(prog_name='patronictl')"
MEMBERS = (1, 2, 3)


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


class Member:
    """The ports of one member; the other members reach it, and it reaches etcd, over links."""

    def __init__(self, etcd_ports: list[int]) -> None:
        self.port, self.rest_port = free_port(), free_port()
        self.etcd_links = [Link(port) for port in etcd_ports]
        self.links = [Link(self.port), Link(self.rest_port), *self.etcd_links]

    def start(self) -> None:
        for link in self.links:
            link.start()

    def stop(self) -> None:
        for link in self.links:
            link.stop()


class PatroniCluster:
    """Members n1, n2 and n3, one of them the primary, one its synchronous standby."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._etcd = {number: (free_port(), free_port()) for number in MEMBERS}
        clients = [client for client, _ in self._etcd.values()]
        self._members = {number: Member(clients) for number in MEMBERS}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for member in self._members.values():
            member.start()
        for number in MEMBERS:
            self.start_etcd(number)
        for number, (client, _) in self._etcd.items():
            wait_for_port(client, self._processes[f"e{number}"], self.folder / f"e{number}.log")
        self._wait_for_version()
        for number in MEMBERS:
            (self.folder / f"n{number}.yml").write_text(json.dumps(self._settings(number)))
            self.start_member(number)
        self.wait_until_whole()

    def _wait_for_version(self) -> None:
        """Wait until etcd's members agree on a version: Patroni ends at a start without one."""
        ends_at = time.monotonic() + PATIENCE_S
        for client, _ in self._etcd.values():
            url, said = f"http://127.0.0.1:{client}/version", {"etcdcluster": ""}
            while not said["etcdcluster"][:1].isdigit():
                assert time.monotonic() < ends_at, said
                time.sleep(0.1)
                with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
                    said = json.load(answer)

    def start_etcd(self, number: int) -> None:
        """Run a member of etcd, patient enough for a machine with much to do."""
        (client, peer), name = self._etcd[number], f"e{number}"
        known = ",".join(f"e{n}=http://127.0.0.1:{port}" for n, (_, port) in self._etcd.items())
        self._run(
            name, [
                program("etcd", "etcd-server"), "--name", name, "--data-dir",
                f"{self.folder}/{name}", "--log-level", "error",
                "--heartbeat-interval", "200", "--election-timeout", "2000",
                "--listen-client-urls", f"http://127.0.0.1:{client}",
                "--advertise-client-urls", f"http://127.0.0.1:{client}",
                "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-cluster", known,
            ],
        )  # fmt: skip

    def signal_etcd(self, number: signal.Signals, members: tuple[int, ...] = MEMBERS) -> None:
        for member in members:
            self._processes[f"e{member}"].send_signal(number)

    def leading_etcd(self) -> int:
        """The member of etcd that leads the others."""
        for number, (client, _) in self._etcd.items():
            with suppress(OSError):
                url = f"http://127.0.0.1:{client}/metrics"
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if "\netcd_server_is_leader 1\n" in answer.read().decode():
                        return number
        raise AssertionError("no member of etcd leads")

    def part(self, number: int) -> None:
        """Cut a member off from etcd and from the others; who uses the database still reaches it.

        What the others say to each other is cut as well: it takes the same links.
        """
        for other in MEMBERS:
            self._members[other].links[1].cut()
        for link in (self._members[number].links[0], *self._members[number].etcd_links):
            link.cut()

    def heal(self) -> None:
        for member in self._members.values():
            for link in member.links:
                link.heal()

    def start_member(self, number: int) -> None:
        settings = str(self.folder / f"n{number}.yml")
        reaper = Path(__file__).with_name("reaper.py").read_text()
        self._run(f"n{number}", [PYTHON, "-c", reaper, PYTHON, "-m", "patroni", settings])

    def wait_until_whole(self) -> None:
        """Wait for a primary, a synchronous standby and a third that streams.

        The primary's own word is taken as well: what members have told etcd may be seconds old,
        and a fault that meets a member on its way back meets a cluster without a spare one.
        """
        ends_at = time.monotonic() + PATIENCE_S
        while not (self._says_it_is_whole() and self._streams() == ["async", "sync"]):
            assert time.monotonic() < ends_at, self.members()
            time.sleep(0.3)

    def _says_it_is_whole(self) -> bool:
        members = self.members()
        roles = sorted(str(member.get("role")) for member in members)
        states = {member.get("state") for member in members}
        return roles == ["leader", "replica", "sync_standby"] and states <= {
            "running", "streaming",
        }  # fmt: skip

    def _streams(self) -> list[str]:
        """How each standby that streams now is counted by the primary."""
        asked = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
        number = self.primary()
        if not number:
            return []
        url = f"postgresql://{OWNER}@127.0.0.1:{self._members[number].port}/postgres"
        try:
            with psycopg.connect(url, connect_timeout=3) as hand:
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
        for member in self._members.values():
            with suppress(OSError, ValueError):
                url = f"http://127.0.0.1:{member.rest_port}/cluster"
                answer = urllib.request.urlopen(url, timeout=2)
                with answer:
                    found: list[dict[str, object]] = json.load(answer)["members"]
                    return found
        return []

    def primary(self) -> int:
        """The number of the member that says it is the primary; 0 for none."""
        for number, member in self._members.items():
            with suppress(OSError):
                url = f"http://127.0.0.1:{member.rest_port}/primary"
                urllib.request.urlopen(url, timeout=1).close()
                return number
        return 0

    def crash_database(self, number: int) -> None:
        """Kill the database of a member; Patroni stays."""
        os.kill(self._postmaster(number), signal.SIGKILL)

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

    def wait_for_log(self, number: int, words: str) -> None:
        """Wait until a member logs words anew."""
        path = self.folder / f"n{number}.log"
        start, ends_at = path.stat().st_size, time.monotonic() + PATIENCE_S
        while words.encode() not in path.read_bytes()[start:]:
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
        for number, member in self._members.items():
            found[f"NODE{number}"] = f"127.0.0.1:{member.port}"
            found[f"CHECK{number}"] = str(member.rest_port)
        return found

    def url(self, name: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"

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
        for member in self._members.values():
            member.stop()

    def _postmaster(self, number: int) -> int:
        path = self.folder / f"n{number}" / "data" / "postmaster.pid"
        return int(path.read_text().splitlines()[0])

    def _run(self, name: str, command: list[str]) -> None:
        if name in self._processes:
            self._processes[name].wait()
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, user=OWNER, cwd=self.folder, stdout=log, stderr=log, env=_environment()
            )

    def _settings(self, number: int) -> dict[str, object]:
        member = self._members[number]
        database, rest, *etcd = (link.port for link in member.links)
        data = self.folder / f"n{number}"
        data.mkdir(mode=0o700)
        os.chown(data, pwd.getpwnam(OWNER).pw_uid, -1)
        users = {one: {"username": one, "password": "pw"} for one in ("replication", "rewind")}
        return {
            "scope": "trading",
            "name": f"n{number}",
            "restapi": {
                "listen": f"127.0.0.1:{member.rest_port}",
                "connect_address": f"127.0.0.1:{rest}",
            },
            "etcd3": {"hosts": [f"127.0.0.1:{port}" for port in etcd], "use_proxies": True},
            "bootstrap": {
                "dcs": json.loads((SHIPPED / "patroni.json").read_text()),
                "initdb": [{"encoding": "UTF8"}, "data-checksums", {"auth": "trust"}],
                "pg_hba": [
                    "host all all 127.0.0.1/32 trust",
                    "host replication all 127.0.0.1/32 trust",
                ],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{member.port}",
                "connect_address": f"127.0.0.1:{database}",
                "data_dir": str(data / "data"),
                "bin_dir": str(Path(program("postgres", "postgresql-15")).resolve().parent),
                "pgpass": str(data / "pgpass"),
                "authentication": {**users, "superuser": {"username": OWNER, "password": "pw"}},
                "parameters": {"unix_socket_directories": ""},
            },
        }


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(packages())}


def _tree(pid: int) -> list[int]:
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [pid, *(below for one in done.stdout.split() for below in _tree(int(one)))]


@contextmanager
def running_cluster() -> Iterator[PatroniCluster]:
    """The cluster behind HAProxy."""
    packages()
    program("initdb", "postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="tradewind-patroni-"))
    os.chown(folder, pwd.getpwnam(OWNER).pw_uid, -1)
    cluster = PatroniCluster(folder)
    try:
        cluster.start()
        balancer = Path(tempfile.mkdtemp(prefix="tradewind-balancer-"))
        shutil.copy(SHIPPED / "haproxy.cfg", balancer)
        command = [program("haproxy", "haproxy"), "-db", "-f", str(balancer / "haproxy.cfg")]
        with serving(command, balancer, cluster.port, cluster.environment()):
            cluster.wait_until_led()
            yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
