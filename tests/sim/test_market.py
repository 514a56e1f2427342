"""The market generator: one history a seed, however it is cut, in rows a feed would accept."""

from __future__ import annotations

from collections import defaultdict

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, DEPTH_SNAPSHOT, Columns, concatenate
from tradewind.model.errors import Inconsistent, UserError
from tradewind.model.instruments import Instrument
from tradewind.sim.market import (
    ADVANCE_NS_MAX,
    SEED_MAX,
    MarketGenerator,
    MarketSnapshot,
    generate_depth,
    generate_quotes,
    generate_trades,
)
from tradewind.sim.market_faults import BadRow
from tradewind.sim.market_parameters import MarketParameters

SECOND_NS = 1_000_000_000
START_NS = 1_700_000_003 * SECOND_NS + 7
END_NS = START_NS + 90 * SECOND_NS
BTC = Instrument("BTC/USDT.SIM", tick="0.10", lot="0.0001")
AAPL = Instrument("AAPL.SIM", tick="0.05", lot="10", currency="USD")
PARAMETERS = {
    BTC.id: MarketParameters(
        start_price=60_000.0,
        halts_per_day=500.0,
        halt_mean_s=10.0,
        lost_updates_per_day=1_000.0,
        bad_rows_per_million=20_000.0,
    ),
    AAPL.id: MarketParameters(
        start_price=220.0, mean_trade_size=80.0, halts_per_day=0.0, lost_updates_per_day=0.0
    ),
}
SEEDS = (1, 2, 3)

Rows = dict[tuple[str, str], dict[str, list[int]]]


def market(seed: int = 7) -> MarketGenerator:
    return MarketGenerator([BTC, AAPL], seed, START_NS, PARAMETERS)


def rows_of(batches: list[Columns]) -> Rows:
    parts: dict[tuple[str, str], list[Columns]] = defaultdict(list)
    for columns in batches:
        parts[columns.instrument.id, columns.kind].append(columns)
    return {
        key: {name: array.tolist() for name, array in concatenate(each).arrays.items()}
        for key, each in parts.items()
    }


def bad_key(bad: BadRow) -> tuple[object, ...]:
    values = sorted((name, int(array[0])) for name, array in bad.columns.arrays.items())
    return bad.reason, bad.received_time_ns, bad.columns.instrument.id, bad.columns.kind, values


def whole(seed: int = 7) -> tuple[Rows, list[tuple[object, ...]]]:
    one = market(seed)
    rows = rows_of(one.advance(END_NS))
    return rows, [bad_key(bad) for bad in one.bad_rows]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(START_NS - SECOND_NS, END_NS), max_size=12))
def test_cutting_advance_into_pieces_does_not_change_the_rows(cuts: list[int]) -> None:
    one = market()
    batches, bad = [], []
    for until_ns in [*sorted(cuts), END_NS]:
        batches += one.advance(until_ns)
        bad += [bad_key(row) for row in one.bad_rows]
    assert (rows_of(batches), bad) == whole()


@settings(max_examples=15, deadline=None)
@given(st.integers(START_NS, END_NS), st.integers(0, 3))
def test_a_restored_market_goes_on_with_the_same_rows(cut_ns: int, seed: int) -> None:
    first = market(seed)
    before = first.advance(cut_ns)
    saved = msgspec.msgpack.encode(first.snapshot())
    second = market(seed)
    second.advance(START_NS + SECOND_NS)
    second.restore(msgspec.msgpack.decode(saved, type=MarketSnapshot))
    assert rows_of(before + second.advance(END_NS)) == whole(seed)[0]


def test_a_snapshot_of_another_market_is_refused() -> None:
    with pytest.raises(Inconsistent, match="nothing was restored"):
        market(1).restore(market(2).snapshot())


def test_an_instrument_has_the_same_rows_alone_and_among_others() -> None:
    alone = MarketGenerator([AAPL], 7, START_NS, PARAMETERS).advance(END_NS)
    together = whole()[0]
    assert rows_of(alone) == {key: rows for key, rows in together.items() if key[0] == AAPL.id}


def test_whole_columns_are_those_of_the_stream() -> None:
    generated = [
        generate(BTC, 7, start_time_ns=START_NS, end_time_ns=END_NS, parameters=PARAMETERS[BTC.id])
        for generate in (generate_quotes, generate_depth, generate_trades)
    ]
    together = whole()[0]
    assert rows_of(generated) == {key: rows for key, rows in together.items() if key[0] == BTC.id}


def test_another_seed_gives_another_market() -> None:
    assert whole(1)[0] != whole(2)[0]


def test_an_empty_stretch_has_no_rows() -> None:
    trades = generate_trades(BTC, 7, start_time_ns=START_NS, end_time_ns=START_NS)
    assert len(trades) == 0


