"""Bars: what closes them, what is in them, and that both doors make the same ones."""

import importlib.util
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tradewind.model.errors import BadData
from tradewind.model.numbers import UNITS_MAX
from tradewind.signals import bars
from tradewind.signals.bars import (
    COLUMNS,
    INTERVAL_MAX_NS,
    KINDS,
    NO_PRICE,
    TIME_MAX_NS,
    WEIGHT_MAX,
    BarBuilder,
)

Row = tuple[int, int, int]
ClosedBar = tuple[int, ...]

MINUTE_NS = 60_000_000_000


def plain_module() -> ModuleType:
    """The same file run as plain Python, whatever the build."""
    assert bars.__file__ is not None
    source = Path(bars.__file__).parent / "bars.py"
    spec = importlib.util.spec_from_file_location("plain_bars", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def step(builder: BarBuilder, rows: list[Row]) -> list[ClosedBar]:
    return [builder.closed_bar() for row in rows if builder.update(*row)]


def arrays(rows: list[Row]) -> list[NDArray[np.int64]]:
    columns = np.array(rows, np.int64).reshape(-1, 3)
    return [np.ascontiguousarray(columns[:, index]) for index in range(3)]


def taken(builder: BarBuilder) -> list[ClosedBar]:
    columns = builder.take()
    assert tuple(columns) == COLUMNS
    assert all(column.dtype == np.int64 for column in columns.values())
    return list(zip(*(column.tolist() for column in columns.values()), strict=True))


@dataclass
class PlainBar:
    """A bar as one would keep it on paper: every row that fell into it."""

    rows: list[Row]

    def closed(self, open_time_ns: int, close_time_ns: int) -> ClosedBar:
        prices = [price for _, price, _ in self.rows if price != NO_PRICE]
        volume = sum(size for _, _, size in self.rows)
        ends = (open_time_ns, close_time_ns, prices[0], max(prices), min(prices), prices[-1])
        return (*ends, volume)

    @property
    def has_price(self) -> bool:
        return any(price != NO_PRICE for _, price, _ in self.rows)


def expected_time_bars(rows: list[Row], step_ns: int, offset_ns: int) -> list[ClosedBar]:
    intervals: dict[int, list[Row]] = {}
    for row in rows:
        intervals.setdefault((row[0] - offset_ns) // step_ns, []).append(row)
    closed = list(intervals.items())[:-1]  # the last interval is still running
    return [
        PlainBar(inside).closed(n * step_ns + offset_ns, (n + 1) * step_ns + offset_ns)
        for n, inside in closed
        if PlainBar(inside).has_price
    ]


def expected_weight_bars(rows: list[Row], kind: str, step_units: int) -> list[ClosedBar]:
    closed: list[ClosedBar] = []
    inside: list[Row] = []
    for row in rows:
        inside.append(row)
        priced = [one for one in inside if one[1] != NO_PRICE]
        weight = {
            "tick": len(priced),
            "volume": sum(size for _, _, size in inside),
            "value": sum(abs(price) * size for _, price, size in priced),
        }[kind]
        if priced and weight >= step_units:
            closed.append(PlainBar(inside).closed(inside[0][0], row[0]))
            inside = []
    return closed


@st.composite
def trades(draw: st.DrawFn, count_max: int = 60) -> list[Row]:
    price = st.one_of(st.integers(-50, 50), st.just(NO_PRICE), st.integers(1, UNITS_MAX))
    row = st.tuples(st.integers(0, 40), price, st.integers(0, 30))
    rows = draw(st.lists(row, max_size=count_max))
    times = np.cumsum([0, *(gap for gap, _, _ in rows)])[1:] + draw(st.integers(-100, 100))
    return [
        (int(time_ns), price, size) for time_ns, (_, price, size) in zip(times, rows, strict=True)
    ]


kinds = st.sampled_from(KINDS)
steps = st.integers(1, 60)
offsets = st.integers(-50, 50)


@given(trades(), steps, offsets)
def test_time_bars_hold_the_rows_of_their_interval(
    rows: list[Row], step_ns: int, offset_ns: int
) -> None:
    builder = BarBuilder("time", step_ns, offset_ns=offset_ns)
    assert step(builder, rows) == expected_time_bars(rows, step_ns, offset_ns)


@given(trades(), st.sampled_from(KINDS[1:]), steps)
def test_other_bars_close_with_the_trade_that_reaches_the_step(
    rows: list[Row], kind: str, step_units: int
) -> None:
    closed = step(BarBuilder(kind, step_units), rows)
    assert closed == expected_weight_bars(rows, kind, step_units)


@given(trades(), kinds, steps, offsets, st.lists(st.integers(0, 60), max_size=6))
def test_both_doors_make_the_same_bars_however_the_columns_are_cut(
    rows: list[Row], kind: str, step_units: int, offset_ns: int, cuts: list[int]
) -> None:
    one_by_one = BarBuilder(kind, step_units, offset_ns=offset_ns)
    in_batches = BarBuilder(kind, step_units, offset_ns=offset_ns)
    expected = step(one_by_one, rows)
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    got: list[ClosedBar] = []
    for start, stop in pairwise(ends):
        counted = in_batches.run(*arrays(rows[start:stop]))
        got += taken(in_batches)
        assert counted <= stop - start
    assert got == expected
    assert in_batches.snapshot() == one_by_one.snapshot()


@given(trades(), kinds, steps, offsets)
def test_plain_and_compiled_agree_in_every_number(
    rows: list[Row], kind: str, step_units: int, offset_ns: int
) -> None:
    plain = PLAIN.BarBuilder(kind, step_units, offset_ns=offset_ns)
    builder = BarBuilder(kind, step_units, offset_ns=offset_ns)
    assert step(plain, rows) == step(builder, rows)
    assert plain.snapshot() == builder.snapshot()


@given(trades(), kinds, steps)
def test_no_volume_is_lost_or_doubled(rows: list[Row], kind: str, step_units: int) -> None:
    builder = BarBuilder(kind, step_units)
    closed = step(builder, rows)
    if builder.finish():
        closed.append(builder.closed_bar())
    volume = sum(bar[6] for bar in closed)
    assert volume + builder.unpriced_volume == sum(size for _, _, size in rows)


@given(trades(), kinds, steps, st.integers(0, 60))
def test_a_snapshot_continues_identically_from_any_row(
    rows: list[Row], kind: str, step_units: int, cut: int
) -> None:
    first, second = BarBuilder(kind, step_units), BarBuilder(kind, step_units)
    step(first, rows[:cut])
    second.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(first.snapshot())))
    assert step(first, rows[cut:]) == step(second, rows[cut:])
    assert first.snapshot() == second.snapshot()


