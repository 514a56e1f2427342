"""Sessions through the adapter: auctions, extended hours and closed markets at the local venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.adapters.alpaca.samples import limit_order
from tests.adapters.net.loopback import no_chance
from tests.adapters.socket_server import until
from tests.venue.alpaca.alpaca_client import Client, HandClock, run
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.alpaca.trading import AlpacaTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.model.orders import OrderFlag, OrderType, TimeInForce

APPLE = "AAPL.ALPACA"
SHARE = 10_000
HIGH = 90_000_000
SATURDAY = "2026-11-21T10:00:00-05:00"
BEFORE_THE_BELL = "2026-11-20T07:00:00-05:00"
OPEN = "2026-11-20T09:30:00-05:00"
CLOSE = "2026-11-20T16:00:00-05:00"

Reports = list[m.Report]
Use = Callable[[AlpacaTrading, Reports, Client], Awaitable[None]]


class VenueTime:
    """The hand-set clock of the venue as a clock of ours."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock

    def now_ns(self) -> int:
        return self._clock.now_ns


def play(use: Use, *, clock: str) -> None:
    """Use the adapter over the local venue whose clock the test sets."""

    async def scenario(client: Client) -> None:
        url, ws_url = client.server.url, client.server.ws_url
        trading = AlpacaTrading(
            (APPLE,),
            Keys(Secret(client.customer.key), Secret(client.customer.secret)),
            Hosts(url, url, f"{ws_url}/stream", ws_url),
            clock=VenueTime(client.clock),
            chance=no_chance,
        )
        reports: Reports = []
        await trading.start(reports.append)
        try:
            await use(trading, reports, client)
        finally:
            await trading.close()

    run(scenario, clock=clock)


def order(name: str, **changes: Any) -> m.SubmitOrder:
    """One share; at any price where it is a limit order."""
    terms: dict[str, Any] = {"order_id": name, "quantity": SHARE, "limit_price": HIGH}
    return limit_order(**(terms | changes))


def filled(reports: Reports) -> set[str]:
    return {one.order_id for one in reports if isinstance(one, m.OrderFilled)}


def test_orders_for_an_auction_are_filled_when_it_is_held_or_end_with_it() -> None:
    at_market: dict[str, Any] = {"type": OrderType.MARKET, "limit_price": 0}

    async def use(trading: AlpacaTrading, reports: Reports, client: Client) -> None:
        await trading.submit(order("opening", time_in_force=TimeInForce.OPG))
        await trading.submit(order("closing", time_in_force=TimeInForce.CLS, **at_market))
        low = order("too-low", time_in_force=TimeInForce.CLS, limit_price=10_000)
        await trading.submit(low)
        assert len(await trading.open_orders()) == 3
        assert filled(reports) == set()
        await client.until(OPEN)
        await until(lambda: filled(reports) == {"opening"})
        await client.until(CLOSE)
        await until(lambda: filled(reports) == {"opening", "closing"})
        ends = (m.OrderCanceled, m.OrderExpired)
        await until(lambda: any(isinstance(one, ends) for one in reports))
        assert {one.order_id for one in reports if isinstance(one, ends)} == {"too-low"}
        assert await trading.open_orders() == []

    play(use, clock=BEFORE_THE_BELL)


def test_before_the_bell_only_orders_for_extended_hours_are_filled() -> None:
    async def use(trading: AlpacaTrading, reports: Reports, client: Client) -> None:
        await trading.submit(order("usual"))
        await trading.submit(order("early", flags=OrderFlag.EXTENDED_HOURS))
        await until(lambda: "early" in filled(reports))
        assert filled(reports) == {"early"}
        await client.until(OPEN)
        await until(lambda: filled(reports) == {"early", "usual"})

    play(use, clock=BEFORE_THE_BELL)


def test_a_weekend_is_the_calendars_business_and_the_venue_keeps_orders() -> None:
    async def use(trading: AlpacaTrading, reports: Reports, client: Client) -> None:
        assert await trading.closed_instruments() == {}
        await trading.submit(order("waiting"))
        assert [type(one) for one in reports] == [m.OrderAccepted]
        [there] = await trading.open_orders()
        assert (there.order_id, there.filled_quantity) == ("waiting", 0)

    play(use, clock=SATURDAY)
