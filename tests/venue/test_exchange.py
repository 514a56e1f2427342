"""The exchange: whoever meets whom, every asset's sum stays."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradewind.venue.accounts import Account, SpotClearing
from tradewind.venue.binance.markets import SPOT
from tradewind.venue.events import PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.market_source import StillMarket
from tradewind.venue.orders import BUY, SELL, Lifetime, Order, Status

BTC = SPOT[0]
CASH = Decimal(1_000_000)
COINS = Decimal(100)


def exchange_with(accounts: int = 2) -> Exchange:
    """An exchange with a still market in one symbol."""
    exchange = Exchange([BTC], SpotClearing())
    for number in range(accounts):
        account = exchange.accounts[f"a{number}"] = Account(f"a{number}", number)
        account.balance("USDT").free, account.balance("BTC").free = CASH, COINS
    StillMarket([BTC]).start(exchange, 0)
    return exchange


def order(exchange: Exchange, side: int, quantity: str, price: str | None, **more: object) -> Order:
    """A new order of account a0, not yet sent."""
    limit = None if price is None else Decimal(price)
    number = exchange.next_order_id()
    new = Order(number, f"c{number}", "a0", "BTCUSDT", side, Decimal(quantity), price=limit)
    for name, value in more.items():
        setattr(new, name, value)
    return new


def sums(exchange: Exchange) -> dict[str, Decimal]:
    """Every asset over accounts, house and fees."""
    clearing = exchange.clearing
    assert isinstance(clearing, SpotClearing)
    return {
        asset: sum((a.balance(asset).total for a in exchange.accounts.values()), Decimal(0))
        + clearing.house.get(asset, Decimal(0))
        + clearing.fees.get(asset, Decimal(0))
        for asset in ("USDT", "BTC")
    }


def test_the_market_that_was_there_before_an_order_goes_first() -> None:
    exchange = exchange_with()
    mine = exchange.submit(order(exchange, BUY, "1", "59994"), 1)
    assert mine.queue_ahead == 10

    def sold(quantity: str) -> None:
        trade = PublicTrade(0, "BTCUSDT", Decimal(59994), Decimal(quantity), 2, True)
        exchange.on_trade(trade)

    sold("9.99999")
    assert mine.filled == 0
    sold("0.50001")
    assert mine.filled == Decimal("0.5")


def test_a_trade_beyond_the_price_fills_without_a_queue() -> None:
    exchange = exchange_with()
    mine = exchange.submit(order(exchange, BUY, "1", "59994"), 1)
    exchange.on_trade(PublicTrade(0, "BTCUSDT", Decimal(59993), Decimal("0.4"), 2, True))
    assert (mine.filled, mine.fills[0].price) == (Decimal("0.4"), Decimal(59994))


def test_a_market_that_runs_into_an_order_fills_it_at_its_price() -> None:
    exchange = exchange_with()
    mine = exchange.submit(order(exchange, BUY, "1", "60005"), 1)
    assert mine.status is Status.NEW
    exchange.on_depth("BTCUSDT", [(SELL, Decimal(60003), Decimal("0.3"))], 2)
    assert (mine.filled, mine.fills[0].price) == (Decimal("0.3"), Decimal(60005))
    assert Decimal(60003) in exchange.books["BTCUSDT"].sides[SELL].levels
    assert exchange.books["BTCUSDT"].best(SELL) == (Decimal(60006), Decimal(10))


def test_fill_or_kill_takes_all_or_nothing() -> None:
    exchange = exchange_with()
    kill = exchange.submit(order(exchange, BUY, "10.1", "60006", lifetime=Lifetime.FOK), 1)
    assert (kill.status, kill.filled) == (Status.EXPIRED, 0)
    fill = exchange.submit(order(exchange, BUY, "10", "60006", lifetime=Lifetime.FOK), 2)
    assert fill.status is Status.FILLED


def test_an_account_that_would_trade_with_itself_ends_the_one_it_said() -> None:
    exchange = exchange_with()
    resting = exchange.submit(order(exchange, SELL, "1", "60005"), 1)
    taker = order(exchange, BUY, "1", "60006", self_trade="EXPIRE_MAKER")
    exchange.submit(taker, 2)
    assert (resting.status, resting.filled) == (Status.EXPIRED_IN_MATCH, 0)
    assert taker.fills[0].price == Decimal(60006)


def test_a_stop_is_set_off_by_the_last_price_and_not_before() -> None:
    exchange = exchange_with()
    stop = order(exchange, SELL, "1", None, stop_price=Decimal(59990), stops_above=False)
    exchange.submit(stop, 1)
    exchange.submit(order(exchange, SELL, "10", "59994", account="a1"), 2)
    assert stop.is_held
    exchange.submit(order(exchange, SELL, "1", "59988", account="a1"), 3)
    assert (stop.status, stop.fills[0].price) == (Status.FILLED, Decimal(59988))


def test_a_busted_fill_is_as_if_it_never_was() -> None:
    exchange = exchange_with()
    before = sums(exchange)
    taker = exchange.submit(order(exchange, BUY, "1", None), 1)
    exchange.bust(taker, taker.fills[0], 2)
    assert exchange.accounts["a0"].balance("USDT").free == CASH
    assert exchange.accounts["a0"].balance("BTC").free == COINS
    assert sums(exchange) == before


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["a0", "a1", "a2"]),
        st.sampled_from([BUY, SELL]),
        st.integers(1, 2_000),
        st.one_of(st.none(), st.integers(59_950, 60_050)),
        st.sampled_from(
            [
                "GTC",
                "IOC",
                "FOK",
                "cancel",
                "post",
                "stop",
                "trail",
                "EXPIRE_BOTH",
                "print",
                "move",
                "reduce",
                "iceberg",
                "spend",
                "bust",
            ]
        ),
    ),
    max_size=40,
)


@given(ACTIONS)
def test_no_asset_comes_from_nowhere_and_nothing_is_left_locked(
    actions: list[tuple[str, int, int, int | None, str]],
) -> None:
    exchange = exchange_with(3)
    before = sums(exchange)
    for time_ns, (account, side, lots, price, how) in enumerate(actions, 1):
        act(exchange, account, side, Decimal(lots) / 100, price, how, time_ns)
        check_books(exchange)
    assert sums(exchange) == before
    for each in list(exchange.open.values()):
        exchange.cancel(each, 1_000)
    locked = [b.locked for a in exchange.accounts.values() for b in a.balances.values()]
    assert set(locked) == {0}
    assert all(b.free >= 0 for a in exchange.accounts.values() for b in a.balances.values())
    assert all(each.filled <= each.quantity for each in exchange.orders.values())


def act(
    exchange: Exchange, account: str, side: int, size: Decimal, price: int | None, how: str,
    time_ns: int,
) -> None:  # fmt: skip
    """One action of the search: of the market, or of an account."""
    at = Decimal(price or 60_000)
    open_orders = exchange.open_of(account)
    if how == "print":
        exchange.on_trade(PublicTrade(0, "BTCUSDT", at, size, time_ns, is_buyer_maker=side == SELL))
    elif how == "move":
        exchange.on_depth("BTCUSDT", [(side, at, size), (-side, at, Decimal(0))], time_ns)
    elif how == "cancel" and open_orders:
        exchange.cancel(open_orders[int(size * 100) % len(open_orders)], time_ns)
    elif how == "reduce" and open_orders:
        worked = open_orders[0]
        smaller = worked.filled + (worked.leaves / 2).quantize(BTC.lot)
        if worked.filled < smaller < worked.quantity:
            exchange.reduce(worked, smaller, time_ns, "smaller")
    elif how == "bust":
        bust_one(exchange, account, time_ns)
    else:
        exchange.submit(wanted(exchange, account, side, size, price, how), time_ns)


def bust_one(exchange: Exchange, account: str, time_ns: int) -> None:
    """Take back a fill against the market: both sides of one between accounts would have to go."""
    for each in exchange.orders.values():
        for fill in each.fills:
            if each.account == account and not fill.is_busted and not fill.counterparty:
                exchange.bust(each, fill, time_ns)
                return


def wanted(
    exchange: Exchange, account: str, side: int, size: Decimal, price: int | None, how: str
) -> Order:
    """A new order of the search."""
    new = order(exchange, side, str(size), None if price is None else str(price))
    new.account = account
    if how in ("IOC", "FOK"):
        new.lifetime = Lifetime(how)
    elif how == "post" and price is not None:
        new.is_post_only = True
    elif how == "stop":
        new.stop_price, new.stops_above = Decimal(60_000 + side * 20), side == BUY
    elif how == "trail":
        new.trailing_share, new.stops_above = Decimal("0.0002"), side == BUY
    elif how == "EXPIRE_BOTH":
        new.self_trade = how
    elif how == "iceberg":
        new.visible = Decimal("0.01")
    elif how == "spend" and price is None:
        new.quote_quantity = size * 1_000
    return new


def check_books(exchange: Exchange) -> None:
    """Resting orders are open, in the book at their price, and not crossed with the market."""
    book = exchange.books["BTCUSDT"]
    resting = {o.id for o in exchange.open.values() if o.is_resting}
    for side, ladder in book.sides.items():
        keys = list(ladder.prices())
        assert keys == sorted(keys, reverse=side == BUY)
        assert ladder.order_prices() == [p for p in keys if ladder.levels[p].orders]
        resting -= {o.id for level in ladder.levels.values() for o in level.orders}
    assert resting == set()
    bids, asks = (book.sides[side].order_prices() for side in (BUY, SELL))
    assert not (bids and asks) or bids[0] < asks[0]
