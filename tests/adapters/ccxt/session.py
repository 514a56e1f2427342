"""A session through ccxt at a local venue, run in an environment that has ccxt; prints JSON.

Arguments: the venue's address, key and secret. What was seen is judged by `test_ccxt.py`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from typing import Any

from tradewind.adapters.ccxt.card import card
from tradewind.adapters.ccxt.downloads import CcxtDownloads
from tradewind.adapters.ccxt.exchange import Credentials, make_exchange, translated
from tradewind.adapters.ccxt.market_data import CcxtMarketData
from tradewind.adapters.ccxt.trading import CcxtTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError, TradewindError
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.downloads import Wanted

BITCOIN = "BTC/USDT.CCXT-BINANCE"
DEADLINE_S = 60.0
SECOND_NS = 10**9
HOUR_NS = 3_600 * SECOND_NS


class Clock:
    def now_ns(self) -> int:
        return time.time_ns()


def order(order_id: str, **changes: Any) -> m.SubmitOrder:
    values: dict[str, Any] = {
        "time_ns": 0,
        "order_id": order_id,
        "account": "a",
        "venue": "CCXT-BINANCE",
        "instrument": BITCOIN,
        "side": Side.BUY,
        "quantity": 0,
        "type": OrderType.LIMIT,
        "limit_price": 0,
        "stop_price": 0,
        "time_in_force": TimeInForce.GTC,
        "flags": OrderFlag.NONE,
        "expire_time_ns": 0,
        "leg": Leg.NET,
    }
    return m.SubmitOrder(**(values | changes))


async def until(condition: Any) -> bool:
    ends_s = time.monotonic() + DEADLINE_S
    while not condition() and time.monotonic() < ends_s:
        await asyncio.sleep(0.05)
    return bool(condition())


async def error_of(call: Any) -> str:
    try:
        await call
    except TradewindError as error:
        return f"{type(error).__name__}: {error}"
    return "none"


async def trade(address: str, key: str, secret: str) -> dict[str, Any]:
    reports: list[Any] = []
    trading = CcxtTrading(
        "binance",
        [BITCOIN],
        Credentials(Secret(key), Secret(secret)),
        clock=Clock(),
        address=address,
        poll_s=0.3,
    )
    await trading.start(reports.append)
    seen: dict[str, Any] = {"up": trading.connection.is_up}
    try:
        one = trading._instruments[BITCOIN]
        unit = 10**one.quantity_digits
        far = int(one.tick_units * (20_000 * 10**one.price_digits // one.tick_units))
        seen["digits"] = [one.tick, one.lot]
        resting = order("x-far-1", quantity=unit // 100, limit_price=far)
        await trading.submit(resting)
        seen["working"] = [each.order_id for each in await trading.open_orders()]
        question = m.QueryOrder(0, "x-far-1", "CCXT-BINANCE", BITCOIN)
        seen["asked"] = [type(r).__name__ for r in await trading.query(question) or []]
        await trading.cancel(m.CancelOrder(0, "x-far-1", "CCXT-BINANCE", BITCOIN))
        await until(lambda: any(isinstance(r, m.OrderCanceled) for r in reports))
        seen["far"] = [type(r).__name__ for r in reports if r.order_id == "x-far-1"]
        begun_ns = time.time_ns() - HOUR_NS
        await trading.submit(order("x-buy-1", quantity=unit // 100, type=OrderType.MARKET))

        def filled() -> int:
            fills = [r for r in reports if isinstance(r, m.OrderFilled)]
            return sum(r.quantity for r in fills if r.order_id == "x-buy-1")

        await until(lambda: filled() == unit // 100)
        seen["filled"] = [filled(), unit // 100]
        told = {r.fill_id for r in reports if isinstance(r, m.OrderFilled)}
        fills = await trading.fills(BITCOIN, since_ns=begun_ns)
        ours = {f.fill_id for f in fills if f.order_id == "x-buy-1"}
        seen["same_fills"] = told == ours
        seen["balances"] = [each.currency for each in await trading.balances()]
        never = m.QueryOrder(0, "never-sent", "CCXT-BINANCE", BITCOIN)
        seen["never"] = await trading.query(never)
        seen["refused"] = await error_of(
            trading.submit(order("x-tiny", quantity=1, limit_price=far))
        )
        seen["gone"] = await error_of(trading.cancel(m.CancelOrder(0, "x-far-1", "", BITCOIN)))
        seen["amend"] = await error_of(trading.amend(m.AmendOrder(0, "x", "", BITCOIN, 1, 1)))
        seen["card"] = card(trading._exchange.has)
        seen["repr"] = repr({k: v for k, v in trading.__dict__.items() if k != "_exchange"})
    finally:
        await trading.close()
    return seen


async def wrong_key(address: str, key: str, secret: str) -> str:
    trading = CcxtTrading(
        "binance",
        [BITCOIN],
        Credentials(Secret(key), Secret("a-wrong-secret")),
        clock=Clock(),
        address=address,
    )
    return await error_of(trading.start(lambda report: None))


async def lost_reply(address: str, key: str, secret: str) -> list[Any]:
    """A venue that takes the order and does not say so: unknown, then found by its id."""
    import urllib.request

    fault = json.dumps({"name": "reply-lost", "probability": 1, "count": 1}).encode()
    trading = CcxtTrading(
        "binance",
        [BITCOIN],
        Credentials(Secret(key), Secret(secret)),
        clock=Clock(),
        address=address,
    )
    await trading.start(lambda report: None)
    try:
        one = trading._instruments[BITCOIN]
        request = urllib.request.Request(
            f"{address}/admin/faults", data=fault, headers={"Content-Type": "application/json"}
        )
        await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=60).read())
        far = order(
            "x-lost-1", quantity=10**one.quantity_digits // 100,
            limit_price=20_000 * 10**one.price_digits,
        )  # fmt: skip
        said = await error_of(trading.submit(far))
        found = await trading.query(m.QueryOrder(0, "x-lost-1", "", BITCOIN)) or []
        working = [each.order_id for each in await trading.open_orders()]
        await trading.cancel_all(BITCOIN)
        return [said, [type(r).__name__ for r in found], working]
    finally:
        await trading.close()


async def stream(address: str) -> dict[str, Any]:
    data = CcxtMarketData("binance", [BITCOIN], clock=Clock(), address=address)
    await data.start()
    taken: list[Any] = []
    task = asyncio.create_task(data.run(taken.append))
    await until(lambda: {each.kind for each in taken} == {"trades", "quotes"})
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return {"kinds": sorted({each.kind for each in taken}), "bad": data.bad_rows}


async def download(address: str) -> dict[str, Any]:
    downloads = CcxtDownloads("binance", address=address)
    await downloads.start()
    try:
        one = await downloads.instrument(BITCOIN)
        end_ns = time.time_ns() // SECOND_NS * SECOND_NS
        wanted = Wanted("bars", one, "1s", end_ns - 8 * SECOND_NS, end_ns)
        pages = [page async for page in downloads.pages(wanted)]
        rows = sum(len(page.columns) for page in pages)
        left_out = [page.left_out for page in pages if page.left_out]
        return {"rows": rows, "done": pages[-1].done_ns == end_ns, "left_out": left_out}
    finally:
        await downloads.close()


async def translations() -> dict[str, str]:
    import ccxt

    parts = Credentials(*map(Secret, ("the-key", "the-secret", "the-password", "the-uid")))
    exchange = make_exchange("binance", credentials=parts)
    text = "GET https://api.binance.com/api?signature=abc the-key the-secret the-password the-uid"
    names = (
        "RequestTimeout", "ExchangeNotAvailable", "NetworkError", "OnMaintenance", "BadResponse",
        "RateLimitExceeded", "AuthenticationError", "InsufficientFunds", "InvalidOrder",
        "OrderNotFound", "ExchangeError", "DuplicateOrderId", "BadSymbol",
    )  # fmt: skip
    made = {name: translated(getattr(ccxt, name)(text), exchange) for name in names}
    await exchange.close()
    kind = {True: "unknown", False: "refused"}
    return {name: f"{kind[isinstance(e, OutsideError)]} {e}" for name, e in made.items()}


async def credentials() -> dict[str, str]:
    """What a venue wants with a key: okx a passphrase; a user's number goes along."""
    found = {}
    for name, parts in (("okx", "ks"), ("okx", "ksp"), ("okx", "kspu"), ("kraken", "ks")):
        try:
            exchange = make_exchange(name, credentials=Credentials(*map(Secret, parts)))
        except TradewindError as error:
            found[f"{name} {len(parts)}"] = str(error)
        else:
            found[f"{name} {len(parts)}"] = f"{exchange.password} {exchange.uid}".strip()
            exchange.check_required_credentials()
            await exchange.close()
    return found


async def main() -> None:
    address, key, secret = sys.argv[1:]
    seen: dict[str, Any] = {
        "translations": await translations(),
        "credentials": await credentials(),
        "trade": await trade(address, key, secret),
        "wrong_key": await wrong_key(address, key, secret),
        "lost": await lost_reply(address, key, secret),
        "stream": await stream(address),
        "download": await download(address),
    }
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
