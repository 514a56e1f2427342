"""Alpaca's adapters against the local venue that speaks like it, faults included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.adapters.alpaca.samples import limit_order
from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tests.adapters.socket_server import until
from tradewind.adapters.alpaca.downloads import AlpacaDownloads
from tradewind.adapters.alpaca.market_data import AlpacaMarketData
from tradewind.adapters.alpaca.orders import Extras
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.alpaca.trading import AlpacaTrading
from tradewind.adapters.alpaca.wire import Coding
from tradewind.adapters.net.rfc3339 import time_ns_of
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.orders import OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.downloads import Wanted
from tradewind.ports.trading import Refused

APPLE, BITCOIN = "AAPL.ALPACA", "BTC/USD.ALPACA"


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("alpaca", "--still", "--clock", FRIDAY_MORNING) as running:
        yield running


def hosts(venue: LocalVenue) -> Hosts:
    return Hosts(venue.url, venue.url, f"{venue.ws_url}/stream", venue.ws_url, feed="sip")


class Desk:
    """A started adapter with what it reported."""

    def __init__(self, venue: LocalVenue, account: str) -> None:
        self.reports: list[m.Report] = []
        self.trading = AlpacaTrading(
            [APPLE, BITCOIN],
            Keys(*venue.keys[account]),
            hosts(venue),
            clock=RealClock(),
            chance=no_chance,
        )

    def of(self, order_id: str, *kinds: type) -> list[Any]:
        """The reports of an order, of some kinds."""
        ours = (report for report in self.reports if report.order_id == order_id)
        return [report for report in ours if not kinds or isinstance(report, kinds)]


_NUMBER = iter(range(10**6))


def next_id() -> str:
    return f"t-{next(_NUMBER)}"


def trade(venue: LocalVenue, use: Callable[[Desk], Awaitable[None]], account: str = "demo") -> None:
    async def run() -> None:
        desk = Desk(venue, account)
        await desk.trading.start(desk.reports.append)
        try:
            await use(desk)
        finally:
            await desk.trading.close()

    asyncio.run(run())


def market(quantity: int, side: Side = Side.BUY, **changes: Any) -> m.SubmitOrder:
    return limit_order(
        order_id=next_id(), type=OrderType.MARKET, side=side, quantity=quantity, **changes
    )


def far(**changes: Any) -> m.SubmitOrder:
    """A limit order far below the market: it works."""
    return limit_order(**({"order_id": next_id(), "limit_price": 10_000} | changes))


def test_a_market_order_is_accepted_filled_and_counted(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        before = {each.instrument: each.quantity for each in await desk.trading.positions()}
        order = market(25_000)
        await desk.trading.submit(order)
        await until(
            lambda: sum(f.quantity for f in desk.of(order.order_id, m.OrderFilled)) == 25_000
        )
        after = {each.instrument: each.quantity for each in await desk.trading.positions()}
        assert after[APPLE] - before.get(APPLE, 0) == 25_000
        asked = await desk.trading.query(m.QueryOrder(0, order.order_id, "ALPACA", APPLE)) or []
        streamed = {f.fill_id: f for f in desk.of(order.order_id, m.OrderFilled)}
        assert {r.fill_id: r for r in asked if isinstance(r, m.OrderFilled)} == streamed
        fills = await desk.trading.fills(APPLE, since_ns=0)
        ours = [fill for fill in fills if fill.order_id == order.order_id]
        assert {fill.fill_id for fill in ours} == set(streamed)

    trade(venue, use)


def test_an_order_works_is_amended_and_canceled(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        order = far()
        await desk.trading.submit(order)
        amend = m.AmendOrder(0, order.order_id, "ALPACA", APPLE, 100_000, 11_000)
        await desk.trading.amend(amend)
        await until(lambda: desk.of(order.order_id, m.OrderAmended))
        [working] = [
            each for each in await desk.trading.open_orders() if each.order_id == order.order_id
        ]
        assert (working.quantity, working.limit_price, working.filled_quantity) == (
            100_000,
            11_000,
            0,
        )
        await desk.trading.cancel(m.CancelOrder(0, order.order_id, "ALPACA", APPLE))
        await until(lambda: desk.of(order.order_id, m.OrderCanceled))
        kinds = [type(report).__name__ for report in desk.of(order.order_id)]
        assert list(dict.fromkeys(kinds)) == [
            "OrderAccepted",
            "OrderAmended",
            "OrderCanceled",
        ]
        asked = await desk.trading.query(m.QueryOrder(0, order.order_id, "ALPACA", APPLE)) or []
        assert [type(report).__name__ for report in asked] == ["OrderAccepted", "OrderCanceled"]
        assert asked[-1] == m.OrderCanceled(0, order.order_id, "", 0)
        with pytest.raises(Refused):
            await desk.trading.cancel(m.CancelOrder(0, order.order_id, "ALPACA", APPLE))

    trade(venue, use)


def test_a_stop_price_is_amended_at_the_venue_and_told(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        order = far(side=Side.SELL, type=OrderType.STOP, limit_price=0, stop_price=10_000)
        bought = market(order.quantity)
        await desk.trading.submit(bought)
        await until(
            lambda: (
                sum(f.quantity for f in desk.of(bought.order_id, m.OrderFilled)) == order.quantity
            )
        )
        await desk.trading.submit(order)
        amend = m.AmendOrder(0, order.order_id, "ALPACA", APPLE, order.quantity, 0, 1, 12_000)
        await desk.trading.amend(amend)
        await until(lambda: desk.of(order.order_id, m.OrderAmended))
        [told] = desk.of(order.order_id, m.OrderAmended)
        assert told == m.OrderAmended(0, order.order_id, order.quantity, 0, 1, 12_000)
        asked = m.QueryOrder(0, order.order_id, "ALPACA", APPLE, 1)
        [stated] = [
            one for one in await desk.trading.query(asked) or [] if isinstance(one, m.OrderRestated)
        ]
        assert (stated.quantity, stated.stop_price) == (order.quantity, 12_000)
        await desk.trading.cancel(m.CancelOrder(0, order.order_id, "ALPACA", APPLE))
        await until(lambda: desk.of(order.order_id, m.OrderCanceled))

    trade(venue, use)


def test_an_execution_of_a_replacement_is_ours_for_a_later_process_too(venue: LocalVenue) -> None:
    order = far(limit_price=10_000)

    async def before(desk: Desk) -> None:
        await desk.trading.submit(order)
        amend = m.AmendOrder(0, order.order_id, "ALPACA", APPLE, order.quantity, 9_990_000, 1)
        await desk.trading.amend(amend)
        await until(lambda: desk.of(order.order_id, m.OrderFilled))

    async def later(desk: Desk) -> None:
        found = await desk.trading.fills(APPLE, since_ns=0)
        assert sum(one.quantity for one in found if one.order_id == order.order_id) > 0

    trade(venue, before)
    trade(venue, later)


def test_an_id_is_used_up_for_good(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        order = far()
        await desk.trading.submit(order)
        with pytest.raises(OutsideError, match="client_order_id"):
            await desk.trading.submit(order)
        await desk.trading.cancel_all(APPLE)
        await until(lambda: desk.of(order.order_id, m.OrderCanceled))
        assert await desk.trading.open_orders() == []

    trade(venue, use)


def test_a_lost_reply_leaves_an_order_that_is_found_once(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        await asyncio.to_thread(venue.fault, "reply-lost", probability=1, count=1)
        order = far()
        with pytest.raises(OutsideError):
            await desk.trading.submit(order)
        asked = await desk.trading.query(m.QueryOrder(0, order.order_id, "ALPACA", APPLE)) or []
        assert [type(report).__name__ for report in asked] == ["OrderAccepted", "OrderRestated"]
        working = await desk.trading.open_orders()
        assert [each.order_id for each in working] == [order.order_id]
        await desk.trading.cancel_all(APPLE)

    trade(venue, use)


def test_an_order_that_never_came_is_none(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        question = m.QueryOrder(0, "never-sent", "ALPACA", APPLE)
        assert await desk.trading.query(question) is None

    trade(venue, use)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"limit_price": 1_000_050}, "sub-penny|decimal|increment"),
        ({"quantity": 10**10, "limit_price": 2_000_000}, "buying power"),
        ({"instrument": "MSFT.ALPACA"}, "not listed"),
        (
            {"time_in_force": TimeInForce.IOC, "flags": OrderFlag.EXTENDED_HOURS},
            "of the day only",
        ),
    ],
)
def test_the_venue_says_why_not(venue: LocalVenue, changes: dict[str, Any], reason: str) -> None:
    async def use(desk: Desk) -> None:
        order = far(**changes)
        with pytest.raises(Refused, match=reason):
            await desk.trading.submit(order)
        assert desk.of(order.order_id) == []

    trade(venue, use)


def test_a_bracket_opens_and_its_legs_work(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        order = market(20_000)
        await desk.trading.submit_with(order, Extras(take_profit="9000", stop_loss="1"))
        await until(
            lambda: sum(f.quantity for f in desk.of(order.order_id, m.OrderFilled)) == 20_000
        )
        legs = await desk.trading.open_orders()
        assert {each.side for each in legs} == {Side.SELL}
        await desk.trading.cancel_all(APPLE)

    trade(venue, use, "second")


def test_crypto_is_traded_with_its_own_times_in_force(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        order = market(10_000, instrument=BITCOIN, time_in_force=TimeInForce.GTC)
        await desk.trading.submit(order)
        await until(
            lambda: sum(f.quantity for f in desk.of(order.order_id, m.OrderFilled)) == 10_000
        )
        assert BITCOIN in {each.instrument for each in await desk.trading.positions()}

    trade(venue, use)


def test_the_account_is_told(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        [cash] = await desk.trading.balances()
        assert (cash.currency, cash.total > 0) == ("USD", True)
        permissions = await desk.trading.permissions()
        assert permissions.can_trade
        assert await desk.trading.closed_instruments() == {}
        connection = desk.trading.connection
        assert (connection.is_up, connection.count, connection.circuit) == (True, 1, "closed")
        assert connection.clock_offset_ns is not None

    trade(venue, use)


def test_a_wrong_key_is_refused_at_the_start(venue: LocalVenue) -> None:
    venue.keys["wrong"] = (Secret("PKWRONG"), Secret("wrong-secret"))

    async def use(desk: Desk) -> None:
        raise AssertionError("it started")

    with pytest.raises(Refused, match="ALPACA_SECRET_KEY") as caught:
        trade(venue, use, "wrong")
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("coding", ["json", "msgpack"])
def test_the_streams_deliver_equities_and_crypto(coding: Coding) -> None:
    async def run(venue: LocalVenue) -> list[Columns]:
        data = AlpacaMarketData(
            [APPLE, BITCOIN],
            Keys(*venue.keys["demo"]),
            hosts(venue),
            clock=RealClock(),
            chance=no_chance,
            coding=coding,
        )
        await data.start()
        taken: list[Columns] = []
        task = asyncio.create_task(data.run(taken.append))
        try:
            await until(lambda: len({(c.kind, c.instrument.id) for c in taken}) == 5, seconds=20)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert data.bad_ticks == 0
        return taken

    with local_venue("alpaca", "--clock", FRIDAY_MORNING, "--speed", "20") as running:
        taken = asyncio.run(run(running))
    kinds = {(each.kind, each.instrument.id) for each in taken}
    assert ("trades", APPLE) in kinds
    assert ("quotes", APPLE) in kinds
    assert ("depth", BITCOIN) in kinds


def test_history_comes_whole_page_by_page(venue: LocalVenue) -> None:
    start_ns, end_ns = time_ns_of("2026-11-02T00:00:00Z"), time_ns_of("2026-11-07T00:00:00Z")

    async def run() -> None:
        downloads = AlpacaDownloads(
            Keys(*venue.keys["demo"]), hosts(venue), clock=RealClock(), chance=no_chance
        )
        await downloads.start()
        try:
            apple = await downloads.instrument(APPLE)
            assert apple.price_digits == 4
            with pytest.raises(UserError):
                await downloads.instrument("NOPE.ALPACA")
            for kind, timeframe in (("bars", "1d"), ("bars", "1m"), ("trades", None)):
                end = end_ns if kind == "bars" else start_ns + 15 * 3600 * 10**9
                wanted = Wanted(kind, apple, timeframe, start_ns, end)  # type: ignore[arg-type]
                pages = [page async for page in downloads.pages(wanted)]
                assert pages[-1].done_ns == end
                assert sum(len(page.columns) for page in pages) > 0
                assert [page.left_out for page in pages] == [{}] * len(pages)
            actions = await downloads.corporate_actions(apple, start_ns=0, end_ns=2 * 10**18)
            assert "split" in {action.kind for action in actions}
        finally:
            await downloads.close()

    asyncio.run(run())


def test_what_is_filled_in_parts_adds_up(venue: LocalVenue) -> None:
    """More than the best level holds: several executions, one quantity."""

    async def use(desk: Desk) -> None:
        order = market(400_000)
        await desk.trading.submit(order)
        await until(
            lambda: sum(f.quantity for f in desk.of(order.order_id, m.OrderFilled)) == 400_000
        )
        assert len({fill.fill_id for fill in desk.of(order.order_id, m.OrderFilled)}) >= 1

    trade(venue, use)


def test_dividends_interest_and_fees_are_payments_and_deposits_are_not(venue: LocalVenue) -> None:
    async def use(desk: Desk) -> None:
        for kind, amount, symbol in (
            ("DIV", "1.025", "AAPL"),
            ("CSD", "500", ""),
            ("INT", "-0.25", ""),
            ("FEE", "-0.01", ""),
        ):
            row = {"account": "demo", "type": kind, "net_amount": amount, "symbol": symbol}
            venue.operate("POST", "activity", row)
        dividend, interest, fee = await desk.trading.payments(since_ns=0)
        assert (dividend.kind, dividend.amount, dividend.instrument) == (
            "dividend", 1_025_000, APPLE,
        )  # fmt: skip
        assert (interest.kind, interest.amount) == ("interest", -250_000)
        assert (fee.kind, fee.amount, fee.instrument) == ("fee", -10_000, "")
        again = await desk.trading.payments(since_ns=dividend.venue_time_ns)
        assert [one.payment_id for one in again] == [
            one.payment_id for one in (dividend, interest, fee)
        ]

    trade(venue, use)
