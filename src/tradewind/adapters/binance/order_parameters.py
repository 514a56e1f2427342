"""Order parameters: what a new order says to Binance, and which of ours it cannot take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from tradewind.adapters.binance.hosts import MarketKind
from tradewind.adapters.net.query import Value
from tradewind.model.instruments import Instrument
from tradewind.model.messages import SubmitIceberg, SubmitOrder
from tradewind.model.numbers import format_plain
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.trading import Refused, refuse_iceberg

TIMES_IN_FORCE = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
MILLISECOND_NS = 1_000_000

Parameters = dict[str, Value]

SpotType = Literal[
    "LIMIT",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
    "LIMIT_MAKER",
]
TAKES_TIME_IN_FORCE = frozenset({"LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"})
TAKES_PRICE = TAKES_TIME_IN_FORCE | {"LIMIT_MAKER"}
TAKES_STOP = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})


class SpotOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A spot order in the venue's own words, with all that it takes; "" and 0 leave a field out.

    Numbers are plain decimal text. `trailing_bips` is the distance of a trailing stop in 0.01 %.

    >>> order = SpotOrder(side="SELL", type="LIMIT_MAKER", quantity="0.1", price="70000")
    >>> order.parameters()
    {'side': 'SELL', 'type': 'LIMIT_MAKER', 'quantity': '0.1', 'price': '70000'}
    """

    side: Literal["BUY", "SELL"]
    type: SpotType
    quantity: str = ""
    quote_quantity: str = ""
    price: str = ""
    time_in_force: Literal["", "GTC", "IOC", "FOK"] = ""
    stop_price: str = ""
    trailing_bips: int = 0
    iceberg_quantity: str = ""
    self_trade_prevention: str = ""
    client_id: str = ""

    def parameters(self) -> Parameters:
        """The parameters that this type takes; `Refused` where they do not fit it."""
        self._check()
        given: list[tuple[str, Value]] = [
            ("side", self.side),
            ("type", self.type),
            ("timeInForce", self.time_in_force or self._default_time_in_force()),
            ("quantity", self.quantity),
            ("quoteOrderQty", self.quote_quantity),
            ("price", self.price),
            ("stopPrice", self.stop_price),
            ("trailingDelta", self.trailing_bips),
            ("icebergQty", self.iceberg_quantity),
            ("selfTradePreventionMode", self.self_trade_prevention),
            ("newClientOrderId", self.client_id),
        ]
        return {name: value for name, value in given if value}

    def _default_time_in_force(self) -> str:
        return "GTC" if self.type in TAKES_TIME_IN_FORCE else ""

    def _check(self) -> None:
        needs_stop = self.type in TAKES_STOP
        wrong = {
            "one of quantity and quote_quantity": bool(self.quantity) == bool(self.quote_quantity),
            "quote_quantity with MARKET only": bool(self.quote_quantity) and self.type != "MARKET",
            "a price where it has a limit": bool(self.price) != (self.type in TAKES_PRICE),
            "a time in force where it has a limit": bool(self.time_in_force)
            and self.type not in TAKES_TIME_IN_FORCE,
            "a stop price or a trailing distance, or both, where it is a stop": needs_stop
            != bool(self.stop_price or self.trailing_bips),
        }
        for rule, broken in wrong.items():
            if broken:
                raise Refused(f"{self.type} takes {rule}")


def submit_parameters(
    command: SubmitOrder, instrument: Instrument, symbol: str, kind: MarketKind
) -> Parameters:
    """What a `SubmitOrder` says to the venue; `Refused` for what the venue has not."""
    parameters: Parameters = {"symbol": symbol, "side": _SIDES[command.side]}
    _ADDERS[kind](parameters, command, instrument)
    parameters["newClientOrderId"] = command.order_id
    return parameters


_SIDES = {side: side.name for side in Side}


def _add_spot(parameters: Parameters, command: SubmitOrder, instrument: Instrument) -> None:
    if command.flags & OrderFlag.REDUCE_ONLY or command.leg != Leg.NET:
        raise Refused("Binance spot has no reduce-only orders and no legs")
    is_post_only = _is_post_only(command)
    _add_type(parameters, command, instrument, _SPOT_TYPES)
    if is_post_only:
        del parameters["timeInForce"]
        parameters["type"] = "LIMIT_MAKER"
    if isinstance(command, SubmitIceberg):
        if command.type != OrderType.LIMIT or command.time_in_force != TimeInForce.GTC:
            raise Refused("Binance has icebergs as LIMIT with GTC only")
        parameters[ICEBERGS["spot"]] = format_plain(command.display, instrument.quantity_digits)
    parameters["newOrderRespType"] = "FULL"


