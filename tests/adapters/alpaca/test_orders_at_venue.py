"""What only Alpaca has, and what it refuses, at the local venue: combinations, hours, amounts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.adapters.alpaca.samples import limit_order
from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tests.adapters.socket_server import until
from tradewind.adapters.alpaca.orders import Extras
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.alpaca.trading import AlpacaTrading
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.orders import OrderType, Side, TimeInForce
from tradewind.model.venue_account import VenueOrder, VenuePosition
from tradewind.ports.trading import Refused

APPLE, BITCOIN, GONE = "AAPL.ALPACA", "BTC/USD.ALPACA", "GONE.ALPACA"
SHARE = 10_000
COIN = 1_000_000
NUMBERS = iter(range(10**6))

Use = Callable[[AlpacaTrading, "Reports"], Awaitable[None]]


class Reports(list[m.Report]):
    """What an adapter reported."""

    def filled(self, order: m.SubmitOrder) -> int:
        fills = [one for one in self if isinstance(one, m.OrderFilled)]
        return sum(one.quantity for one in fills if one.order_id == order.order_id)


def play(
    venue: LocalVenue, use: Use, *, account: str = "demo", instruments: tuple[str, ...] = ()
) -> None:
    async def run() -> None:
        hosts = Hosts(venue.url, venue.url, f"{venue.ws_url}/stream", venue.ws_url)
        trading = AlpacaTrading(
            instruments or (APPLE, BITCOIN),
            Keys(*venue.keys[account]),
            hosts,
            clock=RealClock(),
            chance=no_chance,
        )
        reports = Reports()
        await trading.start(reports.append)
        try:
            await use(trading, reports)
            for instrument in instruments or (APPLE, BITCOIN):
                await trading.cancel_all(instrument)
        finally:
            await trading.close()

    asyncio.run(run())


def order(**changes: Any) -> m.SubmitOrder:
    terms: dict[str, Any] = {"order_id": f"v-{next(NUMBERS)}", "quantity": SHARE}
    return limit_order(**(terms | changes))


def at_market(**changes: Any) -> m.SubmitOrder:
    return order(**({"type": OrderType.MARKET, "limit_price": 0} | changes))


@pytest.fixture(scope="module")
def friday() -> Iterator[LocalVenue]:
    with local_venue("alpaca", "--still", "--clock", FRIDAY_MORNING) as running:
        yield running


async def bought(trading: AlpacaTrading, reports: Reports, shares: int) -> None:
    one = at_market(quantity=shares * SHARE)
    await trading.submit(one)
    await until(lambda: reports.filled(one) == shares * SHARE)


async def sells(trading: AlpacaTrading) -> list[VenueOrder]:
    return [one for one in await trading.open_orders() if one.side is Side.SELL]


def held(positions: Sequence[VenuePosition]) -> dict[str, int]:
    return {position.instrument: position.quantity for position in positions}


def test_the_profit_of_a_bracket_is_taken_and_its_stop_goes(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        before = await trading.positions()  # What other tests left to the account.
        one = at_market(quantity=2 * SHARE)
        await trading.submit_with(one, Extras(take_profit="2", stop_loss="1"))
        await until(lambda: reports.filled(one) == 2 * SHARE)
        for _ in range(50):
            if not await sells(trading) and held(await trading.positions()) == held(before):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(await trading.positions())

    play(friday, use, account="second")


def test_the_ends_of_an_oco_end_each_other(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        await bought(trading, reports, 3)
        exit_ = order(side=Side.SELL, quantity=3 * SHARE, limit_price=90_000_000)
        extras = Extras(take_profit="9000", stop_loss="1", is_exit=True)
        await trading.submit_with(exit_, extras)
        assert await sells(trading)
        await trading.cancel(m.CancelOrder(0, exit_.order_id, "ALPACA", APPLE))
        await until(lambda: any(isinstance(one, m.OrderCanceled) for one in reports))
        assert await sells(trading) == []

    play(friday, use, account="second")


def test_an_oto_leaves_its_stop_behind_the_entry(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        one = at_market(quantity=SHARE)
        await trading.submit_with(one, Extras(stop_loss="0.5"))
        await until(lambda: reports.filled(one) == SHARE)
        [stop] = await sells(trading)
        assert (stop.type, stop.quantity, stop.stop_price) == (OrderType.STOP, SHARE, 5_000)

    play(friday, use, account="free")


def test_fractions_and_amounts_of_money_are_traded(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        half = at_market(quantity=SHARE // 2)
        await trading.submit(half)
        await until(lambda: reports.filled(half) == SHARE // 2)
        amount = at_market(quantity=SHARE)
        await trading.submit_with(amount, Extras(notional="100"))
        await until(lambda: reports.filled(amount) > 0)
        price = next(one.price for one in reports if isinstance(one, m.OrderFilled))
        paid = reports.filled(amount) * price
        assert abs(paid - 100 * SHARE * 10_000) <= price
        found = await trading.query(m.QueryOrder(0, amount.order_id, "ALPACA", APPLE)) or []
        assert isinstance(found[-1], m.OrderRestated)
        assert found[-1].quantity == reports.filled(amount)

    play(friday, use)


def test_crypto_rests_stops_and_ends_at_once(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        coin: dict[str, Any] = {
            "instrument": BITCOIN, "quantity": COIN // 100, "time_in_force": TimeInForce.GTC,
        }  # fmt: skip
        stop = order(
            **coin, type=OrderType.STOP_LIMIT, stop_price=900_000_000, limit_price=910_000_000
        )
        await trading.submit(stop)
        [there] = await trading.open_orders()
        assert (there.type, there.stop_price) == (OrderType.STOP_LIMIT, 900_000_000)
        now = {**coin, "time_in_force": TimeInForce.IOC}
        gone = order(**now, limit_price=10_000)
        await trading.submit(gone)
        await until(
            lambda: any(
                isinstance(one, m.OrderCanceled | m.OrderExpired) and one.order_id == gone.order_id
                for one in reports
            )
        )

    play(friday, use)


@pytest.mark.parametrize(
    ("changes", "extras", "said"),
    [
        ({"limit_price": 1_000_050}, Extras(), "sub-penny increment"),
        (
            {"quantity": SHARE // 2, "time_in_force": TimeInForce.GTC},
            Extras(),
            "fractional orders must be DAY orders",
        ),
        ({}, Extras(notional="100.001"), "limited to 2 decimal places"),
        ({}, Extras(notional="0.5"), "must be >= 1.00"),
        ({"instrument": BITCOIN, "quantity": 99}, Extras(), "takes orders of BTC/USD from"),
        (
            {"instrument": BITCOIN, "time_in_force": TimeInForce.GTC, "limit_price": 10_001},
            Extras(),
            "must be a multiple of 0.01",
        ),
        (
            {"instrument": BITCOIN, "time_in_force": TimeInForce.FOK},
            Extras(),
            "GTC or IOC only",
        ),
        (
            {"side": Side.SELL, "instrument": BITCOIN, "quantity": COIN},
            Extras(),
            "insufficient",
        ),
    ],
)
def test_a_refusal_is_the_venues_own_word_and_changes_nothing(
    friday: LocalVenue, changes: dict[str, Any], extras: Extras, said: str
) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        gtc = {"time_in_force": TimeInForce.GTC} if "instrument" in changes else {}
        one = order(**({"limit_price": 10_000} | gtc | changes))
        with pytest.raises(Refused, match=said):
            await trading.submit_with(one, extras)
        assert [each for each in reports if each.order_id == one.order_id] == []
        assert one.order_id not in {each.order_id for each in await trading.open_orders()}

    play(friday, use, account="free")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("revoked", "401 .*check ALPACA_API_KEY and ALPACA_SECRET_KEY"),
        ("blocked", "403 account is restricted from trading .*the account may not do this"),
    ],
)
def test_a_key_that_is_taken_away_meanwhile_is_said_with_the_way_out(
    friday: LocalVenue, state: str, said: str
) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        resting = order(limit_price=10_000)
        await trading.submit(resting)
        friday.operate("POST", "account", {"account": "second", "state": state})
        try:
            with pytest.raises(Refused, match=said):
                await trading.submit(order(limit_price=10_000))
        finally:
            friday.operate("POST", "account", {"account": "second", "state": "open"})
        assert [one.order_id for one in await trading.open_orders()] == [resting.order_id]

    play(friday, use, account="second")


def test_what_is_delisted_is_closed_with_the_reason_and_refused(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        closed = await trading.closed_instruments()
        assert closed == {GONE: "Alpaca does not trade it (inactive)"}
        with pytest.raises(Refused, match="asset GONE is not active"):
            await trading.submit(order(instrument=GONE))

    play(friday, use, instruments=(GONE, APPLE))


def test_an_unknown_symbol_is_a_users_error(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        raise AssertionError("it started")

    with pytest.raises(UserError, match="Alpaca has no NOPE: name a symbol that it lists"):
        play(friday, use, instruments=("NOPE.ALPACA",))


def test_below_a_dollar_prices_have_four_digits(friday: LocalVenue) -> None:
    async def use(trading: AlpacaTrading, reports: Reports) -> None:
        one = order(limit_price=5_001)
        await trading.submit(one)
        [there] = [each for each in await trading.open_orders() if each.order_id == one.order_id]
        assert there.limit_price == 5_001

    play(friday, use)
