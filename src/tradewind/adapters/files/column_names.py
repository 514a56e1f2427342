"""The names of a file's columns, matched with ours."""

from __future__ import annotations

from tradewind.adapters.files.reading import Request
from tradewind.model.columns import OPTIONAL, REQUIRED
from tradewind.model.errors import BadData, UserError

PRICES = ("open", "high", "low", "close")

KNOWN: dict[str, tuple[str, ...]] = {
    "time": ("open_time_ns", "time_ns", "open_time", "time", "timestamp", "datetime", "date", ""),
    "close_time": ("close_time_ns", "close_time"),
    "volume": ("volume", "vol"),
    "size": ("size", "quantity", "qty", "amount"),
    "bid": ("bid", "bid_price"),
    "bid_size": ("bid_size", "bid_quantity", "bid_qty"),
    "ask": ("ask", "ask_price"),
    "ask_size": ("ask_size", "ask_quantity", "ask_qty"),
}
"""What a column may be called in a file, in small letters, without being mapped; other columns
are known under our own name only. A nameless one is an index, which frames write first."""

ABSENT = "-"
"""Mapped to a quantity: the file has none, and zeros stand for it."""

OPTIONAL_IN_FILES = frozenset(["close_time_ns", *OPTIONAL])
MAY_BE_ABSENT = frozenset(["volume", "bid_size", "ask_size"])


def places(file: str, names: list[str], request: Request) -> dict[str, int | None]:
    """Which of a file's columns holds which of ours, None where zeros stand for it.

    `UserError` or `BadData` where a column is missing, unknown or named twice.

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> places("x.csv", ["Date", "Price", "Qty", "Side"], Request(goog, "trades"))
    {'time_ns': 0, 'price': 1, 'size': 2, 'side': 3}
    """
    _check_mapping(request)
    mapping = dict(request.columns)
    if request.price_column is not None:
        mapping |= dict.fromkeys(PRICES, request.price_column) | {"volume": ABSENT}
    for asked_column in mapping.values():
        if asked_column != ABSENT:
            _place(file, names, asked_column)
    found: dict[str, int | None] = {}
    for name in REQUIRED[request.kind] + OPTIONAL:
        asked = mapping.get(_short(name))
        if asked == ABSENT:
            found[name] = None
        elif asked is not None:
            found[name] = _place(file, names, asked)
        elif (number := _guess(names, _short(name))) is not None:
            found[name] = number
        elif name not in OPTIONAL_IN_FILES:
            raise BadData(_missing(file, names, _short(name)))
    return found


def _check_mapping(request: Request) -> None:
    known = [_short(name) for name in REQUIRED[request.kind] + OPTIONAL]
    for name, column in request.columns.items():
        if name not in known:
            raise UserError(
                f"{name!r} in --map is no column of {request.kind}: map {', '.join(known)}"
            )
        if column == ABSENT and name not in MAY_BE_ABSENT:
            raise UserError(f"{name!r} cannot be left out: map it to one of the file's columns")


def _short(name: str) -> str:
    """What users call a column: times without their unit, and a bar's open time just time."""
    short = name.removesuffix("_ns")
    return "time" if short == "open_time" else short


def _guess(names: list[str], short: str) -> int | None:
    small = [name.lower() for name in names]
    for candidate in KNOWN.get(short, (short,)):
        if candidate in small:
            return small.index(candidate)
    return None


def _place(file: str, names: list[str], asked: str) -> int:
    if names.count(asked) > 1:
        raise BadData(f"{file} has {names.count(asked)} columns {asked!r}: rename all but one")
    if asked not in names:
        raise UserError(f"{file} has no column {asked!r}: {_there(names)}")
    return names.index(asked)


def _missing(file: str, names: list[str], short: str) -> str:
    absent = f", or --map {short}=- where it has none" if short in MAY_BE_ABSENT else ""
    one_price = " (a table of one price a column: --column NAME)" if short in PRICES else ""
    return (
        f"{file} has no column {short!r}: name the one that holds it with --map {short}=NAME"
        f"{absent}{one_price}; {_there(names)}"
    )


def _there(names: list[str]) -> str:
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"there are {shown}"
