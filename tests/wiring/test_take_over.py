"""A standby that takes over asks the venue what became of each order before it sends a new one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.engine import LIVE
from tests.wiring.split_run import SplitRun
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.ports.journal import numbered
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import PlaceRequest, StatusRequest

COIN = "BTC/USDT.BINANCE"
SLOW_MS = 20_000
"""The reply to an order: the leader is dead before it comes."""
QUERY_MS = 400
DEADLINE_S = 60.0


def settings(venue: LocalVenue) -> dict[str, str]:
    return {
        **LIVE,
        "TRADEWIND_VENUE": "binance",
        "TRADEWIND_INSTRUMENTS": "BTC/USDT",
        "TRADEWIND_RECONCILE_INTERVAL_S": "3600",
        "BINANCE_BASE_URL": venue.url,
        "BINANCE_API_KEY": venue.first["key"],
        "BINANCE_API_SECRET": venue.first["secret"],
        "LIVE_TRADING_CONFIRM": "1",
        "TRADEWIND_EXECUTION": "core",
    }


def journaled(home: Path) -> list[m.Record]:
    with closing(read_journal(home / "journal")) as journal:
        return [record for group in journal.groups() for _, record in numbered(group)]


def placed(home: Path, number: int) -> str:
    """A limit order of a person that rests; it is asked for until an engine takes it."""
    with closing(read_journal(home / "journal")) as journal:
        name = order_id(journal.journal_id, "person", number)
    wanted = m.OrderIntended(0, name, "person", COIN, Side.BUY, 10**6, OrderType.LIMIT, 5_820_000)

    def is_taken() -> bool:
        try:
            ask(home, PlaceRequest(wanted))
        except TradewindError:
            return False
        return True

    until(is_taken, "the engine takes an order")
    return name


def until(is_reached: Callable[[], Any], what: str) -> None:
    ends_s = time.monotonic() + DEADLINE_S
    while not is_reached():
        assert time.monotonic() < ends_s, what
        time.sleep(0.02)


def is_trading(home: Path) -> bool:
    try:
        venues = ask(home, StatusRequest())["venues"]
    except TradewindError:
        return False
    return {row["state"] for row in venues} == {"trading"}


def place_of(records: list[m.Record], kind: type, order: str) -> int:
    """Where the first record of a kind about an order is."""
    return next(
        at
        for at, one in enumerate(records)
        if isinstance(one, kind) and getattr(one, "order_id", "") == order
    )


@pytest.mark.long
@pytest.mark.parametrize("ended", ["killed", "frozen"])
def test_a_standby_asks_what_became_of_an_order_before_it_sends_another(
    tmp_path: Path, ended: str
) -> None:
    home = tmp_path / "home"
    with local_venue("binance") as venue, SplitRun(home) as split:
        split.environment = settings(venue)
        split.start("--role", "market-data")
        split.start("--role", "risk-manager", "--mode", "live")
        split.until(lambda: is_trading(home), "the first one trades")
        split.start("--role", "risk-manager", "--mode", "live", "--standby")
        split.until_standing_by("risk-manager")
        leader = split.health("risk-manager")["pid"]
        venue.fault("slow-reply", probability=1, count=1, value=SLOW_MS)
        first = placed(home, 1)
        until(lambda: any(one.get("client_id") == first for one in venue.log()), "it is there")
        os.kill(leader, signal.SIGKILL if ended == "killed" else signal.SIGSTOP)
        venue.heal()
        venue.fault("slow-reply", probability=1, count=50, value=QUERY_MS)
        split.until(
            lambda: split.health("risk-manager").get("pid", leader) != leader, "another one leads"
        )
        later: list[str] = []

        def is_sent() -> bool:
            later.append(placed(home, len(later) + 2))
            return any(one.get("client_id") in later for one in venue.log())

        # asked for again and again from the first moment on; what is denied is asked for anew
        until(is_sent, "a new order is sent")
        venue.heal()
        until(lambda: -signal.SIGKILL in split.codes, "the first one is gone for good")
        log = venue.log()
    records = journaled(home)
    begun = max(at for at, one in enumerate(records) if isinstance(one, m.RunStarted))
    behind = records[begun:]
    unknown = place_of(behind, m.OrderUnknown, first)
    asked = place_of(behind, m.QueryOrder, first)
    told = place_of(behind, m.OrderAccepted, first)
    sent = [type(one) for one in behind].index(m.SubmitOrder)
    assert unknown < asked < told < sent
    assert len(later) > 1
    assert len({one["order_id"] for one in log if one.get("client_id") == first}) == 1