def test_a_time_that_has_passed_gives_nothing() -> None:
    one = market()
    one.advance(END_NS)
    assert (one.advance(END_NS), one.advance(START_NS), one.delivered_ns) == ([], [], END_NS)


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_are_sorted_and_within_the_stretch(seed: int) -> None:
    for columns in market(seed).advance(END_NS):
        columns.check_sorted()
        assert START_NS <= columns.time_ns[0] <= columns.time_ns[-1] < END_NS


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_are_positive_multiples_of_the_tick_and_sizes_of_the_lot(seed: int) -> None:
    for columns in market(seed).advance(END_NS):
        tick, lot = columns.instrument.tick_units, columns.instrument.lot_units
        for name, column in columns.arrays.items():
            if name in {"price", "bid", "ask"}:
                assert column.min() > 0
                assert not (column % tick).any()
            elif name in {"size", "bid_size", "ask_size"}:
                assert column.min() >= (0 if columns.kind == "depth" else lot)
                assert not (column % lot).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_quotes_are_never_crossed_and_trades_lie_at_the_quote_of_their_time(seed: int) -> None:
    rows = whole(seed)[0]
    for instrument in (BTC, AAPL):
        quotes = {k: np.array(v) for k, v in rows[instrument.id, "quotes"].items()}
        trades = {k: np.array(v) for k, v in rows[instrument.id, "trades"].items()}
        assert (quotes["bid"] < quotes["ask"]).all()
        known = np.searchsorted(quotes["time_ns"], trades["time_ns"], "right") - 1
        seen = known >= 0  # the stretch begins within a block: the quote may lie before it
        buys = trades["side"] > 0
        best = np.where(buys, quotes["ask"][known], quotes["bid"][known])
        shown = np.where(buys, quotes["ask_size"][known], quotes["bid_size"][known])
        assert (trades["price"] == best)[seen].all()
        assert (trades["size"] <= shown)[seen].all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("instrument", [BTC, AAPL], ids=lambda instrument: instrument.id)
def test_the_book_built_from_depth_is_sorted_full_and_equal_to_the_quotes(
    seed: int, instrument: Instrument
) -> None:
    begin_ns = START_NS - START_NS % (20 * SECOND_NS)
    one = MarketGenerator([instrument], seed, begin_ns, PARAMETERS)
    quotes, depth = one.advance(END_NS)[:2]
    events = books_after_each_event(depth)
    assert len(events) <= len(quotes)
    assert (len(events) == len(quotes)) == (not (depth["flags"] & DEPTH_GAP).any())
    levels = PARAMETERS[instrument.id].depth_levels
    for time_ns, bids, asks in events:
        row = int(np.searchsorted(quotes["time_ns"], time_ns))
        assert time_ns == quotes["time_ns"][row]
        assert len(bids) == len(asks) == levels
        assert (max(bids), bids[max(bids)]) == (quotes["bid"][row], quotes["bid_size"][row])
        assert (min(asks), asks[min(asks)]) == (quotes["ask"][row], quotes["ask_size"][row])
        assert max(bids) < min(asks)


Levels = dict[int, int]


def books_after_each_event(depth: Columns) -> list[tuple[int, Levels, Levels]]:
    """A book kept by the rules of the depth columns, copied at the last row of each event.

    Between a gap and the next snapshot there is none.
    """
    bids: Levels = {}
    asks: Levels = {}
    events = []
    within_snapshot = stale = False
    for time_ns, side, price, size, flags in zip(
        *(depth[name].tolist() for name in ("time_ns", "side", "price", "size", "flags")),
        strict=True,
    ):
        if flags & DEPTH_SNAPSHOT and not within_snapshot:
            bids.clear()
            asks.clear()
            stale = False
        stale = stale or bool(flags & DEPTH_GAP)
        within_snapshot = flags & (DEPTH_SNAPSHOT | DEPTH_LAST) == DEPTH_SNAPSHOT
        if stale:
            continue
        book = bids if side > 0 else asks
        if size:
            book[price] = size
        else:
            del book[price]
        assert not bids or not asks or max(bids) < min(asks)
        if flags & DEPTH_LAST:
            events.append((time_ns, dict(bids), dict(asks)))
    return events


@pytest.mark.parametrize("seed", SEEDS)
def test_the_core_keeps_the_book_without_a_refusal(seed: int) -> None:
    begin_ns = START_NS - START_NS % (20 * SECOND_NS)
    one = MarketGenerator([BTC], seed, begin_ns, PARAMETERS)
    quotes, depth = one.advance(begin_ns + 600 * SECOND_NS)[:2]
    book = Book(BTC.tick_units)
    book.run(depth["side"], depth["price"], depth["size"], depth["flags"])
    assert (book.refused, book.unknown_removals, book.crossed) == (0, 0, 0)
    assert book.ignored == book.gaps == np.count_nonzero(depth["flags"] & DEPTH_GAP) > 0
    assert book.best_bid == quotes["bid"][-1]
    assert book.best_ask_size == quotes["ask_size"][-1]


