"""A digest of what a venue reports in a long seeded play: run it to print one line a market."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import msgspec

import tradewind
from tests.sim.desk import Desk
from tests.sim.test_clearing import GOOG, Want, bars, flat
from tradewind.model.instruments import Instrument
from tradewind.sim import fees, latency, queue_position, slippage

BTC = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
CALLS = 3000


def digest(market: str, seed: int) -> str:
    """The sha256 of every report of a play, and how many there were."""
    chance = random.Random(seed)
    desk = Desk(BTC, **options(market, seed))
    for number in range(CALLS):
        desk.now_ns += chance.randrange(1, 30)
        desk.venue.advance(desk.now_ns)
        command(desk, chance, number)
        row(desk, chance, market)
    reports = desk.take_reports()
    encoded = msgspec.msgpack.encode(reports)
    return f"{market} {len(reports)} {hashlib.sha256(encoded).hexdigest()}"


def options(market: str, seed: int) -> dict[str, Any]:
    return {
        "fees": fees.maker_taker(maker="-0.000012345", taker="0.000456789"),
        "latency": latency.jitter(order_ns=20, report_ns=15, sigma=0.8) if seed % 2 else None,
        "slippage": slippage.square_root("0.03") if market == "bars" else slippage.spread("0.31"),
        "queue": queue_position.power(2.5) if seed % 3 else queue_position.logarithmic(),
        "participation": "0.013" if seed % 2 else None,
        "seed": seed,
    }


def command(desk: Desk, chance: random.Random, number: int) -> None:
    price = 6_000_000 + chance.randrange(-6, 7)
    quantity = chance.randrange(1, 400_000)
    dice = chance.randrange(10)
    if dice < 6:
        prices = {}
        if dice < 4:
            prices["limit"] = price
        if dice == 0 or dice == 5:
            prices["stop"] = price + chance.randrange(-3, 4)
        time_in_force = chance.choice([1, 1, 2, 3, 4])
        desk.order(
            f"o{number}", chance.choice([1, -1]), quantity, time_in_force=time_in_force, **prices
        )
    elif dice < 8:
        desk.venue.cancel(desk.now_ns, f"o{number - chance.randrange(1, 20)}")
    else:
        desk.venue.amend(desk.now_ns, f"o{number - chance.randrange(1, 20)}", quantity, price)


def row(desk: Desk, chance: random.Random, market: str) -> None:
    price = 6_000_000 + chance.randrange(-5, 6)
    size = chance.randrange(1, 500_000)
    if market == "bars":
        high, low = price + chance.randrange(5), price - chance.randrange(5)
        desk.bar(price, high, low, chance.randrange(low, high + 1), volume=size * 20)
    elif chance.randrange(3) == 0:
        desk.trade(price, size, chance.choice([1, 0, -1]))
    elif market == "quotes":
        desk.quote(price, size, price + chance.randrange(1, 4), chance.randrange(1, 500_000))
    else:
        side = chance.choice([1, -1])
        desk.levels((side, price - 3 * side, chance.choice([0, size])))


def cleared() -> str:
    """The hashes of a run with charges, corporate actions and a margin call."""
    clearing = tradewind.Clearing(
        terms=tradewind.AccountTerms(initial_margin="0.5", maintenance_margin="0.25"),
        charges=[tradewind.charges.borrow("0.07"), tradewind.charges.interest(debit="0.05")],
        actions=[
            tradewind.actions.split(GOOG.id, "1970-01-04", 3, 2),
            tradewind.actions.dividend(GOOG.id, "1970-01-05", "0.123456789"),
        ],
    )
    rows = [flat(100), flat(100), (100, 103, 97, 99), flat(66), flat(66), (60, 60, 25, 40)]
    result = tradewind.backtest(
        [Want("7"), Want("9"), Want("-1")],
        data=[bars(GOOG, rows)],
        cash="1000",
        fees=tradewind.fees.percent("0.001"),
        clearing=clearing,
    )
    called = result.record_counts["PositionLiquidated"]
    return f"{result.state_hash} {result.journal_hash} {called}"


def main() -> None:
    print("compiled" if tradewind.COMPILED else "plain")  # noqa: T201
    for market in ("bars", "quotes", "depth"):
        for seed in (1, 2, 3):
            print(digest(market, seed))  # noqa: T201
    print(cleared())  # noqa: T201


if __name__ == "__main__":
    main()
