"""Routes: listings of one thing at several venues, and how an order was divided among them."""

from __future__ import annotations

import msgspec

from tradewind.model.message_base import TimedMessage
from tradewind.model.numbers import parse_units


class RouteLeg(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One listing of a route: what taking there costs, and how far away it is.

    `fee` is a share of the value in 10^-9, negative for a rebate.
    """

    instrument: str
    fee: int = 0
    latency_ns: int = 0


class RouteSet(TimedMessage, frozen=True):
    """Orders that name the route go to its legs from here on; without legs it is no more.

    `millisecond_cost` and `miss_cost` are shares of the price in 10^-9: what a millisecond of a
    leg's latency is worth, and what an order is that comes back unfilled. A leg whose price is
    older than `stale_ns` gets nothing; 0 sets no age.
    """

    route: str
    legs: tuple[RouteLeg, ...]
    millisecond_cost: int = 0
    miss_cost: int = 0
    stale_ns: int = 0


SHARE_DIGITS = 9


def route(
    name: str,
    *legs: tuple[str, str, float],
    millisecond_cost: str = "0",
    miss_cost: str = "0",
    stale_s: float = 0,
) -> RouteSet:
    """A route as people write it: legs of instrument, fee and latency in milliseconds.

    Fees and costs are shares as text; `miss_cost` is what an order that comes back unfilled is
    worth. Prices older than `stale_s` seconds are not used.

    >>> route("BTC", ("BTC/USD.AAA", "0.001", 5), ("BTC/USD.BBB", "0", 80)).legs[0]
    RouteLeg(instrument='BTC/USD.AAA', fee=1000000, latency_ns=5000000)
    """
    return RouteSet(
        0,
        name,
        tuple(
            RouteLeg(instrument, parse_units(fee, SHARE_DIGITS), round(latency_ms * 10**6))
            for instrument, fee, latency_ms in legs
        ),
        parse_units(millisecond_cost, SHARE_DIGITS),
        parse_units(miss_cost, SHARE_DIGITS),
        round(stale_s * 10**9),
    )


class RouteScore(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one leg offered when an order was divided, and what it got.

    `price` is the worst it was asked for, in units; fee, latency and history are what was added
    to it, in 10^-9 of the price. `available` is what its book showed within the limit, -1 where
    no sizes are known. `reason` says why a leg was left out.
    """

    instrument: str
    quantity: int
    price: int = 0
    available: int = -1
    fee: int = 0
    latency: int = 0
    history: int = 0
    reason: str = ""


class OrderRouted(TimedMessage, frozen=True):
    """How the core divided a quantity of a parent among the legs of its route, and why."""

    order_id: str
    route: str
    quantity: int
    scores: tuple[RouteScore, ...]
