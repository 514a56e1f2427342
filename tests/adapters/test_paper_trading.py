"""Paper trading: the port's promises, and that a working order is never forgotten."""

import asyncio

import numpy as np
import pytest

from tradewind.adapters.local import trading
from tradewind.adapters.local.trading import PaperTrading
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.model.venue_account import VenueBalance, VenueOrder, VenuePosition
from tradewind.ports.trading import Refused
from tradewind.sim.venue import SimulatedVenue

COIN = Instrument("COIN/USD.SIM", tick="0.01", lot="1")


class StandingClock:
    def now_ns(self) -> int:
        return 1_000


def paper() -> PaperTrading:
    venue = PaperTrading("SIM", SimulatedVenue(), clock=StandingClock(), session="1")
    venue.list_instruments([COIN])
    return venue


def order(name: str, *, price: int = 100, instrument: str = COIN.id) -> m.SubmitOrder:
    return m.SubmitOrder(
        0,
        name,
        "paper",
        "SIM",
        instrument,
        Side.BUY,
        1,
        OrderType.LIMIT,
        price,
        0,
        TimeInForce.GTC,
        OrderFlag.NONE,
        0,
        Leg.NET,
    )


def test_an_order_id_is_taken_once() -> None:
    async def scenario() -> None:
        venue = paper()
        await venue.submit(order("a"))
        with pytest.raises(Refused, match="Duplicate"):
            await venue.submit(order("a"))

    asyncio.run(scenario())


def test_an_instrument_that_is_not_traded_is_refused() -> None:
    with pytest.raises(Refused, match="is not traded here"):
        asyncio.run(paper().submit(order("a", instrument="GOOG.SIM")))


def test_finished_orders_are_forgotten_and_a_working_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trading, "FINISHED_REMEMBERED_MAX", 10)

    async def scenario() -> None:
        venue = paper()
        await venue.submit(order("rests"))
        for number in range(30):
            await venue.submit(order(f"o{number}"))
            await venue.cancel(m.CancelOrder(0, f"o{number}", "SIM", COIN.id))
        assert await venue.query(m.QueryOrder(0, "rests", "SIM", COIN.id))
        assert await venue.query(m.QueryOrder(0, "o0", "SIM", COIN.id)) is None
        assert await venue.query(m.QueryOrder(0, "o29", "SIM", COIN.id))

    asyncio.run(scenario())


def quotes(bid: int, ask: int) -> Columns:
    row = {"time_ns": 2_000, "bid": bid, "bid_size": 9, "ask": ask, "ask_size": 9}
    return Columns("quotes", COIN, {name: np.array([one]) for name, one in row.items()})


def test_the_account_says_what_orders_and_fills_made_of_it() -> None:
    async def scenario() -> None:
        venue = paper()
        venue.open_account({"USD": 10**9}, {(COIN.id, Leg.NET): 5})
        await venue.submit(order("filled", price=110))
        await venue.submit(order("rests", price=90))
        venue.on_rows(quotes(100, 105))
        (fill,) = await venue.fills(COIN.id, since_ns=0)
        assert (fill.order_id, fill.price, fill.quantity) == ("filled", 110, 1)
        assert await venue.fills(COIN.id, since_ns=fill.venue_time_ns + 1) == []
        assert await venue.fills("GOOG.SIM", since_ns=0) == []
        money = 10**9 - 110 * COIN.money_factor
        assert await venue.balances() == [VenueBalance("USD", money, money)]
        assert await venue.positions() == [VenuePosition(COIN.id, 6)]
        assert await venue.open_orders() == [
            VenueOrder("rests", "sim:rests", COIN.id, Side.BUY, OrderType.LIMIT, 1, 0, 90)
        ]
        reports: list[m.Report] = []
        await venue.start(reports.append)
        await venue.cancel_all(COIN.id)
        assert [report.order_id for report in reports] == ["rests"]
        assert await venue.open_orders() == []

    asyncio.run(scenario())
