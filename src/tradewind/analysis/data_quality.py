"""Quality of stored market data: gaps, doubles, disorder, outliers, crossed and stale prices."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.analysis.session_clock import SessionClock
from tradewind.analysis.stale_prices import StalePrices
from tradewind.model.column_merge import key_times
from tradewind.model.columns import Columns, IntColumn, concatenate
from tradewind.model.timeframes import UNIT_NS, timeframe_ns

SILENCE_NS = UNIT_NS["h"]
"""Without trades or quotes for longer than this there is a gap."""

CLOSED_NS_MAX = 4 * UNIT_NS["d"]
"""Between two sessions lie at most so much: a weekend and two holidays."""

OUTLIER_STEPS = 20.0
"""A price that jumps by so many usual steps and comes back is an outlier."""

JUMP_MAX = 0.5
"""A change of the price's logarithm beyond this is an outlier whether it comes back or not."""

DEVIATION_OF_MEDIAN = 1.4826
"""Standard deviation of a normal distribution by its median absolute deviation."""

FLOAT = NDArray[np.float64]


class Finding(msgspec.Struct, frozen=True):
    """How often something was seen, and when first (None: never)."""

    count: int = 0
    first_ns: int | None = None


class Quality(msgspec.Struct, frozen=True):
    """What there is to say about a series.

    `gaps` are stretches without rows where rows were due, `missing` how many bars they lack;
    `duplicates` rows equal to the row before; `out_of_order` rows earlier than the row before;
    `outliers` prices far from both neighbours; `crossed` quotes whose bid is above the ask;
    `empty` bars without volume; `stale` stretches whose prices do not move (`stale_prices.py`).
    """

    rows: int
    gaps: Finding
    missing: int
    duplicates: Finding
    out_of_order: Finding
    outliers: Finding
    crossed: Finding
    empty: Finding
    stale: Finding = Finding()


def quality(
    batches: Iterable[Columns], timeframe: str | None, clock: SessionClock | None = None
) -> Quality:
    """Look over a series, batch by batch; each is seen with the last two rows before it.

    Gaps depend on the instrument's calendar: around the clock each missing bar is one; with a
    `clock` each that is missing inside its sessions; else only what is missing inside a day, and
    pauses longer than any weekend. Outliers are judged by the batch's own usual step, the
    median absolute change (F. R. Hampel, "The influence curve and its role in robust
    estimation", JASA 69, 1974).

    >>> from tradewind.model.instruments import Instrument
    >>> goog = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
    >>> quotes = dict.fromkeys(("bid", "bid_size", "ask_size"), np.array([5, 7]))
    >>> quotes |= {"time_ns": np.array([1, 2]), "ask": np.array([6, 6])}
    >>> quality([Columns("quotes", goog, quotes)], None).crossed
    Finding(count=1, first_ns=2)
    """
    total = EMPTY
    before: Columns | None = None
    stale = StalePrices()
    for batch in batches:
        both = batch if before is None else concatenate([before, batch])
        total = _sum(total, _of_batch(both, len(both) - len(batch), timeframe, clock))
        stale.add(batch)
        before = both.cut(-CONTEXT_ROWS)
    count, first_ns = stale.found()
    return msgspec.structs.replace(total, stale=Finding(count, first_ns))


CONTEXT_ROWS = 2
EMPTY = Quality(0, *(Finding(), 0, Finding(), Finding(), Finding(), Finding(), Finding()))


def _of_batch(
    columns: Columns, known: int, timeframe: str | None, clock: SessionClock | None
) -> Quality:
    """The quality of the rows behind those already known."""
    times = key_times(columns)
    step_ns = timeframe_ns(timeframe) if timeframe else SILENCE_NS
    gaps, missing = _gaps(columns, step_ns, clock)
    back = _behind_first(times[1:] < times[:-1])
    return Quality(
        rows=len(columns) - known,
        gaps=_finding(times, gaps, known),
        missing=int(missing[known:].sum()),
        duplicates=_finding(times, _duplicates(columns), known),
        out_of_order=_finding(times, back, known),
        outliers=_finding(times, _outliers(columns, known), max(known - 1, 0)),
        crossed=_finding(times, _crossed(columns), known),
        empty=_finding(times, _empty(columns), known),
    )


