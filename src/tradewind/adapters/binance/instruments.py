"""Instruments of Binance: the definitions we know, and those that frames show."""

from __future__ import annotations

from decimal import Decimal
from math import gcd

from tradewind.adapters.binance.wire import (
    AggregateTradeFrame,
    BookTickerFrame,
    DepthSnapshotFrame,
    DepthUpdateFrame,
    Frame,
    OtherFrame,
    TradeFrame,
)
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import DIGITS_MAX

WIRE_DIGITS = 8
"""Digits behind the point that the wire writes at most."""

SPOT_VENUE = "BINANCE"
USDM_VENUE = "BINANCE-USDM"

KNOWN: dict[str, Instrument] = {
    instrument.id: instrument
    for instrument in (
        # sizes of orders from before the lot was 0.00001 still stand in the book: see `rows.Grid`
        Instrument(
            "BTC/USDT.BINANCE",
            tick="0.01",
            lot="0.00001",
            quantity_digits=8,
            min_notional="5",
        ),
        Instrument(
            "ETH/USDT.BINANCE-USDM",
            tick="0.01",
            lot="0.001",
            kind="perpetual",
            min_notional="20",
        ),
    )
}
"""By id; the venue of USD-M futures is another one than that of spot, with its own accounts."""


class GridSearch:
    """Finds tick, lot and digits of one symbol from its frames.

    The tick is the greatest step that all prices lie on; the lot that of traded and best sizes,
    which follow today's rules; the digits are those of all sizes. A rare finer price that the
    frames do not show is missed, so a definition from the venue is better where there is one.

    >>> search = GridSearch("BTCUSDT")
    >>> for price, size in [("9.50", "0.030"), ("9.00", "0.020")]:
    ...     search.take(TradeFrame("BTCUSDT", 1, price, size, 1, True))
    >>> btc = search.instrument("BTC/USDT.BINANCE")
    >>> btc.tick, btc.lot, btc.kind
    ('0.5', '0.01', 'spot')
    """

    __slots__ = ("_is_seen", "_lot", "_other", "_size_step", "_tick", "is_futures", "symbol")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.is_futures = False
        self._tick = self._lot = self._size_step = 0
        self._is_seen = False
        self._other = ""

    def take(self, frame: Frame) -> None:
        """Look at a frame; one of another symbol or kind is passed over."""
        if isinstance(frame, OtherFrame):
            return
        if isinstance(frame, DepthSnapshotFrame):
            self._take_levels(frame.bids + frame.asks)
            return
        if frame.symbol != self.symbol:
            self._other = self._other or frame.symbol
            return
        self._is_seen = True
        if isinstance(frame, TradeFrame | AggregateTradeFrame):
            self._take_traded(frame.price, frame.quantity)
        elif isinstance(frame, BookTickerFrame):
            self._take_traded(frame.bid, frame.bid_size)
            self._take_traded(frame.ask, frame.ask_size)
        elif isinstance(frame, DepthUpdateFrame):
            self.is_futures = self.is_futures or frame.previous_id is not None
            self._take_levels(frame.bids + frame.asks)

    def instrument(self, instrument_id: str) -> Instrument:
        """The instrument as found; `BadData` where no price or size was seen.

        Raises `UserError` where tick and lot need more digits than we keep.
        """
        lot = self._lot or self._size_step
        if not self._is_seen or not self._tick or not lot:
            held = f"the frames are of {self._other}" if self._other else "there is no such frame"
            raise BadData(f"no price of {self.symbol} ({held}): name the captured instrument")
        price_digits = _digits(self._tick)
        quantity_digits = min(_digits(gcd(lot, self._size_step)), DIGITS_MAX - price_digits)
        return Instrument(
            instrument_id,
            tick=_text(self._tick),
            lot=_text(lot),
            kind="perpetual" if self.is_futures else "spot",
            price_digits=price_digits,
            quantity_digits=max(quantity_digits, _digits(lot)),
        )

    def _take_traded(self, price: str, size: str) -> None:
        self._tick = gcd(self._tick, _steps(price))
        self._lot = gcd(self._lot, _steps(size))

    def _take_levels(self, levels: list[tuple[str, str]]) -> None:
        for price, size in levels:
            self._tick = gcd(self._tick, _steps(price))
            self._size_step = gcd(self._size_step, _steps(size))


def _steps(text: str) -> int:
    """The number in units of 10^-8; 0, which changes no step, where it is none."""
    whole, _, fraction = text.partition(".")
    if len(text) > 40 or not (whole + fraction).isdecimal():
        return 0
    return int(whole + fraction[:WIRE_DIGITS].ljust(WIRE_DIGITS, "0"))


def _digits(steps: int) -> int:
    return WIRE_DIGITS - (len(str(steps)) - len(str(steps).rstrip("0"))) if steps else 0


def _text(steps: int) -> str:
    return f"{Decimal(steps).scaleb(-WIRE_DIGITS).normalize():f}"
