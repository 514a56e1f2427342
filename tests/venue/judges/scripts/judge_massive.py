"""What massive (or polygon) sees of a venue: `judge_massive.py PACKAGE URL KEY FREE_KEY`."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import sys
from collections import Counter
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

PACKAGE, URL, KEY, FREE_KEY = sys.argv[1:5]
STREAMS_DEADLINE_S = 45
SUBSCRIPTIONS = {
    "stocks": ["T.*", "Q.AAPL", "Q.SPY", "AM.*", "A.*"],
    "crypto": ["XT.BTC-USD", "XQ.BTC-USD"],
}
package = importlib.import_module(PACKAGE)
exceptions = importlib.import_module(f"{PACKAGE}.exceptions")
client = package.RESTClient(KEY, base=URL)
seen: dict[str, object] = {}
rows: Counter[str] = Counter()


def aggregates() -> None:
    span = ("2026-11-18", "2026-11-20")
    pages = list(client.list_aggs("AAPL", 1, "minute", *span, limit=300))
    whole = list(client.list_aggs("AAPL", 1, "minute", *span, limit=50_000))
    back = list(client.list_aggs("AAPL", 1, "minute", *span, limit=300, sort="desc"))
    times = [bar.timestamp for bar in pages]
    seen["minutes"] = [len(pages), len(set(times)), len(whole)]
    seen["order"] = [times == sorted(times), [bar.timestamp for bar in reversed(back)] == times]
    split = list(client.list_aggs("AAPL", 1, "day", "2026-10-09", "2026-10-12"))
    raw = list(client.list_aggs("AAPL", 1, "day", "2026-10-09", "2026-10-12", adjusted=False))
    seen["split"] = [
        round(before.close / after.close, 3) for before, after in zip(raw, split, strict=True)
    ]
    seen["hours"] = len(list(client.list_aggs("X:BTCUSD", 1, "hour", "2026-11-18", "2026-11-19")))
    seen["previous"] = len(client.get_previous_close_agg("AAPL"))
    seen["grouped"] = len(client.get_grouped_daily_aggs("2026-11-19"))
    seen["open_close"] = client.get_daily_open_close_agg("AAPL", "2026-11-19").symbol


def ticks() -> None:
    trades = list(
        itertools.islice(client.list_trades("AAPL", timestamp="2026-11-19", limit=400), 1_000)
    )
    stamps = [trade.sip_timestamp for trade in trades]
    seen["trades"] = [len(set(stamps)), stamps == sorted(stamps, reverse=True)]
    quote = next(client.list_quotes("AAPL", timestamp_gte="2026-11-19"))
    seen["quote"] = quote.bid_price < quote.ask_price
    seen["last"] = client.get_last_trade("AAPL").price > 0
    seen["nbbo"] = client.get_last_quote("AAPL").bid_price > 0
    seen["snapshots"] = len(client.get_snapshot_all("stocks"))
    seen["snapshot"] = client.get_snapshot_ticker("stocks", "AAPL").day.volume > 0


def reference() -> None:
    seen["tickers"] = [each.ticker for each in client.list_tickers(limit=3)]
    seen["delisted"] = [each.ticker for each in client.list_tickers(active=False)]
    seen["name"] = client.get_ticker_details("AAPL").name
    seen["splits"] = [[each.ticker, each.split_to] for each in client.list_splits()]
    seen["dividends"] = len(list(client.list_dividends(limit=2)))
    seen["status"] = client.get_market_status().market
    seen["holiday"] = client.get_market_holidays()[0].date


def errors() -> None:
    found = []
    free = package.RESTClient(FREE_KEY, base=URL, retries=0)
    calls = (
        lambda: package.RESTClient("nobody", base=URL).get_last_trade("AAPL"),
        lambda: free.get_last_trade("AAPL"),
        lambda: client.get_last_trade("NOPE"),
        lambda: [free.get_market_status() for _ in range(6)],
    )
    for call in calls:
        try:
            call()
            found.append("granted")
        except (exceptions.BadResponse, HTTPError) as error:
            found.append(type(error).__name__)
    seen["errors"] = found


async def listen() -> None:
    """Both streams, until every kind of row has come."""
    feed = urlsplit(URL).netloc

    async def on_rows(messages) -> None:
        rows.update(message.event_type for message in messages)

    sockets = [
        package.WebSocketClient(
            KEY, feed=feed, market=market, secure=False, subscriptions=subscriptions
        )
        for market, subscriptions in SUBSCRIPTIONS.items()
    ]
    tasks = [asyncio.create_task(socket.connect(on_rows)) for socket in sockets]
    for _ in range(STREAMS_DEADLINE_S * 10):
        if {"T", "Q", "A", "AM", "XT", "XQ"} <= set(rows):
            break
        await asyncio.sleep(0.1)
    for socket, task in zip(sockets, tasks, strict=True):
        await socket.close()
        task.cancel()
    seen["rows"] = sorted(rows)
    try:
        wrong = package.WebSocketClient("nobody", feed=feed, market="stocks", secure=False)
        await wrong.connect(on_rows)
    except exceptions.AuthError as error:
        seen["unknown_key"] = type(error).__name__


for part in (aggregates, ticks, reference, errors):
    part()
asyncio.run(listen())
sys.stdout.write(json.dumps(seen) + "\n")
