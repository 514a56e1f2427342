"""The network of the tests loses what one machine says to another, and not what it is told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.servers.found import program
from tests.servers.network import Network, running_network
from tests.servers.postgres_server import OWNER

HEAR = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
    ear.bind(("0.0.0.0", 9999))
    ear.settimeout(1)
    print("ready", flush=True)
    try:
        print(ear.recv(9).decode())
    except TimeoutError:
        print("silence")
"""
SAY = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
    mouth.sendto(b"word", (sys.argv[1], 9999))
"""
PYTHON = "/usr/bin/python3"
"""The system's own, which the server's user may run."""
pytestmark = pytest.mark.long


@pytest.fixture
def network() -> Iterator[Network]:
    program("initdb", "postgresql-15")  # Installing the package makes the user.
    with running_network() as network:
        network.add("a", 11)
        network.add("b", 12)
        yield network


def heard(network: Network, source: str, target: str) -> str:
    """What `target` hears when `source` says a word to it."""
    listening = network.command(target, OWNER, [PYTHON, "-c", HEAR])
    with subprocess.Popen(listening, stdout=subprocess.PIPE, text=True) as ear:
        assert ear.stdout is not None
        ear.stdout.readline()
        saying = [PYTHON, "-c", SAY, network.address(target)]
        subprocess.run(network.command(source, OWNER, saying), check=True)
        return ear.stdout.read().strip()


def test_what_is_lost_one_way_arrives_the_other_way_and_all_of_it_when_healed(
    network: Network,
) -> None:
    assert (heard(network, "a", "b"), heard(network, "b", "a")) == ("word", "word")
    network.lose("a", "b")
    assert (heard(network, "a", "b"), heard(network, "b", "a")) == ("silence", "word")
    network.heal()
    assert (heard(network, "a", "b"), heard(network, "b", "a")) == ("word", "word")