def test_a_gap_in_depth_is_mended_by_a_snapshot_within_four_seconds() -> None:
    lossy = MarketParameters(start_price=60_000.0, lost_updates_per_day=1_000.0, halts_per_day=0.0)
    depth = generate_depth(BTC, 3, start_time_ns=0, end_time_ns=600 * SECOND_NS, parameters=lossy)
    gaps = np.flatnonzero(depth["flags"] & DEPTH_GAP)
    assert len(gaps) > 2
    for row in gaps.tolist():
        assert depth["flags"][row + 1] & DEPTH_SNAPSHOT
        silence_ns = int(depth["time_ns"][row + 1] - depth["time_ns"][row])
        assert 0 < silence_ns < 4 * SECOND_NS


def test_a_reopened_market_goes_on_at_the_old_price_at_the_new_time() -> None:
    first, second = market(), market()
    closed_at = first.advance(START_NS + 7_200 * SECOND_NS)
    later_ns = first.delivered_ns + 86_400 * SECOND_NS
    second.reopen(first.snapshot(), later_ns)
    opened_at = second.advance(later_ns + 20 * SECOND_NS)
    assert opened_at[0].time_ns[0] >= later_ns
    start, before, after = (
        columns["price"][row]
        for columns, row in ((closed_at[2], 0), (closed_at[2], -1), (opened_at[2], 0))
    )
    assert abs(before / start - 1.0) > 0.002
    assert abs(after / before - 1.0) < 0.001


def test_reopening_at_an_earlier_time_is_restoring() -> None:
    first, second = market(), market()
    first.advance(START_NS + 31 * SECOND_NS)
    second.reopen(first.snapshot(), START_NS)
    assert rows_of(second.advance(END_NS)) == rows_of(first.advance(END_NS))


def test_a_stretch_that_begins_with_a_block_begins_with_a_snapshot() -> None:
    depth = generate_depth(BTC, 7, start_time_ns=0, end_time_ns=SECOND_NS)
    assert depth["flags"][0] & DEPTH_SNAPSHOT


def test_a_halt_is_silent_and_ends_with_a_snapshot() -> None:
    halting = MarketParameters(start_price=60_000.0, halts_per_day=1_000.0, halt_mean_s=30.0)
    stretch = {"start_time_ns": 0, "end_time_ns": 600 * SECOND_NS}
    quotes = generate_quotes(BTC, 1, **stretch, parameters=halting)
    depth = generate_depth(BTC, 1, **stretch, parameters=halting)
    trades = generate_trades(BTC, 1, **stretch, parameters=halting)
    silences = np.flatnonzero(np.diff(quotes["time_ns"]) > 4 * SECOND_NS)
    assert len(silences) > 0
    for row in silences.tolist():
        begin_ns, end_ns = quotes["time_ns"][row : row + 2].tolist()
        during = (trades["time_ns"] > begin_ns + SECOND_NS) & (trades["time_ns"] < end_ns)
        assert not during.any()
        assert depth["flags"][np.searchsorted(depth["time_ns"], end_ns)] & DEPTH_SNAPSHOT


def test_a_thin_market_still_trades_a_lot_at_a_tick() -> None:
    thin = MarketParameters(start_price=20.0, mean_trade_size=0.01, spread_fraction=0.0)
    coarse = Instrument("THIN.SIM", tick="0.5", lot="1", currency="USD")
    quotes = generate_quotes(
        coarse, 1, start_time_ns=0, end_time_ns=60 * SECOND_NS, parameters=thin
    )
    assert ((quotes["ask"] - quotes["bid"]) == coarse.tick_units).all()
    assert quotes["bid_size"].min() == 1


def test_a_tick_too_coarse_for_the_price_is_refused() -> None:
    coarse = Instrument("THIN.SIM", tick="0.5", lot="1", currency="USD")
    low = {coarse.id: MarketParameters(start_price=11.9)}
    with pytest.raises(UserError, match="choose a finer tick"):
        MarketGenerator([coarse], 1, 0, low)
    MarketGenerator([coarse], 1, 0, {coarse.id: MarketParameters(start_price=12.0)})


def test_the_longest_advance_is_seven_days() -> None:
    nobody = MarketGenerator([], 1, 0)
    with pytest.raises(UserError, match="in pieces"):
        nobody.advance(ADVANCE_NS_MAX + 1)
    assert nobody.delivered_ns == 0


@pytest.mark.parametrize("seed", [-1, SEED_MAX + 1])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(UserError, match="seed must lie in"):
        MarketGenerator([BTC], seed, 0)


def test_the_largest_seed_is_taken() -> None:
    assert len(MarketGenerator([BTC], SEED_MAX, 0, PARAMETERS).advance(SECOND_NS)) > 0


def test_a_market_before_1970_is_refused() -> None:
    with pytest.raises(UserError, match="before 1970"):
        MarketGenerator([BTC], 1, -1)