def test_a_trade_beyond_the_step_is_not_split() -> None:
    builder = BarBuilder("volume", 10)
    assert step(builder, [(1, 100, 9), (2, 101, 25), (3, 102, 9), (4, 103, 1)]) == [
        (1, 2, 100, 101, 100, 101, 34),
        (3, 4, 102, 103, 102, 103, 10),
    ]


def test_a_value_bar_adds_up_price_times_size_whatever_the_sign_of_the_price() -> None:
    builder = BarBuilder("value", 100)
    assert step(builder, [(1, 9, 11), (2, -1, 1)]) == [(1, 2, 9, 9, -1, -1, 12)]


def test_a_session_that_starts_at_half_past_gives_hours_that_do() -> None:
    hour = 60 * MINUTE_NS
    builder = BarBuilder("time", hour, offset_ns=30 * MINUTE_NS)
    builder.update(10 * hour + 29 * MINUTE_NS, 1, 1)
    assert builder.update(10 * hour + 30 * MINUTE_NS, 2, 1) == 1
    assert builder.closed_bar()[:2] == (9 * hour + 30 * MINUTE_NS, 10 * hour + 30 * MINUTE_NS)


def test_a_time_bar_ends_before_its_close_and_not_at_it() -> None:
    builder = BarBuilder("time", 10)
    assert [builder.update(time_ns, 1, 1) for time_ns in (0, 9, 10)] == [0, 0, 1]


def test_times_before_1970_have_intervals_too() -> None:
    builder = BarBuilder("time", 10)
    assert step(builder, [(-11, 1, 1), (-10, 2, 1), (-1, 3, 1), (0, 4, 1)]) == [
        (-20, -10, 1, 1, 1, 1, 1),
        (-10, 0, 2, 3, 2, 3, 2),
    ]


