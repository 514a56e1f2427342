"""What every history must do: inherit `HistorySuite` and say how to make one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.model.columns import REQUIRED, ColumnKind, Columns, concatenate
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData, UserError
from tradewind.model.frames import columns_from
from tradewind.model.instruments import Instrument
from tradewind.ports.history import History, Series, Written

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
BITCOIN = Instrument("BTC/USDT.BINANCE", tick="0.01", lot="0.00001")
LITECOIN = Instrument("LTC/USDT.BINANCE", tick="0.01", lot="0.00001")
DAY_NS = 86_400_000_000_000
START_NS = 19_782 * DAY_NS  # 2024-02-29
MINUTE_NS = 60_000_000_000


PAID = CorporateAction("dividend", START_NS + DAY_NS, amount="0.25")
SPLIT = CorporateAction("split", START_NS, new="20")


def trades(*times: int, price: int = 6_000_000, instrument: Instrument = BITCOIN) -> Columns:
    """Trades at times, one after the other one unit dearer."""
    arrays = {
        "time_ns": np.array(times, np.int64),
        "price": price + np.arange(len(times)),
        "size": np.full(len(times), 7),
        "side": np.ones(len(times), np.int64),
    }
    return Columns("trades", instrument, arrays)


def bars(opens: range, *, close: str = "10.50") -> Columns:
    """Daily bars of GOOG that open on days counted from START_NS."""
    frame = {
        "open_time_ns": [START_NS + day * DAY_NS for day in opens],
        "open": ["10.50"] * len(opens),
        "high": ["11.00"] * len(opens),
        "low": ["10.00"] * len(opens),
        "close": [close] * len(opens),
        "volume": list(opens),
    }
    return columns_from("bars", frame, GOOG, timeframe="1d")


def same(left: Columns, right: Columns) -> bool:
    """True when two columns are of one series and hold the same rows in the same order."""
    return (
        (left.kind, left.instrument) == (right.kind, right.instrument)
        and set(left.arrays) == set(right.arrays)
        and all(np.array_equal(left[name], right[name]) for name in left.arrays)
    )


class HistorySuite:
    """The rules of `ports.history.History`, as tests of one adapter."""

    def make(self, folder: Path) -> History:
        """Return an empty history that may keep files in a folder."""
        raise NotImplementedError

    @pytest.fixture
    def history(self, tmp_path: Path) -> History:
        return self.make(tmp_path)

    def test_what_was_written_is_read_back(self, history: History) -> None:
        written = bars(range(400))
        assert history.write(written, timeframe="1d") == Written(400, 400, 0, 0)
        assert same(history.read("bars", "GOOG.SIM", timeframe="1d"), written)

    @pytest.mark.parametrize("kind", REQUIRED)
    def test_every_kind_is_kept_with_all_its_columns(
        self, history: History, kind: ColumnKind
    ) -> None:
        arrays = {name: np.ones(3, np.int64) for name in REQUIRED[kind]} | {
            "update_id": np.array([5, 6, 7])
        }
        if kind == "bars":
            arrays |= {"open_time_ns": np.arange(3), "close_time_ns": np.arange(1, 4)}
        columns, timeframe = Columns(kind, BITCOIN, arrays), "1s" if kind == "bars" else None
        history.write(columns, timeframe=timeframe)
        assert same(history.read(kind, BITCOIN.id, timeframe=timeframe), columns)

    def test_the_largest_and_smallest_times_and_numbers_survive(self, history: History) -> None:
        written = trades(-DAY_NS, 0, 2**62, price=10**15 - 2)
        history.write(written)
        assert same(history.read("trades", BITCOIN.id), written)

    def test_a_range_takes_its_start_and_leaves_its_end(self, history: History) -> None:
        history.write(trades(1, 2, 2, 3, 4))
        read = history.read("trades", BITCOIN.id, start_ns=2, end_ns=4)
        assert read["time_ns"].tolist() == [2, 2, 3]

    def test_a_range_without_rows_is_empty_and_no_error(self, history: History) -> None:
        history.write(trades(1, 9))
        for start_ns, end_ns in ((2, 9), (10, 20), (-5, 1), (9, 2)):
            read = history.read("trades", BITCOIN.id, start_ns=start_ns, end_ns=end_ns)
            assert len(read) == 0
            assert read.instrument == BITCOIN

    def test_a_range_of_bars_goes_by_their_open(self, history: History) -> None:
        history.write(bars(range(5)), timeframe="1d")
        start_ns, end_ns = START_NS + DAY_NS, START_NS + 3 * DAY_NS
        read = history.read("bars", GOOG.id, start_ns=start_ns, end_ns=end_ns, timeframe="1d")
        assert read["volume"].tolist() == [1, 2]

    def test_batches_are_the_rows_of_the_range_in_order(self, history: History) -> None:
        history.write(trades(*range(START_NS, START_NS + 5 * DAY_NS, MINUTE_NS)))
        start_ns, end_ns = START_NS + 7, START_NS + 3 * DAY_NS
        batches = history.batches("trades", BITCOIN.id, start_ns=start_ns, end_ns=end_ns)
        read = history.read("trades", BITCOIN.id, start_ns=start_ns, end_ns=end_ns)
        assert same(concatenate(list(batches)), read)

    def test_writing_the_same_rows_again_changes_nothing(self, history: History) -> None:
        history.write(trades(1, 2, 2, 3))
        assert history.write(trades(1, 2, 2, 3)) == Written(4, 0, 4, 0)
        assert len(history.read("trades", BITCOIN.id)) == 4

    def test_overlapping_rows_are_merged_by_time(self, history: History) -> None:
        history.write(bars(range(2, 6)), timeframe="1d")
        assert history.write(bars(range(4, 9)), timeframe="1d") == Written(5, 3, 2, 0)
        history.write(bars(range(3)), timeframe="1d")
        assert same(history.read("bars", GOOG.id, timeframe="1d"), bars(range(9)))

    def test_other_values_at_a_stored_time_are_refused_and_nothing_changes(
        self, history: History
    ) -> None:
        history.write(bars(range(3)), timeframe="1d")
        with pytest.raises(BadData, match="2024-03-01 00:00:00 UTC are stored with other values"):
            history.write(bars(range(1, 5), close="10.60"), timeframe="1d")
        assert same(history.read("bars", GOOG.id, timeframe="1d"), bars(range(3)))

    def test_another_number_of_rows_at_a_stored_time_is_a_conflict(self, history: History) -> None:
        history.write(trades(1, 2, 2))
        for fewer_or_more in (trades(1, 2), trades(1, 2, 2, 2)):
            with pytest.raises(BadData, match="stored with other values"):
                history.write(fewer_or_more)

    def test_conflicting_rows_take_the_place_of_the_stored_where_asked(
        self, history: History
    ) -> None:
        history.write(bars(range(3)), timeframe="1d")
        new = bars(range(1, 5), close="10.60")
        done = history.write(new, timeframe="1d", on_conflict="replace")
        assert done == Written(4, 2, 0, 2)
        read = history.read("bars", GOOG.id, timeframe="1d")
        assert same(read, concatenate([bars(range(1)), new]))

    def test_rows_of_one_time_keep_their_order_when_others_come_before_them(
        self, history: History
    ) -> None:
        together = trades(*[5] * 300)
        history.write(together)
        history.write(trades(1, 9))
        read = history.read("trades", BITCOIN.id, start_ns=5, end_ns=6)
        assert same(read, together)

    def test_batches_are_stored_as_one_even_where_they_cut_rows_of_one_time(
        self, history: History
    ) -> None:
        whole = trades(1, 2, 2, 2, 3)
        done = history.write_batches([whole.cut(0, 2), whole.cut(2, 3), whole.cut(3)])
        assert done == Written(5, 5, 0, 0)
        assert same(history.read("trades", BITCOIN.id), whole)

    def test_batches_may_come_in_any_order_and_twice(self, history: History) -> None:
        early, soon, late = trades(1, 2), trades(3, 4), trades(START_NS, START_NS + DAY_NS)
        assert history.write_batches([late, soon, early, late]) == Written(8, 6, 2, 0)
        assert same(history.read("trades", BITCOIN.id), concatenate([early, soon, late]))

    def test_when_one_batch_fails_none_is_stored(self, history: History) -> None:
        history.write(trades(1))

        def failing() -> Iterator[Columns]:
            yield trades(START_NS)
            yield trades(START_NS + 5 * DAY_NS)
            raise BadData("the file ends in the middle of a row")

        with pytest.raises(BadData, match="in the middle"):
            history.write_batches(failing())
        assert same(history.read("trades", BITCOIN.id), trades(1))

    def test_rows_out_of_order_are_refused(self, history: History) -> None:
        with pytest.raises(BadData, match="row 1 is earlier than row 0"):
            history.write(trades(2, 1))
        with pytest.raises(BadData, match="row 1 is earlier than row 0"):
            history.write(trades(5 * DAY_NS, 1))
        assert history.entries() == []

    def test_batches_of_two_instruments_are_refused(self, history: History) -> None:
        with pytest.raises(BadData, match="are mixed"):
            history.write_batches([trades(1), trades(2, instrument=GOOG)])
        assert history.entries() == []

    def test_no_rows_are_stored_as_nothing(self, history: History) -> None:
        assert history.write_batches([]) == Written(0, 0, 0, 0)
        assert history.write(trades()) == Written(0, 0, 0, 0)
        assert history.entries() == []

    def test_bars_need_a_timeframe_and_trades_have_none(self, history: History) -> None:
        with pytest.raises(UserError, match=r"bars of GOOG.SIM need a timeframe"):
            history.write(bars(range(2)))
        with pytest.raises(UserError, match="trades have no timeframe"):
            history.write(trades(1), timeframe="1m")
        with pytest.raises(UserError, match="'fortnight' is not a timeframe"):
            history.write(bars(range(2)), timeframe="fortnight")

    def test_the_instrument_is_kept_with_its_data(self, history: History) -> None:
        history.write(trades(1))
        assert history.instrument(BITCOIN.id) == BITCOIN
        with pytest.raises(UserError, match=r"GOOG.SIM is not in the history"):
            history.instrument(GOOG.id)

    def test_another_definition_of_a_stored_instrument_is_refused(self, history: History) -> None:
        history.write(trades(1))
        finer = Instrument(BITCOIN.id, tick="0.001", lot="0.00001")
        with pytest.raises(BadData, match=r"stored with tick 0.01, this data has 0.001"):
            history.write(trades(2, instrument=finer))
        assert history.instrument(BITCOIN.id) == BITCOIN

    def test_what_is_not_there_is_named_with_what_is(self, history: History) -> None:
        with pytest.raises(UserError, match=r"no trades of BTC/USDT.BINANCE .* nothing"):
            history.read("trades", BITCOIN.id)
        history.write(bars(range(2)), timeframe="1d")
        with pytest.raises(UserError, match=r"no 1m bars of GOOG.SIM .* 1d bars of GOOG.SIM"):
            history.read("bars", GOOG.id, timeframe="1m")
        with pytest.raises(UserError, match="no trades"):
            list(history.batches("trades", GOOG.id))
        with pytest.raises(UserError, match="no trades"):
            history.check(Series("trades", GOOG.id))

    def test_entries_say_what_is_stored(self, history: History) -> None:
        history.write(trades(3, 5))
        history.write(bars(range(4)), timeframe="1d")
        history.write(bars(range(1)), timeframe="1h")
        found = [(str(e.series), e.rows, e.first_ns, e.last_ns) for e in history.entries()]
        assert found == [
            ("1h bars of GOOG.SIM", 1, START_NS, START_NS),
            ("1d bars of GOOG.SIM", 4, START_NS, START_NS + 3 * DAY_NS),
            ("trades of BTC/USDT.BINANCE", 2, 3, 5),
        ]

    def test_a_fresh_series_has_no_damage(self, history: History) -> None:
        history.write(bars(range(400)), timeframe="1d")
        assert history.check(Series("bars", GOOG.id, "1d")) == []

    def test_what_is_old_is_dropped_and_the_rest_stays(self, history: History) -> None:
        old, young = START_NS, START_NS + 40 * DAY_NS
        history.write(trades(old))
        history.write(trades(old + 1, young, instrument=LITECOIN))
        history.write(bars(range(2)), timeframe="1d")
        history.retain("trades", before_ns=START_NS - DAY_NS)
        assert len(history.entries()) == 3
        assert history.retain("trades", before_ns=young) != []
        left = {entry.series: entry for entry in history.entries()}
        assert set(left) == {Series("trades", LITECOIN.id), Series("bars", GOOG.id, "1d")}
        assert history.read("trades", LITECOIN.id)["time_ns"][-1] == young
        assert history.check(Series("trades", LITECOIN.id)) == []
        history.write(trades(old))
        assert len(history.read("trades", BITCOIN.id)) == 1

    def test_corporate_actions_are_kept_by_their_ex_dates(self, history: History) -> None:
        history.write(bars(range(2)), timeframe="1d")
        assert history.actions(GOOG.id) == []
        assert history.write_actions(GOOG.id, [PAID, SPLIT]) == Written(2, 2, 0, 0)
        assert history.write_actions(GOOG.id, [PAID]) == Written(1, 0, 1, 0)
        assert history.actions(GOOG.id) == [SPLIT, PAID]
        assert [str(entry.series) for entry in history.entries()] == ["1d bars of GOOG.SIM"]

    def test_another_action_of_a_stored_day_is_refused_or_replaces_it(
        self, history: History
    ) -> None:
        history.write(bars(range(2)), timeframe="1d")
        history.write_actions(GOOG.id, [SPLIT, PAID])
        more = CorporateAction("dividend", PAID.ex_date_ns, amount="0.3")
        with pytest.raises(BadData, match=r"another dividend of 2024-03-01 \(0.25\) stored"):
            history.write_actions(GOOG.id, [PAID, more])
        assert history.actions(GOOG.id) == [SPLIT, PAID]
        changed = history.write_actions(GOOG.id, [PAID, more], on_conflict="replace")
        assert (changed, history.actions(GOOG.id)) == (Written(2, 0, 0, 1), [SPLIT, PAID, more])

    def test_actions_that_cannot_be_or_of_nothing_stored_are_refused(
        self, history: History
    ) -> None:
        with pytest.raises(UserError, match=r"GOOG.SIM is not in the history"):
            history.write_actions(GOOG.id, [PAID])
        history.write(bars(range(2)), timeframe="1d")
        for wrong in (
            CorporateAction("split", 0, new="0"),
            CorporateAction("split", 0, old="NaN"),
            CorporateAction("dividend", 0, amount="-1"),
            CorporateAction("dividend", 0, amount="1", factor="0.9/0"),
            CorporateAction("rename", 0, new="GOOG", old="GOOG"),
        ):
            with pytest.raises(BadData, match=r"mend it|give both"):
                history.write_actions(GOOG.id, [PAID, wrong])
        assert history.actions(GOOG.id) == []

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(
        writes=st.lists(st.lists(st.integers(0, 3 * DAY_NS), max_size=8), min_size=1, max_size=6),
        data=st.data(),
    )
    def test_any_writes_leave_each_row_once_and_in_order(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        writes: list[list[int]],
        data: st.DataObject,
    ) -> None:
        history = self.make(tmp_path_factory.mktemp("history"))
        for times in writes:
            rows = sorted(set(times))
            history.write(_priced_by_time(rows))
        wanted = sorted({time for times in writes for time in times})
        if not wanted:
            return
        bounds = data.draw(st.tuples(st.integers(0, 3 * DAY_NS), st.integers(0, 3 * DAY_NS)))
        read = history.read("trades", BITCOIN.id, start_ns=bounds[0], end_ns=bounds[1])
        assert same(read, _priced_by_time([t for t in wanted if bounds[0] <= t < bounds[1]]))


def _priced_by_time(times: list[int]) -> Columns:
    columns = trades(*times)
    price = 1 + columns["time_ns"] % 1_000_003
    return Columns("trades", BITCOIN, columns.arrays | {"price": price})
