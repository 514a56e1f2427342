"""Machines on this one, each with a network and an address of its own.

What one of them says to another can be lost, in that direction alone: as with a broken wire nobody
is told, and what was sent is sent again by TCP when the wire is whole.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.servers.found import program, skip

NOBODY = "02:00:00:00:00:00"
"""No machine has this hardware address: what is sent there arrives nowhere."""
OWN_HOST = 1
"""The last number of the address that this machine has in the network."""


class Network:
    """A bridge with machines on it; their addresses are 10.x.y.HOST, x and y of this process."""

    def __init__(self) -> None:
        self._ip = program("ip", "iproute2")
        number = os.getpid() % 65_000 + 256
        self._name = f"tw{number}"
        self._prefix = f"10.{number >> 8}.{number & 255}"
        self._hosts: dict[str, int] = {}
        self._lost: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Make the bridge; skips where this user may not."""
        try:
            self._run("link", "add", self._name, "type", "bridge")
        except subprocess.CalledProcessError as error:
            skip(f"networks of their own are made by root on Linux only: {error.stderr.strip()}")
        self._run("address", "add", f"{self._prefix}.{OWN_HOST}/24", "dev", self._name)
        self._run("link", "set", self._name, "up")

    def add(self, name: str, host: int) -> str:
        """Put a machine into the network; returns its address."""
        space, outside = self._space(name), f"{self._name}v{host}"
        self._run("netns", "add", space)
        self._hosts[name] = host
        self._run(
            "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space
        )  # fmt: skip
        self._run("link", "set", outside, "master", self._name, "up")
        self._run("-n", space, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._run("-n", space, "link", "set", device, "up")
        return self.address(name)

    def address(self, name: str) -> str:
        return f"{self._prefix}.{self._hosts[name]}"

    def command(self, name: str, user: str, command: list[str]) -> list[str]:
        """What runs a command on a machine as a user; it keeps the number of its process."""
        rights = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"]
        return [self._ip, "netns", "exec", self._space(name), *rights, *command]

    def lose(self, source: str, target: str) -> None:
        """Lose what one machine says to another; what the other says still arrives."""
        self._neighbour("replace", source, target, "lladdr", NOBODY, "nud", "permanent")
        self._lost.add((source, target))

    def heal(self) -> None:
        """Lose nothing any more."""
        for source, target in self._lost:
            self._neighbour("delete", source, target)
        self._lost.clear()

    def stop(self) -> None:
        """Take it down; what still runs there must have been ended."""
        for name, host in self._hosts.items():
            with suppress(subprocess.CalledProcessError):
                self._run("link", "delete", f"{self._name}v{host}")
            self._run("netns", "delete", self._space(name))
        self._run("link", "delete", self._name)

    def _neighbour(self, verb: str, source: str, target: str, *more: str) -> None:
        place = ("neighbour", verb, self.address(target), *more, "dev", "eth0")
        self._run("-n", self._space(source), *place)

    def _space(self, name: str) -> str:
        return f"{self._name}-{name}"

    def _run(self, *words: str) -> None:
        subprocess.run([self._ip, *words], capture_output=True, text=True, check=True)


@contextmanager
def running_network() -> Iterator[Network]:
    network = Network()
    network.start()
    try:
        yield network
    finally:
        network.stop()
