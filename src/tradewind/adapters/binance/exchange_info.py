"""Exchange information: what Binance lists, by which rules it may be traded, today's limits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from tradewind.adapters.binance.hosts import Service
from tradewind.adapters.binance.limits import RateLimit
from tradewind.model.errors import BadData, UserError
from tradewind.model.ids import split_instrument_id
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import DIGITS_MAX, digits_of

WIRE_DIGITS = 8
SYMBOLS_MAX = 20_000
TRADING = "TRADING"
PERPETUAL = "PERPETUAL"


class Filter(msgspec.Struct, frozen=True, rename="camel"):
    """One trading rule; each kind fills the fields that it has, and 0 switches a rule off.

    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"}
    {"filterType": "NOTIONAL", "minNotional": "5", "applyMinToMarket": true, "maxNotional": ...}
    """

    filter_type: str
    min_price: str = "0"
    max_price: str = "0"
    tick_size: str = "0"
    min_qty: str = "0"
    max_qty: str = "0"
    step_size: str = "0"
    min_notional: str = "0"
    max_notional: str = "0"
    notional: str = "0"
    multiplier_up: str = "0"
    multiplier_down: str = "0"
    max_num_orders: int = 0
    limit: int | str = 0


class Symbol(msgspec.Struct, frozen=True, rename="camel"):
    """One listed symbol; `contract_type` is USD-M's, the `Allowed` fields are spot's."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    filters: list[Filter]
    order_types: list[str] = []
    contract_type: str = ""
    margin_asset: str = ""
    iceberg_allowed: bool = False
    oco_allowed: bool = False
    oto_allowed: bool = False
    cancel_replace_allowed: bool = False
    amend_allowed: bool = False
    allow_trailing_stop: bool = False
    quote_order_qty_market_allowed: bool = False

    def rule(self, kind: str) -> Filter | None:
        """The filter of a kind, where there is one."""
        return next((each for each in self.filters if each.filter_type == kind), None)


class ExchangeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """All of it, as far as we read it."""

    symbols: list[Symbol]
    rate_limits: list[RateLimit] = []
    server_time: int = 0


class Listing(msgspec.Struct, frozen=True):
    """An instrument with the venue's symbol behind it."""

    instrument: Instrument
    symbol: Symbol


def decode_exchange_info(body: bytes) -> ExchangeInfo:
    """The answer to exchangeInfo; `BadData` where it is none.

    >>> info = decode_exchange_info(b'{"symbols":[],"rateLimits":[{}]}')
    Traceback (most recent call last):
    tradewind.model.errors.BadData: exchange information that cannot be read: ...
    """
    try:
        info = msgspec.json.decode(body, type=ExchangeInfo)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadData(f"exchange information that cannot be read: {error}") from None
    if len(info.symbols) > SYMBOLS_MAX:
        raise BadData(f"exchange information of {len(info.symbols)} symbols")
    return info


def listings_of(
    info: ExchangeInfo, instrument_ids: Iterable[str], service: Service
) -> list[Listing]:
    """The listings of the instruments asked for; `UserError` for one that is not listed."""
    by_symbol = {each.symbol: each for each in info.symbols}
    found = []
    for instrument_id in instrument_ids:
        name, venue = split_instrument_id(instrument_id)
        symbol = by_symbol.get(name.replace("/", ""))
        if venue != service.venue or symbol is None:
            raise UserError(f"{instrument_id} is not listed at {service.venue}: check its name")
        found.append(Listing(instrument_of(symbol, service), symbol))
    return found


def instrument_of(symbol: Symbol, service: Service) -> Instrument:
    """The instrument that a symbol is; `BadData` where its grid does not fit our numbers.

    Sizes get as many digits as the wire may write, since orders from before the lot was made
    coarser still rest in the book (`rows.Grid`).
    """
    instrument_id = f"{symbol.base_asset}/{symbol.quote_asset}.{service.venue}"
    tick, lot = _tick(symbol), _lot(symbol)
    price_digits, lot_digits = digits_of(tick), digits_of(lot)
    if price_digits + lot_digits > DIGITS_MAX:
        raise BadData(f"{instrument_id} has more digits than we keep: tick {tick}, lot {lot}")
    spare = WIRE_DIGITS if service.kind == "spot" else lot_digits
    return Instrument(
        instrument_id,
        tick=tick,
        lot=lot,
        min_notional=_min_notional(symbol),
        kind="spot" if service.kind == "spot" else "perpetual",
        price_digits=price_digits,
        quantity_digits=max(lot_digits, min(spare, DIGITS_MAX - price_digits)),
    )


def _tick(symbol: Symbol) -> str:
    rule = symbol.rule("PRICE_FILTER")
    return _step(rule.tick_size if rule else "0", symbol.symbol)


def _lot(symbol: Symbol) -> str:
    rule = symbol.rule("LOT_SIZE")
    return _step(rule.step_size if rule else "0", symbol.symbol)


def _step(text: str, symbol: str) -> str:
    """A grid step without trailing zeros; off (0) means the finest that the wire writes."""
    try:
        step = Decimal(text)
    except InvalidOperation:
        raise BadData(f"{symbol}: a step of {text!r} is not a number") from None
    if not step.is_finite() or step < 0:
        raise BadData(f"{symbol}: a step of {text!r}")
    return f"{step.normalize():f}" if step else f"0.{'1'.rjust(WIRE_DIGITS, '0')}"


def _min_notional(symbol: Symbol) -> str:
    """The smallest notional: MIN_NOTIONAL of old spot and of USD-M, NOTIONAL of spot today."""
    for kind in ("NOTIONAL", "MIN_NOTIONAL"):
        rule = symbol.rule(kind)
        if rule is not None:
            value = max(Decimal(rule.min_notional), Decimal(rule.notional))
            return f"{value.normalize():f}"
    return "0"