def test_the_clock_closes_a_time_bar_once_and_an_empty_interval_gives_none() -> None:
    builder = BarBuilder("time", 10)
    builder.update(3, 7, 1)
    assert [builder.advance(time_ns) for time_ns in (9, 10, 10, 25, 40)] == [0, 1, 0, 0, 0]
    assert builder.closed_bar() == (0, 10, 7, 7, 7, 7, 1)
    assert builder.update(40, 8, 1) == 0
    assert builder.finish() == 1
    assert builder.closed_bar() == (40, 50, 8, 8, 8, 8, 1)
    assert builder.finish() == 0


def test_behind_the_clock_a_row_is_refused() -> None:
    builder = BarBuilder("time", 10)
    builder.advance(10)
    with pytest.raises(BadData, match="a row at 9 comes after one at 10: sort by time_ns"):
        builder.update(9, 1, 1)
    assert builder.update(10, 1, 1) == 0


def test_a_clock_that_goes_back_closes_nothing() -> None:
    builder = BarBuilder("time", 10)
    builder.update(5, 1, 1)
    assert builder.advance(1) == 0
    assert builder.last_time_ns == 5


def test_other_bars_have_no_clock() -> None:
    builder = BarBuilder("tick", 2)
    builder.update(1, 1, 1)
    assert builder.advance(100) == 0
    assert builder.update(2, 1, 1) == 1


def test_an_interval_with_size_but_no_price_gives_no_bar_and_its_size_is_counted() -> None:
    builder = BarBuilder("time", 10)
    assert step(builder, [(1, NO_PRICE, 5), (11, 7, 1), (21, 7, 1)]) == [(10, 20, 7, 7, 7, 7, 1)]
    assert builder.unpriced_volume == 5


def test_quotes_give_bars_of_the_mid_in_half_units() -> None:
    builder = BarBuilder("time", 10)
    quotes = [(1, 100, 101), (2, 0, 105), (3, 99, 100), (4, 99, 0), (12, 100, 102)]
    closed = [builder.closed_bar() for row in quotes if builder.update_quote(*row)]
    assert closed == [(0, 10, 201, 201, 199, 199, 0)]
    again = BarBuilder("time", 10)
    assert again.run_quotes(*arrays(quotes)) == 1
    assert taken(again) == closed
    assert again.snapshot() == builder.snapshot()


def test_tick_bars_of_quotes_count_quotes_with_both_sides() -> None:
    builder = BarBuilder("tick", 2)
    assert [builder.update_quote(*row) for row in ((1, 5, 6), (2, 0, 6), (3, 5, 7))] == [0, 0, 1]


@pytest.mark.parametrize("kind", ["volume", "value"])
def test_bars_of_volume_and_of_value_need_trades(kind: str) -> None:
    with pytest.raises(BadData, match=f"{kind} bars need trades"):
        BarBuilder(kind, 1).update_quote(1, 5, 6)


AT_AND_PAST_THE_LIMIT: list[tuple[Row, Row]] = [
    ((TIME_MAX_NS, 1, 1), (TIME_MAX_NS + 1, 1, 1)),
    ((0, UNITS_MAX, 1), (0, UNITS_MAX + 1, 1)),
    ((0, -UNITS_MAX, 1), (0, -UNITS_MAX - 1, 1)),
    ((0, NO_PRICE, 1), (0, NO_PRICE + 1, 1)),
    ((0, 1, UNITS_MAX), (0, 1, UNITS_MAX + 1)),
    ((0, 1, 0), (0, 1, -1)),
]


@pytest.mark.parametrize("kind", ["time", "tick", "volume"])
@pytest.mark.parametrize(("good", "bad"), AT_AND_PAST_THE_LIMIT)
def test_a_number_at_its_limit_is_taken_and_one_past_it_refused(
    kind: str, good: Row, bad: Row
) -> None:
    builder = BarBuilder(kind, 10)
    before = builder.snapshot()
    with pytest.raises(BadData, match="are refused"):
        builder.update(*bad)
    assert builder.snapshot() == before
    builder.update(*good)