def _gaps(
    columns: Columns, step_ns: int, clock: SessionClock | None
) -> tuple[NDArray[np.bool_], IntColumn]:
    times = key_times(columns)
    if clock is not None:
        return _gaps_of_sessions(columns, step_ns, clock)
    pause = np.diff(times, prepend=times[:1])
    if columns.kind == "bars":
        missing = np.maximum(pause // step_ns - 1, 0)
    else:
        missing = np.zeros(len(times), np.int64)
    late = pause > step_ns
    if columns.instrument.calendar != "24/7":
        day = times // UNIT_NS["d"]
        same_day = np.diff(day, prepend=day[:1]) == 0
        late &= same_day | (pause > CLOSED_NS_MAX)
    return late, np.where(late, missing, 0)


def _gaps_of_sessions(
    columns: Columns, step_ns: int, clock: SessionClock
) -> tuple[NDArray[np.bool_], IntColumn]:
    times = key_times(columns)
    before = np.concatenate([times[:1], times[:-1]])
    if columns.kind == "bars":
        missing = clock.bars_between(before, times, step_ns)
        return missing > 0, missing
    silent = clock.open_time(times) - clock.open_time(before)
    return silent > step_ns, np.zeros(len(times), np.int64)


def _duplicates(columns: Columns) -> NDArray[np.bool_]:
    names = ["open_time_ns"] if columns.kind == "bars" else list(columns.arrays)
    equal = np.ones(max(len(columns) - 1, 0), np.bool_)
    for name in names:
        equal &= columns[name][1:] == columns[name][:-1]
    return _behind_first(equal)


def _outliers(columns: Columns, known: int) -> NDArray[np.bool_]:
    """Prices that jump and come back, and bars with a high or low far from open and close.

    A jump is known by the row behind it, so that a batch's last row is judged with the next one;
    its high and low were judged already.
    """
    wicks, spikes = _wicks(columns), _spikes(columns)
    spikes[:known] &= ~wicks[:known]
    wicks[:known] = False
    return wicks | spikes


def _spikes(columns: Columns) -> NDArray[np.bool_]:
    price = _price(columns)
    priced = np.flatnonzero(price > 0)
    found = np.zeros(len(columns), np.bool_)
    if len(priced) > 2:
        change = np.diff(np.log(price[priced]))
        usual = np.abs(change[change != 0])
        step = DEVIATION_OF_MEDIAN * float(np.median(usual)) if len(usual) else 0.0
        far = np.abs(change) > OUTLIER_STEPS * step
        there_and_back = far[:-1] & far[1:] & (np.sign(change[:-1]) == -np.sign(change[1:]))
        found[priced[1:-1]] = there_and_back | (np.abs(change[:-1]) > JUMP_MAX)
    return found


def _wicks(columns: Columns) -> NDArray[np.bool_]:
    if columns.kind != "bars":
        return np.zeros(len(columns), np.bool_)
    top = np.maximum(columns["open"], columns["close"])
    bottom = np.minimum(columns["open"], columns["close"])
    up, down = np.log(columns["high"] / top), np.log(bottom / columns["low"])
    return (up > JUMP_MAX) | (down > JUMP_MAX)


def _price(columns: Columns) -> FLOAT:
    """The price of each row as float: close, price, or mid; 0 where there is none."""
    if columns.kind == "quotes":
        whole = (columns["bid"] > 0) & (columns["ask"] > 0)
        return np.where(whole, (columns["bid"] + columns["ask"]) / 2.0, 0.0)
    if columns.kind == "depth":
        return np.zeros(len(columns))
    return columns["close" if columns.kind == "bars" else "price"].astype(np.float64)


def _crossed(columns: Columns) -> NDArray[np.bool_]:
    if columns.kind != "quotes":
        return np.zeros(len(columns), np.bool_)
    whole = (columns["bid"] > 0) & (columns["ask"] > 0)
    return whole & (columns["bid"] > columns["ask"])


def _empty(columns: Columns) -> NDArray[np.bool_]:
    if columns.kind != "bars":
        return np.zeros(len(columns), np.bool_)
    return columns["volume"] == 0


def _behind_first(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.concatenate([np.zeros(1, np.bool_), rows])


def _finding(times: IntColumn, rows: NDArray[np.bool_], known: int) -> Finding:
    found = np.flatnonzero(rows[known:])
    if len(found) == 0:
        return Finding()
    return Finding(len(found), int(times[known + found[0]]))


def _sum(left: Quality, right: Quality) -> Quality:
    values: dict[str, object] = {}
    for name in Quality.__struct_fields__:
        one, other = getattr(left, name), getattr(right, name)
        if isinstance(one, Finding):
            first_ns = one.first_ns if one.count else other.first_ns
            values[name] = Finding(one.count + other.count, first_ns)
        else:
            values[name] = one + other
    return Quality(**values)  # type: ignore[arg-type]
