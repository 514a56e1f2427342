"""The bus that settings ask for: a socket of the home, or TCP with the keys of the home."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.bus import Publisher, Subscriber
from tradewind.ports.link import Exchange, Line
from tradewind.runtime.control_client import SOCKET_PATH_BYTES_MAX
from tradewind.wiring import bus_settings, catalog
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings

if TYPE_CHECKING:
    from tradewind.adapters.zeromq.keys import BusKeys

FOLDER = "bus"
SOCKET_NAME = "market-data.ipc"
WISHES_NAME = "wishes.ipc"
ORDERS_NAME = "orders.ipc"
SPOOL_NAME = "spool"


def bus_keys(home: Path) -> BusKeys:
    """The keys of a home."""
    check_installed()
    from tradewind.adapters.zeromq.keys import BusKeys

    return BusKeys(home)


def market_data_publisher(settings: Settings, session: int) -> Publisher:
    """What publishes market data; `UserError` where a key is needed and there is none."""
    check_installed()
    # Here and not above: a run in one process needs none of this.
    from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
    from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
    from tradewind.runtime.replay_log import ReplayLog
    from tradewind.runtime.spool import Spool

    home, endpoint = settings[catalog.HOME], settings[catalog.BUS_MARKET_DATA]
    is_remote = bool(endpoint) and not endpoint.startswith("ipc://")
    gatekeeper = Gatekeeper(bus_keys(home), time.monotonic) if is_remote else None
    log = ReplayLog(Spool(bus_folder(home) / SPOOL_NAME))
    return ZeroMqPublisher(
        endpoint or home_endpoint(home), log, session=session, gatekeeper=gatekeeper
    )


def market_data_subscriber(settings: Settings) -> Subscriber:
    """What reads it."""
    check_installed()
    from tradewind.adapters.zeromq.keys import checked_key
    from tradewind.adapters.zeromq.subscriber import Access, ZeroMqSubscriber

    home, endpoint = settings[catalog.HOME], settings[catalog.BUS_MARKET_DATA]
    if not endpoint or endpoint.startswith("ipc://"):
        return ZeroMqSubscriber(endpoint or home_endpoint(home))
    pair = bus_keys(home).pair()
    return ZeroMqSubscriber(
        endpoint, Access(pair, checked_key(settings[catalog.BUS_MARKET_DATA_KEY] or pair.public))
    )


def wishes_exchange(settings: Settings) -> Exchange:
    """Where the trading core lets signal-bridges in."""
    return _exchange(settings, catalog.BUS_WISHES, WISHES_NAME)


def wishes_line(settings: Settings) -> Line:
    """The way of a signal-bridge to the trading core."""
    return _line(settings, catalog.BUS_WISHES, catalog.BUS_WISHES_KEY, WISHES_NAME)


def orders_exchange(settings: Settings) -> Exchange:
    """Where the execution-engine lets the trading core in."""
    return _exchange(settings, bus_settings.BUS_ORDERS, ORDERS_NAME)


def orders_line(settings: Settings) -> Line:
    """The way of the trading core to the execution-engine."""
    return _line(settings, bus_settings.BUS_ORDERS, bus_settings.BUS_ORDERS_KEY, ORDERS_NAME)


def _exchange(settings: Settings, place: Setting[str], name: str) -> Exchange:
    check_installed()
    from tradewind.adapters.zeromq.file_link import FileExchange
    from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
    from tradewind.adapters.zeromq.link import ZeroMqExchange

    home, endpoint = settings[catalog.HOME], settings[place]
    setting = place.variables[0]
    if not endpoint or endpoint.startswith("ipc://"):
        return FileExchange(endpoint or home_endpoint(home, name), setting=setting)
    gatekeeper = Gatekeeper(bus_keys(home), time.monotonic)
    return ZeroMqExchange(endpoint, gatekeeper, setting=setting)


def _line(settings: Settings, place: Setting[str], key: Setting[str], name: str) -> Line:
    check_installed()
    from tradewind.adapters.zeromq.file_link import FileLine
    from tradewind.adapters.zeromq.keys import checked_key
    from tradewind.adapters.zeromq.link import ZeroMqLine
    from tradewind.adapters.zeromq.subscriber import Access

    home, endpoint = settings[catalog.HOME], settings[place]
    if not endpoint or endpoint.startswith("ipc://"):
        return FileLine(endpoint or home_endpoint(home, name))
    pair = bus_keys(home).pair()
    return ZeroMqLine(endpoint, Access(pair, checked_key(settings[key] or pair.public)))


def home_endpoint(home: Path, name: str = SOCKET_NAME) -> str:
    """A socket of a home, which only its owner can open."""
    folder = bus_folder(home)
    path = folder / name
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX:
        return f"ipc://{path}"
    # As long as this process lives, since ZeroMQ connects again behind our back.
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    return f"ipc:///proc/self/fd/{descriptor}/{name}"


def bus_folder(home: Path) -> Path:
    """The folder of the bus in a home, made where it is not; nobody else may look into it."""
    folder = home / FOLDER
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.stat(folder).st_mode & 0o077:
        raise UserError(f"others may look into {folder}: chmod 700 {folder}")
    return folder


def check_installed() -> None:
    """Raise `OutsideError` where pyzmq is not there."""
    if find_spec("zmq") is None:
        raise OutsideError(
            "several processes need pyzmq: install tradewind[zeromq]", fault="ours", retry=False
        )