def test_quotes_at_the_limit_are_taken_and_past_it_refused() -> None:
    builder = BarBuilder("time", 10)
    builder.update_quote(0, UNITS_MAX, UNITS_MAX)
    assert builder.close == 2 * UNITS_MAX
    for bid, ask in (
        (UNITS_MAX + 1, 1),
        (1, UNITS_MAX + 1),
        (-UNITS_MAX - 1, 1),
        (1, -UNITS_MAX - 1),
    ):
        with pytest.raises(BadData, match="beyond"):
            builder.update_quote(1, bid, ask)


def test_a_value_beyond_its_bound_is_refused_before_it_is_multiplied() -> None:
    builder = BarBuilder("value", WEIGHT_MAX)
    builder.update(0, 2**31, 2**30)
    with pytest.raises(BadData, match="are refused"):
        builder.update(1, 2**31, 2**31 + 1)
    with pytest.raises(BadData, match="are refused"):
        builder.update(1, 2**31, 2**31)  # alone at the bound, together past it
    assert builder.update(1, 2**31, 2**30) == 1


@pytest.mark.parametrize(("kind", "step_units"), [("time", 10), ("tick", 10_000)])
def test_a_volume_beyond_its_bound_is_refused(kind: str, step_units: int) -> None:
    builder = BarBuilder(kind, step_units)
    whole, rest = divmod(WEIGHT_MAX, UNITS_MAX)
    for _ in range(whole):
        builder.update(0, 1, UNITS_MAX)
    builder.update(0, 1, rest)
    assert builder.volume == WEIGHT_MAX
    with pytest.raises(BadData, match="are refused"):
        builder.update(0, 1, 1)


def test_a_kind_or_step_that_does_not_exist_is_refused() -> None:
    assert BarBuilder("time", INTERVAL_MAX_NS).step == INTERVAL_MAX_NS
    assert BarBuilder("value", WEIGHT_MAX).step == WEIGHT_MAX
    refused = [("renko", 1), ("time", 0), ("tick", 0), ("time", INTERVAL_MAX_NS + 1)]
    for kind, step_units in [*refused, ("volume", WEIGHT_MAX + 1)]:
        with pytest.raises(BadData, match="are refused"):
            BarBuilder(kind, step_units)


def test_a_refused_row_keeps_the_bars_before_it() -> None:
    builder = BarBuilder("tick", 1)
    with pytest.raises(BadData, match="sort by time_ns"):
        builder.run(*arrays([(1, 10, 1), (2, 11, 1), (1, 12, 1)]))
    assert [bar[2] for bar in taken(builder)] == [10, 11]


def test_columns_of_other_types_or_lengths_are_refused() -> None:
    builder = BarBuilder("tick", 1)
    one = np.ones(1, np.int64)
    for columns in ((one, one, np.ones(2, np.int64)), (one, np.ones(1), one)):
        with pytest.raises(BadData, match="time_ns, price, size must be int64 columns"):
            builder.run(*columns)


def test_columns_with_gaps_between_their_numbers_are_taken() -> None:
    builder = BarBuilder("tick", 1)
    table = np.array([(1, 10, 1), (2, 11, 1)], np.int64)
    assert builder.run(table[:, 0], table[:, 1], table[:, 2]) == 2


def test_bars_not_taken_are_not_lost_in_a_snapshot_but_asked_for() -> None:
    builder = BarBuilder("tick", 1)
    builder.run(*arrays([(1, 10, 1)]))
    with pytest.raises(BadData, match="call take"):
        builder.snapshot()
    builder.take()
    assert len(builder.snapshot()) == 22


def test_a_snapshot_of_other_bars_is_refused() -> None:
    snapshot = BarBuilder("tick", 2).snapshot()
    for wrong in (["tick", 3, *snapshot[2:]], snapshot[:-1], [*snapshot[:-1], "1"], []):
        with pytest.raises(BadData, match="restore it into the same bars"):
            BarBuilder("tick", 2).restore(wrong)


def test_a_thousand_bars_in_one_run_are_all_kept() -> None:
    builder = BarBuilder("tick", 1)
    rows = [(time_ns, time_ns, 1) for time_ns in range(1_000)]
    assert builder.run(*arrays(rows)) == 1_000
    assert [bar[0] for bar in taken(builder)] == list(range(1_000))
    assert taken(builder) == []


PLAIN = plain_module()