def _add_usdm(parameters: Parameters, command: SubmitOrder, instrument: Instrument) -> None:
    refuse_iceberg(command)
    is_post_only = _is_post_only(command)
    _add_type(parameters, command, instrument, _USDM_TYPES)
    if is_post_only:
        parameters["timeInForce"] = "GTX"
    if command.leg != Leg.NET:
        parameters["positionSide"] = Leg(command.leg).name
    elif command.flags & (OrderFlag.REDUCE_ONLY | OrderFlag.FLATTEN):
        parameters["reduceOnly"] = True
    parameters["newOrderRespType"] = "RESULT"


def _is_post_only(command: SubmitOrder) -> bool:
    """Whether an order must rest; only a limit order that is good till canceled can."""
    if not command.flags & OrderFlag.POST_ONLY:
        return False
    if command.type != OrderType.LIMIT or command.time_in_force != TimeInForce.GTC:
        raise Refused("Binance has post-only orders as LIMIT with GTC only")
    return True


_ADDERS: dict[MarketKind, Callable[[Parameters, SubmitOrder, Instrument], None]] = {
    "spot": _add_spot,
    "usdm": _add_usdm,
}

_SPOT_TYPES: dict[OrderType, tuple[str, tuple[str, ...]]] = {
    OrderType.MARKET: ("MARKET", ("quantity",)),
    OrderType.LIMIT: ("LIMIT", ("timeInForce", "quantity", "price")),
    OrderType.STOP: ("STOP_LOSS", ("quantity", "stopPrice")),
    OrderType.STOP_LIMIT: ("STOP_LOSS_LIMIT", ("timeInForce", "quantity", "price", "stopPrice")),
}
_USDM_TYPES: dict[OrderType, tuple[str, tuple[str, ...]]] = {
    OrderType.MARKET: ("MARKET", ("quantity",)),
    OrderType.LIMIT: ("LIMIT", ("timeInForce", "quantity", "price")),
    OrderType.STOP: ("STOP_MARKET", ("quantity", "stopPrice")),
    OrderType.STOP_LIMIT: ("STOP", ("timeInForce", "quantity", "price", "stopPrice")),
}


ORDER_WORDS: dict[MarketKind, dict[str, str]] = {
    "spot": {ours.name: theirs for ours, (theirs, _) in _SPOT_TYPES.items()},
    "usdm": {ours.name: theirs for ours, (theirs, _) in _USDM_TYPES.items()},
}
"""Our order types and the venue's words for them."""
ICEBERGS: dict[MarketKind, str] = {"spot": "icebergQty", "usdm": ""}
"""The parameter that says how much of an order is shown; USD-M has none."""


def _add_type(
    parameters: Parameters,
    command: SubmitOrder,
    instrument: Instrument,
    types: dict[OrderType, tuple[str, tuple[str, ...]]],
) -> None:
    """Add the parameters that an order's type takes, and no other: the venue refuses those."""
    found = types.get(command.type)
    if found is None:
        raise Refused(f"Binance has no {OrderType(command.type).name} orders here")
    name, takes = found
    parameters["type"] = name
    for each in takes:
        if each == "timeInForce":
            parameters[each] = _time_in_force(command)
        elif each == "quantity":
            parameters[each] = format_plain(command.quantity, instrument.quantity_digits)
        else:
            units = command.limit_price if each == "price" else command.stop_price
            parameters[each] = format_plain(units, instrument.price_digits)
    if "timeInForce" not in takes and command.time_in_force not in _NONE_TAKEN:
        raise Refused(f"{name} takes no time in force")


_NONE_TAKEN = (TimeInForce.GTC, TimeInForce.IOC)


def _time_in_force(command: SubmitOrder) -> str:
    word = TIMES_IN_FORCE.get(command.time_in_force)
    if word is None:
        name = TimeInForce(command.time_in_force).name
        raise Refused(f"Binance has no {name} orders: use GTC, IOC or FOK")
    return word
