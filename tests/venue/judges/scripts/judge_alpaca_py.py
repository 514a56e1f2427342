"""What alpaca-py sees of a venue: run as `judge_alpaca_py.py URL WS_URL KEY SECRET`."""

from __future__ import annotations

import asyncio
import datetime
import json
import sys
import threading
import time
from collections import Counter

from alpaca.common.exceptions import APIError
from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.live import CryptoDataStream, StockDataStream
from alpaca.data.requests import (
    CorporateActionsRequest,
    CryptoBarsRequest,
    CryptoLatestOrderbookRequest,
    StockBarsRequest,
    StockLatestQuoteRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    CreateWatchlistRequest,
    GetCalendarRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)
from alpaca.trading.stream import TradingStream

URL, WS_URL, KEY, SECRET = sys.argv[1:5]
STREAMS_DEADLINE_S = 45
BUY, SELL = OrderSide.BUY, OrderSide.SELL
DAY, GTC = TimeInForce.DAY, TimeInForce.GTC
seen: dict[str, object] = {}
rows: Counter[str] = Counter()
updates: list[list[object]] = []
client = TradingClient(KEY, SECRET, paper=True, url_override=URL)
stocks = StockHistoricalDataClient(KEY, SECRET, url_override=URL)


def start_streams() -> None:
    """The account stream and both data streams, each in a thread of its own."""

    async def on_update(update) -> None:
        updates.append(
            [update.event, update.order.client_order_id, update.qty, update.position_qty]
        )

    async def on_row(row) -> None:
        rows[type(row).__name__] += 1

    account = TradingStream(KEY, SECRET, paper=True, url_override=f"{WS_URL}/stream")
    account.subscribe_trade_updates(on_update)
    data = StockDataStream(KEY, SECRET, url_override=f"{WS_URL}/v2/iex")
    for subscribe in (data.subscribe_trades, data.subscribe_quotes, data.subscribe_bars):
        subscribe(on_row, "*")
    crypto = CryptoDataStream(KEY, SECRET, url_override=f"{WS_URL}/v1beta3/crypto/us")
    crypto.subscribe_orderbooks(on_row, "BTC/USD")
    for stream in (account, data, crypto):
        threading.Thread(target=stream.run, daemon=True).start()


def until(condition, deadline_s: float = 10.0) -> None:
    """Wait for something to become true."""
    end_s = time.monotonic() + deadline_s
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.05)


def quote(symbol: str):
    return stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols=symbol))[symbol]


def account_and_reference() -> None:
    account, clock = client.get_account(), client.get_clock()
    seen["cash"], seen["is_open"] = account.cash, clock.is_open
    filters = GetCalendarRequest(start=datetime.date(2026, 11, 26), end=datetime.date(2026, 11, 27))
    seen["calendar"] = [str(day.close) for day in client.get_calendar(filters)]
    seen["assets"] = sorted(asset.symbol for asset in client.get_all_assets())
    watchlist = client.create_watchlist(CreateWatchlistRequest(name="mine", symbols=["AAPL"]))
    client.add_asset_to_watchlist_by_id(watchlist.id, "SPY")
    watched = client.get_watchlist_by_id(watchlist.id).assets
    seen["watched"] = [asset.symbol for asset in watched]
    client.delete_watchlist_by_id(watchlist.id)


def place_replace_cancel() -> None:
    order = client.submit_order(
        MarketOrderRequest(
            symbol="AAPL", qty=10, side=BUY, time_in_force=DAY, client_order_id="market"
        )
    )
    until(lambda: client.get_order_by_id(order.id).status == "filled")
    seen["market"] = [order.status, client.get_order_by_client_id("market").status]
    seen["position"] = client.get_open_position("AAPL").qty
    low = round(quote("AAPL").bid_price * 0.95, 2)
    old = client.submit_order(
        LimitOrderRequest(
            symbol="AAPL", qty=5, side=BUY, time_in_force=GTC, limit_price=low,
            client_order_id="limit",
        )
    )  # fmt: skip
    wanted = ReplaceOrderRequest(qty=7, limit_price=round(low - 1, 2), client_order_id="replaced")
    new = client.replace_order_by_id(old.id, wanted)
    seen["replaced"] = [new.replaces == old.id, new.qty, client.get_order_by_id(old.id).status]
    client.cancel_order_by_id(new.id)
    seen["canceled"] = client.get_order_by_id(new.id).status


