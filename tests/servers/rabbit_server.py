"""Real RabbitMQ nodes with the shipped settings, here or each on a machine of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

import pytest

from tests.servers.certificates import Certificates, make_certificates
from tests.servers.found import free_port, program
from tests.servers.network import Network
from tests.servers.rabbit_machine import Machine, known_hosts

pytest.importorskip("aio_pika", reason="the extra [rabbitmq] is not installed")
SHIPPED = Path(__file__).parents[2] / "deploy" / "rabbitmq"
PROGRAMS = Path("/usr/lib/rabbitmq/bin")
PATIENCE_S = 150.0
HERE, ELSEWHERE = "guest", "tradewind"
"""Who the clients are: guest comes from the node's own computer only, as the settings have it."""
FEW_CORES = "+S 2:2 +sbwt none"
"""Two schedulers that do not spin: other tests want the cores too."""
KEPT_RUNNING = 'for start in $(seq 50); do "$0"; done'
"""As systemd does: a node that ended by itself is started anew, but not for ever."""


class RabbitNode:
    """One node; it can be killed, frozen, stopped, and run again on its data."""

    def __init__(self, folder: Path, number: int, machine: Machine) -> None:
        self.name = f"r{number}@{machine.name}"
        self.machine = machine
        self.port, self.tls_port = free_port(), free_port()
        self.management_port, self.prometheus_port = free_port(), free_port()
        self.folder = folder / f"r{number}"
        self.folder.mkdir()
        self._cookie_home = folder
        self._distribution_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def address(self) -> str:
        """Where its clients find it."""
        return self.machine.address

    def start(self, settings: str) -> None:
        """Run the node; it answers some seconds later."""
        (self.folder / "enabled_plugins").write_text((SHIPPED / "enabled_plugins").read_text())
        (self.folder / "rabbitmq.conf").write_text(self._settings() + settings)
        (self.folder / "rabbitmq-env.conf").write_text(self._arguments())
        self.run()

    def run(self) -> None:
        """Run the node on the settings and the data that are there."""
        self._log_start = len(self.said())
        with (self.folder / "out.txt").open("ab") as out:
            self._process = subprocess.Popen(
                self.machine.command("/bin/sh", "-c", KEPT_RUNNING, f"{PROGRAMS}/rabbitmq-server"),
                env=self._environment(), stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def control(self, *words: str) -> str:
        """What `rabbitmqctl` answers."""
        asked = self.machine.command(f"{PROGRAMS}/rabbitmqctl", "-q", "-n", self.name, *words)
        done = subprocess.run(
            asked, env=self._environment(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.said()
        return done.stdout

    def has_joined(self, count: int) -> bool:
        """True where it runs beside so many, itself included."""
        try:
            self.control("await_online_nodes", str(count), "--timeout", "20")
        except AssertionError:
            return False
        return True

    def wait_until_running(self) -> None:
        """Wait until it has opened its ports, which it does at the end of its start."""
        ends_at = time.monotonic() + PATIENCE_S
        while "Server startup complete" not in self.log_since_start():
            assert self._process is not None, "it was started"
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < ends_at, self.said()
            time.sleep(0.1)

    def log_since_start(self) -> str:
        """What it has logged since it was run last."""
        return self.said()[self._log_start :]

    def said(self) -> str:
        with suppress(FileNotFoundError):
            return (self.folder / "out.txt").read_text(errors="replace")
        return ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the node and the processes that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """End it as a lost machine does."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def stop(self) -> None:
        """Its data is thrown away, so there is nothing to end politely."""
        self.kill()
        self._process = None

    def _settings(self) -> str:
        text = (SHIPPED / "rabbitmq.conf").read_text()
        for shipped, ours in (
            ("127.0.0.1:5672", f"{self.address}:{self.port}"),
            ("port = 15672", f"port = {self.management_port}"),
            ("port = 15692", f"port = {self.prometheus_port}"),
            ("disk_free_limit.absolute = 2GB", "disk_free_limit.absolute = 10MB"),
        ):
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, ours)
        return text + f"log.console = true\nlisteners.ssl.1 = {self.address}:{self.tls_port}\n"

    def _arguments(self) -> str:
        text = (SHIPPED / "rabbitmq-env.conf").read_text()
        there = 'script("/etc/rabbitmq'
        ours_here = f"{FEW_CORES} {self.machine.argument()}"
        for shipped, ours in (("='", f"='{ours_here} "), (there, f'script("{SHIPPED}')):
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, ours)
        return text

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self._cookie_home),
            **self.machine.environment(),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(SHIPPED / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        }


class RabbitCluster:
    """Nodes that know each other, all on this machine or each on one of a network."""

    def __init__(self, count: int, network: Network | None = None) -> None:
        program("rabbitmq-server", "rabbitmq-server")
        self.folder = Path(tempfile.mkdtemp(prefix="tradewind-rabbit-"))
        self.certificates: Certificates = make_certificates(self.folder)
        self._user = HERE if network is None else ELSEWHERE
        self._machines = machines_of(network, count, self.folder)
        self.nodes = [
            RabbitNode(self.folder, n + 1, self._machines[n % len(self._machines)])
            for n in range(count)
        ]

    @property
    def url(self) -> str:
        """The address as RABBITMQ_URL takes it."""
        return self.url_from(self.nodes)

    def url_from(self, nodes: Sequence[RabbitNode]) -> str:
        """An address of nodes, of which the first one is tried first."""
        hosts = ",".join(f"{node.address}:{node.port}" for node in nodes)
        return f"amqp://{self._user}:{self._user}@{hosts}/"

    def start(self) -> None:
        for machine in self._machines:
            machine.start()
        for node in self.nodes:
            node.start(self._tls() + self._members() + self._first_user())
            if node is self.nodes[0]:
                node.wait_until_running()  # the others shall find somebody to join
        for node in self.nodes:
            node.wait_until_running()

    def leader_of(self, queue: str) -> RabbitNode:
        """The node that leads a queue."""
        said = self.nodes[0].control("list_queues", "name", "leader")
        leaders = dict(line.split("\t") for line in said.splitlines())
        return next(node for node in self.nodes if node.name == leaders[queue])

    def wait_until_whole(self) -> None:
        """Wait until each node says that all are there; who was cut off starts anew meanwhile."""
        for node in self.nodes:
            ends_at = time.monotonic() + PATIENCE_S
            while not node.has_joined(len(self.nodes)):
                assert time.monotonic() < ends_at, node.said()[-2000:]
                time.sleep(1)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()
        for machine in self._machines:
            machine.stop()
        rmtree(self.folder, ignore_errors=True)

    def _tls(self) -> str:
        made = self.certificates
        return (
            f"ssl_options.cacertfile = {made.authority}\n"
            f"ssl_options.certfile = {made.certificate}\nssl_options.keyfile = {made.key}\n"
        )

    def _members(self) -> str:
        if len(self.nodes) == 1:
            return ""
        lines = ["cluster_formation.peer_discovery_backend = classic_config"]
        for number, node in enumerate(self.nodes, 1):
            lines.append(f"cluster_formation.classic_config.nodes.{number} = {node.name}")
        return "\n".join(lines) + "\n"

    def _first_user(self) -> str:
        return f"default_user = {self._user}\ndefault_pass = {self._user}\n"


def machines_of(network: Network | None, count: int, folder: Path) -> list[Machine]:
    """This machine for all nodes, or one of a network for each."""
    port = free_port()
    if network is None:
        return [Machine("localhost", "127.0.0.1", port)]
    names = [f"mq{n + 1}" for n in range(count)]
    addresses = {name: network.add(name, 31 + n) for n, name in enumerate(names)}
    hosts = folder / "hosts"
    hosts.write_text(known_hosts(addresses))
    return [
        Machine(name, addresses[name], port, prefix=network.command(name, "root", []), hosts=hosts)
        for name in names
    ]


@contextmanager
def running_rabbit(count: int = 1) -> Iterator[RabbitCluster]:
    cluster = RabbitCluster(count)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def running_rabbit_on(network: Network) -> Iterator[RabbitCluster]:
    """Three nodes, each on a machine of the network: `mq1` to `mq3`."""
    cluster = RabbitCluster(3, network)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
