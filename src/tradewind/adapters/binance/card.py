"""The cards of Binance's spot and USD-M markets, made from the tables the adapter works by."""

from __future__ import annotations

from tradewind.adapters.binance.history import INTERVALS
from tradewind.adapters.binance.hosts import SERVICES, MarketKind, Service
from tradewind.adapters.binance.order_parameters import ICEBERGS, ORDER_WORDS, TIMES_IN_FORCE
from tradewind.adapters.binance.refusals import UNKNOWN_OUTCOME
from tradewind.adapters.binance.rest import EARLY_MS, RECV_WINDOW_MS, silence_s
from tradewind.adapters.binance.stream_names import DEPTH_SPEED, STREAM_KINDS
from tradewind.ports.venue_card import VenueCard

TITLES: dict[MarketKind, str] = {"spot": "Binance spot", "usdm": "Binance USD-M futures"}
FLAGS: dict[MarketKind, dict[str, str]] = {
    "spot": {"POST_ONLY": "LIMIT_MAKER"},
    "usdm": {"POST_ONLY": "GTX", "REDUCE_ONLY": "reduceOnly", "LONG and SHORT": "positionSide"},
}
AMENDMENTS: dict[MarketKind, str] = {
    "spot": "a lower quantity, the place in the queue kept; no other price",
    "usdm": "quantity and price of a limit order",
}
BEYOND: dict[MarketKind, tuple[str, ...]] = {
    "spot": (
        "TAKE_PROFIT, TAKE_PROFIT_LIMIT, trailing stops, quote quantity",
        "order lists OCO, OTO, OTOCO",
        "cancel and replace",
        "the smart order router",
        "checks without placing",
    ),
    "usdm": (),
}
QUALITY: dict[MarketKind, tuple[str, ...]] = {
    "spot": (
        (
            "six recorded minutes of BTC/USDT (41,249 frames) through the socket give every row "
            "of the file, and its book, level by level"
        ),
        "the documented examples are read by the types that read the wire",
    ),
    "usdm": (
        "the same of ETH/USDT, with the futures' own chaining of updates",
        "paths, weights and events of orders are from general knowledge, not from a document",
    ),
}
SHARED_QUALITY = (
    (
        "passes the suites of market data (m01 to m10) and trading (t01 to t28) against the "
        "local venue: lost answers, late, doubled and reordered reports, cuts, silence, gaps, "
        "429, a clock that is off"
    ),
    "`benchmarks/venue_socket.py` and `benchmarks/venue_order.py` measure its speed",
)
NOT_TRIED = (
    "the real venue: every test runs against the local one or recorded frames",
    "RSA keys, SBE, FIX, pegged orders, OPO and OPOCO lists",
)


def binance_card(kind: MarketKind) -> VenueCard:
    """The card of a market.

    >>> binance_card("spot").order_types["STOP"]
    'STOP_LOSS'
    """
    service = SERVICES[kind]
    window = f"receive window {RECV_WINDOW_MS} ms"
    return VenueCard(
        venue=service.venue,
        title=TITLES[kind],
        data=tuple(
            f"{each} ({DEPTH_SPEED[1:]})" if each == "depth" else each for each in STREAM_KINDS
        ),
        history=(f"bars of {', '.join(INTERVALS)}", "aggregate prints by time"),
        order_types=ORDER_WORDS[kind],
        times_in_force={ours.name: theirs for ours, theirs in TIMES_IN_FORCE.items()},
        flags=FLAGS[kind],
        amend=AMENDMENTS[kind],
        iceberg=ICEBERGS[kind],
        beyond=BEYOND[kind],
        keys=("HMAC-SHA256", "Ed25519 (extra `venues`)"),
        limits=_limits(service),
        unknown=(
            f"a 5xx, no answer, codes {', '.join(map(str, sorted(UNKNOWN_OUTCOME)))}; it may "
            f"arrive for {silence_s(RECV_WINDOW_MS):g} s ({window}, and {EARLY_MS} ms that a clock "
            "may be ahead)"
        ),
        quality=(*QUALITY[kind], *SHARED_QUALITY),
        not_tried=NOT_TRIED,
    )


def _limits(service: Service) -> tuple[str, ...]:
    return tuple(f"{each.limit} {each.kind} in {each.length_s} s" for each in service.windows)