def bracket_and_trailing_stop() -> None:
    ask = quote("MSFT").ask_price
    parent = client.submit_order(
        MarketOrderRequest(
            symbol="MSFT", qty=3, side=BUY, time_in_force=GTC, order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=round(ask * 1.1, 2)),
            stop_loss=StopLossRequest(stop_price=round(ask * 0.9, 2)),
        )
    )  # fmt: skip
    nested = GetOrderByIdRequest(nested=True)
    until(lambda: client.get_order_by_id(parent.id).status == "filled")
    shown = client.get_order_by_id(parent.id, nested)
    seen["bracket"] = [[leg.type, leg.status] for leg in shown.legs]
    client.cancel_order_by_id(shown.legs[0].id)
    shown = client.get_order_by_id(parent.id, nested)
    seen["bracket_canceled"] = [leg.status for leg in shown.legs]
    stop = client.submit_order(
        TrailingStopOrderRequest(
            symbol="MSFT", qty=3, side=SELL, time_in_force=DAY, trail_percent=5
        )
    )
    shown = client.get_order_by_id(stop.id)
    seen["trailing"] = [shown.status, float(shown.hwm) > float(shown.stop_price) > 0]
    client.cancel_orders()
    client.close_all_positions(cancel_orders=True)
    until(lambda: not client.get_all_positions())
    seen["positions"] = len(client.get_all_positions())
    everything = GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500)
    seen["orders"] = len(client.get_orders(everything))


def errors() -> None:
    found = []
    for changes in (
        {"limit_price": 200.005},
        {"symbol": "NOPE"},
        {"symbol": "GONE"},
        {"qty": 100_000},
        {"client_order_id": "market"},
    ):
        terms = {"symbol": "AAPL", "qty": 1, "limit_price": 200, **changes}
        try:
            client.submit_order(LimitOrderRequest(side=BUY, time_in_force=DAY, **terms))
        except APIError as error:
            found.append([error.status_code, error.code])
    seen["errors"] = found
    try:
        TradingClient("nobody", "nothing", paper=True, url_override=URL).get_account()
    except APIError as error:
        seen["unknown_key"] = [error.status_code, error.code]


def history() -> None:
    now = client.get_clock().timestamp
    days = datetime.timedelta(days=1)
    span = {"symbol_or_symbols": ["AAPL", "SPY"], "start": now - 5 * days, "end": now}
    bars = stocks.get_stock_bars(StockBarsRequest(timeframe=TimeFrame.Minute, **span))
    paged = stocks.get_stock_bars(StockBarsRequest(timeframe=TimeFrame.Minute, limit=2_500, **span))
    minutes = {symbol: [bar.timestamp for bar in found] for symbol, found in bars.data.items()}
    seen["minutes"] = [len(minutes["AAPL"]), len(set(minutes["AAPL"])), len(minutes["SPY"])]
    seen["limited"] = sum(map(len, paged.data.values()))
    single = {"symbol_or_symbols": "AAPL", "start": now - days, "end": now}
    seen["trades"] = len(stocks.get_stock_trades(StockTradesRequest(limit=50, **single))["AAPL"])
    seen["quotes"] = len(stocks.get_stock_quotes(StockQuotesRequest(limit=50, **single))["AAPL"])
    snapshot = stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAPL"))["AAPL"]
    seen["snapshot"] = snapshot.daily_bar.volume > 0 and snapshot.latest_quote.bid_price > 0
    crypto = CryptoHistoricalDataClient(KEY, SECRET, url_override=URL)
    hours = CryptoBarsRequest(
        symbol_or_symbols="BTC/USD", timeframe=TimeFrame.Hour, start=now - 2 * days, end=now
    )
    seen["hours"] = len(crypto.get_crypto_bars(hours)["BTC/USD"])
    book = crypto.get_crypto_latest_orderbook(
        CryptoLatestOrderbookRequest(symbol_or_symbols="BTC/USD")
    )["BTC/USD"]
    seen["book"] = book.bids[0].price < book.asks[0].price
    actions = CorporateActionsClient(KEY, SECRET, url_override=URL).get_corporate_actions(
        CorporateActionsRequest(symbols=["AAPL"], start=(now - 120 * days).date(), end=now.date())
    )
    seen["actions"] = {kind: len(found) for kind, found in actions.data.items()}


def main() -> None:
    start_streams()
    account_and_reference()
    place_replace_cancel()
    bracket_and_trailing_stop()
    errors()
    history()
    kinds = {"Trade", "Quote", "Bar", "Orderbook"}
    until(lambda: kinds <= set(rows), STREAMS_DEADLINE_S)
    seen["rows"] = sorted(rows)
    seen["updates"] = [update for update in updates if update[1] in ("market", "limit", "replaced")]
    sys.stdout.write(json.dumps(seen, default=str) + "\n")


asyncio.set_event_loop(asyncio.new_event_loop())
main()
