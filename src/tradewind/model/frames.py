"""Frames: market data as users hold it (dict, Arrow, Polars, pandas), into columns and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.model.columns import OPTIONAL, REQUIRED, ColumnKind, Columns, IntColumn
from tradewind.model.errors import BadData
from tradewind.model.instruments import Instrument
from tradewind.model.row_checks import check_rows
from tradewind.model.sessions import DAY_NS, is_by_day, sessions_of
from tradewind.model.timeframes import timeframe_ns
from tradewind.model.unit_arrays import QUANTITY_COLUMNS, units_array

DIGITS = ("price_digits", "quantity_digits")
"""Entries of a dict (or of an Arrow table's or pandas frame's metadata) that say that integer
prices or quantities are units of 10^-digits; without them integers are whole values."""

PLAIN_INTEGERS = frozenset(["side", "flags", "update_id", "conditions"])


def columns_from(
    kind: ColumnKind, frame: object, instrument: Instrument, *, timeframe: str | None = None
) -> Columns:
    """Columns of a user's frame: exact, in order, every row sane, or `BadData` with the first row.

    `frame` is a dict of equally long numpy arrays or lists, an Arrow table, a Polars or pandas
    frame, or `Columns` already. Columns are `open_time_ns open high low close volume`,
    `time_ns price size side`, `time_ns bid bid_size ask ask_size` or
    `time_ns side price size flags`. Times are UTC nanoseconds, or datetimes (naive ones are UTC),
    then `open_time` and `time` are names too, and a pandas frame may have them as its index.
    Numbers are float64, Decimal, text, or integers (see `DIGITS`); what the instrument's digits
    cannot hold is refused, never rounded.

    `close_time_ns` of bars may be left out: it is the open plus the timeframe, or without one the
    next bar's open (the last bar then lasts the median step). Days (UTC midnights) of an
    instrument whose calendar has sessions are those sessions: a daily bar of XNYS opens at 09:30
    and closes at 16:00 in New York, or at 13:00 on a half day.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> frame = {"open_time_ns": [0, 60], "open": [10.5, 10.7], "high": [10.75, 10.7],
    ...          "low": [10.5, 10.25], "close": [10.7, 10.3], "volume": [100, 0]}
    >>> bars = columns_from("bars", frame, goog)
    >>> bars["close"].tolist(), bars["close_time_ns"].tolist()
    ([1070, 1030], [60, 120])
    """
    if isinstance(frame, Columns):
        return _same(kind, frame, instrument)
    given, digits = _read(frame)
    given = _named(kind, given, instrument)
    arrays = {name: _column(name, given[name], instrument, digits) for name in given}
    if kind == "bars" and "close_time_ns" not in arrays:
        arrays |= _bar_times(arrays["open_time_ns"], timeframe, instrument.calendar)
    columns = Columns(kind, instrument, {name: arrays[name] for name in _order(kind, arrays)})
    check_rows(columns)
    return columns


def columns_to_frame(columns: Columns) -> dict[str, NDArray[Any]]:
    """A dict of numpy arrays: times, sides and flags as int64, prices and quantities as float64.

    Each float is the one nearest to the exact value, so `columns_from` gives the same columns back.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> frame = {"time_ns": [1], "price": ["10.07"], "size": [3], "side": [1]}
    >>> columns_to_frame(columns_from("trades", frame, goog))["price"].tolist()
    [10.07]
    """
    frame: dict[str, NDArray[Any]] = {}
    for name, array in columns.arrays.items():
        if is_number(name):
            frame[name] = array / 10.0 ** column_digits(name, columns.instrument)
        else:
            frame[name] = array
    return frame


def column_digits(name: str, instrument: Instrument) -> int:
    """Digits of a price or quantity column of an instrument.

    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> column_digits("bid", goog), column_digits("bid_size", goog)
    (2, 0)
    """
    if name in QUANTITY_COLUMNS:
        return instrument.quantity_digits
    return instrument.price_digits


def close_times(open_time_ns: IntColumn, timeframe: str | None) -> IntColumn:
    """Close times of bars: open plus the timeframe, or the next bar's open.

    >>> close_times(np.array([0, 10, 30, 40]), None).tolist()
    [10, 30, 40, 50]
    """
    if timeframe is not None:
        return open_time_ns + timeframe_ns(timeframe)
    if len(open_time_ns) < 2:
        raise BadData("a single bar has no step to take its close time from: name the timeframe")
    step = int(np.median(np.diff(open_time_ns)))
    return np.append(open_time_ns[1:], open_time_ns[-1] + step)


def _bar_times(open_time_ns: IntColumn, timeframe: str | None, calendar: str) -> dict[str, Any]:
    """Open and close times of bars; whole days (UTC) of a calendar are its sessions."""
    is_daily = timeframe in (None, "1d") and is_by_day(calendar) and len(open_time_ns) > 0
    if is_daily and bool((open_time_ns % DAY_NS == 0).all()):
        sessions = sessions_of(calendar)
        assert sessions is not None, "a calendar by day has sessions"
        pairs = np.array([sessions.of_day(int(time_ns)) for time_ns in open_time_ns])
        return {"open_time_ns": pairs[:, 0].copy(), "close_time_ns": pairs[:, 1].copy()}
    return {"open_time_ns": open_time_ns, "close_time_ns": close_times(open_time_ns, timeframe)}


def _same(kind: ColumnKind, columns: Columns, instrument: Instrument) -> Columns:
    if (columns.kind, columns.instrument) != (kind, instrument):
        raise BadData(
            f"these are {columns.kind} of {columns.instrument.id}, wanted are {kind} of "
            f"{instrument.id} (the same version of it): convert them first"
        )
    return columns


def _named(kind: ColumnKind, given: dict[str, Any], instrument: Instrument) -> dict[str, Any]:
    """The given columns under their full names, none missing, none unknown."""
    renamed = {_full_name(name, values): values for name, values in given.items()}
    allowed = REQUIRED[kind] + OPTIONAL
    missing = [n for n in REQUIRED[kind] if n not in renamed and n != "close_time_ns"]
    unknown = [name for name in renamed if name not in allowed]
    about = f"{kind} of {instrument.id}"
    if missing:
        raise BadData(
            f"{about}: column {missing[0]!r} is missing (there are {', '.join(given) or 'none'}): "
            f"name the columns {' '.join(n for n in REQUIRED[kind] if n != 'close_time_ns')}"
        )
    if unknown:
        raise BadData(f"{about}: unknown column {unknown[0]!r}: leave it out or rename it")
    if len(renamed) < len(given):
        raise BadData(f"{about}: a time column is given twice: keep the one that ends in _ns")
    lengths = {name: len(values) for name, values in renamed.items()}
    if len(set(lengths.values())) > 1:
        raise BadData(f"{about}: the columns are not equally long: {lengths}")
    return renamed


def _full_name(name: str, values: Any) -> str:
    """`time` is `time_ns` where it holds datetimes: of bare integers nobody knows the unit."""
    if not _is_time(f"{name}_ns"):
        return name
    if np.asarray(values).dtype.kind in "iuf":
        raise BadData(f"column {name!r} holds bare numbers: give nanoseconds, named {name}_ns")
    return f"{name}_ns"


def _column(name: str, values: Any, instrument: Instrument, digits: dict[str, int]) -> IntColumn:
    if _is_time(name):
        return _times(name, values)
    if not is_number(name):
        return _integers(name, values)
    given = digits.get("quantity_digits" if name in QUANTITY_COLUMNS else "price_digits")
    wanted = column_digits(name, instrument)
    return units_array(values, digits=wanted, given_digits=given, column=name)


def _is_time(name: str) -> bool:
    return name.endswith("time_ns")


def is_number(name: str) -> bool:
    """Whether a column holds prices or quantities, not times, sides, flags or ids.

    >>> is_number("close"), is_number("side"), is_number("time_ns")
    (True, False, False)
    """
    return not _is_time(name) and name not in PLAIN_INTEGERS


def _order(kind: ColumnKind, arrays: Mapping[str, object]) -> list[str]:
    return [name for name in REQUIRED[kind] + OPTIONAL if name in arrays]


def _integers(name: str, values: Any) -> IntColumn:
    array = np.asarray(values)
    if array.dtype.kind in "iu" or len(array) == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return units_array(array, digits=0, column=name)
    raise BadData(f"column {name!r} holds {array.dtype}: give integers")


def _times(name: str, values: Any) -> IntColumn:
    array = np.asarray(values)
    if len(array) == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "M":
        return _nanoseconds(name, array)
    if array.dtype.kind == "O" and isinstance(array[0], datetime):
        rows = enumerate(array.tolist())
        return np.array([_nanoseconds_of(name, row, value) for row, value in rows], np.int64)
    raise BadData(
        f"column {name!r} holds {array.dtype}: give integers of UTC nanoseconds or datetimes"
    )


def _nanoseconds(name: str, array: NDArray[Any]) -> IntColumn:
    absent = np.isnat(array)
    if absent.any():
        raise BadData(f"row {int(np.argmax(absent))}, column {name!r} has no time: drop the row")
    return array.astype("datetime64[ns]").astype(np.int64)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _nanoseconds_of(name: str, row: int, value: object) -> int:
    if not isinstance(value, datetime) or value != value:  # pandas' NaT differs from itself
        raise BadData(f"row {row}, column {name!r}: {value!r} is not a datetime: mend the row")
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1) * 1000


def _read(frame: object) -> tuple[dict[str, Any], dict[str, int]]:
    """Arrays by name and the digits of integers; the kind of frame is known by its methods."""
    if isinstance(frame, Mapping):
        given = {name: values for name, values in frame.items() if name not in DIGITS}
        return {name: _listed(name, given[name]) for name in given}, _digits_of(frame)
    if hasattr(frame, "column_names") and hasattr(frame, "column"):
        return _read_arrow(frame)
    if hasattr(frame, "columns") and hasattr(frame, "index"):
        return _read_pandas(frame)
    if hasattr(frame, "columns") and hasattr(frame, "get_column"):
        return {name: frame.get_column(name).to_numpy() for name in frame.columns}, {}
    raise BadData(
        f"a {type(frame).__name__} is no frame: give a dict of numpy arrays, or an Arrow, Polars "
        "or pandas frame"
    )


def _listed(name: str, values: object) -> object:
    if isinstance(values, (np.ndarray, Sequence)) and not isinstance(values, (str, bytes)):
        return values
    if hasattr(values, "to_numpy"):
        return values.to_numpy()
    raise BadData(f"column {name!r} is a {type(values).__name__}: give an array or a list")


def _read_arrow(table: Any) -> tuple[dict[str, Any], dict[str, int]]:
    metadata = {
        key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()
    }
    given = {name: table.column(name) for name in table.column_names}
    if not hasattr(table, "combine_chunks"):
        arrays = {n: array.to_numpy(zero_copy_only=False) for n, array in given.items()}
        return arrays, _digits_of(metadata)
    return {name: array.to_numpy() for name, array in given.items()}, _digits_of(metadata)


def _read_pandas(frame: Any) -> tuple[dict[str, Any], dict[str, int]]:
    given = {str(name): _pandas_array(frame[name]) for name in frame.columns}
    times = frame.index
    if getattr(times.dtype, "kind", "O") == "M" and not any(map(_is_time, _with_ns(given))):
        given["time" if "open" not in given else "open_time"] = _pandas_array(times)
    return given, _digits_of(frame.attrs)


def _with_ns(names: Mapping[str, object]) -> list[str]:
    return [name if name.endswith("_ns") else f"{name}_ns" for name in names]


def _pandas_array(values: Any) -> NDArray[Any]:
    """A pandas column as an array; one with a time zone comes out as UTC."""
    if getattr(values.dtype, "kind", "O") == "M":
        return np.asarray(values, dtype="datetime64[ns]")
    return np.asarray(values.to_numpy())


def _digits_of(metadata: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(metadata[name]) for name in DIGITS if name in metadata}
