"""The past of a security: minutes, the trades inside them, bars of any timeframe, adjustments."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.bars import PriceBar, bars_between
from tradewind.venue.equities.calendar import DAY_NS, MINUTE_NS, current_session, new_york_ns
from tradewind.venue.equities.history import Past, prints_of
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.timeframe import Timeframe
from tradewind.venue.equities.universe import SECURITIES

NOW_NS = new_york_ns(date(2026, 11, 20), 10, 30) + 17
SPLIT_DAY = date(2026, 10, 12)
SYMBOLS = ["AAPL", "PENY", "BTC/USD"]


def past_of(symbol: str, *, days: int = 40, now_ns: int = NOW_NS) -> Past:
    return Past(SECURITIES[symbol], 7, before_ns=now_ns, days=days)


def tape_of(symbol: str) -> Tape:
    return Tape(SECURITIES[symbol], 7, start_ns=NOW_NS, days=60)


def bars_of(tape: Tape, timeframe: Timeframe, day: date, adjustment: str = "raw") -> list[PriceBar]:
    begin_ns = new_york_ns(day, 0)
    return bars_between(
        tape,
        timeframe,
        begin_ns=begin_ns,
        end_ns=begin_ns + DAY_NS,
        known_ns=NOW_NS,
        actions=Actions(NOW_NS, lambda symbol, day: 200.0),
        adjustment=adjustment,
    )


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_past_ends_at_the_running_minute_and_at_the_price_that_goes_on(symbol: str) -> None:
    past = past_of(symbol)
    newest = past.last_minute()
    assert int(newest.open_ns[0]) == NOW_NS // MINUTE_NS * MINUTE_NS - MINUTE_NS
    assert int(newest.close[0]) == past.last_close
    assert past.last_close == SECURITIES[symbol].character.start_price * (
        10 ** SECURITIES[symbol].price_digits
    )


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_past_is_the_same_however_it_is_asked_for(symbol: str) -> None:
    at_once = past_of(symbol).between(NOW_NS - 30 * DAY_NS, NOW_NS)
    in_pieces = past_of(symbol)
    in_pieces.between(NOW_NS - DAY_NS, NOW_NS)
    again = in_pieces.between(NOW_NS - 30 * DAY_NS, NOW_NS)
    assert len(at_once) > 10_000
    for name in ("open_ns", "open", "high", "low", "close", "volume"):
        assert (getattr(at_once, name) == getattr(again, name)).all()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_prices_do_not_jump_where_blocks_of_the_past_meet(symbol: str) -> None:
    bars = past_of(symbol).between(NOW_NS - 30 * DAY_NS, NOW_NS)
    steps = np.abs(np.diff(bars.close) / bars.close[1:])
    assert steps.max() < 0.03


def test_stocks_trade_in_sessions_only() -> None:
    bars = past_of("AAPL").between(NOW_NS - 12 * DAY_NS, NOW_NS)
    assert all(current_session(open_ns) is not None for open_ns in bars.open_ns.tolist())


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_trades_inside_a_minute_make_up_its_bar(symbol: str) -> None:
    lot = SECURITIES[symbol].public_instrument("X").lot_units
    bars = past_of(symbol).between(NOW_NS - DAY_NS, NOW_NS)
    prints = prints_of(bars, lot)
    price, size = prints.price.reshape(len(bars), -1), prints.size.reshape(len(bars), -1)
    assert (price[:, 0] == bars.open).all()
    assert (price[:, -1] == bars.close).all()
    assert (price.max(axis=1) == bars.high).all()
    assert (price.min(axis=1) == bars.low).all()
    assert (size.sum(axis=1) == bars.volume).all()
    assert (size > 0).all()
    assert (size % lot == 0).all()
    assert (np.diff(prints.time_ns) > 0).all()
    assert (prints.time_ns // MINUTE_NS * MINUTE_NS == np.repeat(bars.open_ns, 8)).all()


def test_trades_are_found_by_time_and_numbered_alike_from_wherever_one_asks() -> None:
    tape = tape_of("AAPL")
    begin_ns = NOW_NS - DAY_NS
    all_trades = tape.trades_between(begin_ns, NOW_NS)
    cut_ns = all_trades[len(all_trades) // 2].time_ns
    parts = tape.trades_between(begin_ns, cut_ns) + tape.trades_between(cut_ns, NOW_NS)
    assert parts == all_trades
    numbers = [trade.number for trade in all_trades]
    assert numbers == sorted(set(numbers))
    assert tape.add_trade(NOW_NS, 2_200_000, 1_000_000, 1).number > numbers[-1]


def test_a_day_is_made_of_its_regular_minutes() -> None:
    tape = tape_of("AAPL")
    day = date(2026, 11, 19)
    [whole] = bars_of(tape, Timeframe(1, "day"), day)
    minutes = bars_of(tape, Timeframe(1, "minute"), day)
    regular = [
        bar for bar in minutes if new_york_ns(day, 9, 30) <= bar.time_ns < new_york_ns(day, 16)
    ]
    assert whole.time_ns == new_york_ns(day, 0)
    assert (whole.open, whole.close) == (regular[0].open, regular[-1].close)
    assert whole.high == max(bar.high for bar in regular)
    assert whole.volume == sum(bar.volume for bar in regular)
    assert len(regular) == 390 < len(minutes)


def test_five_minutes_are_folded_from_five() -> None:
    tape = tape_of("AAPL")
    fives = bars_of(tape, Timeframe(5, "minute"), date(2026, 11, 19))
    ones = bars_of(tape, Timeframe(1, "minute"), date(2026, 11, 19))
    assert all(bar.time_ns % (5 * MINUTE_NS) == 0 for bar in fives)
    assert sum(bar.volume for bar in fives) == sum(bar.volume for bar in ones)
    assert sum(bar.count for bar in fives) == sum(bar.count for bar in ones)


def test_a_week_begins_on_monday_and_holds_five_days() -> None:
    bar = bars_of(tape_of("AAPL"), Timeframe(1, "week"), date(2026, 11, 9))[0]
    assert bar.time_ns == new_york_ns(date(2026, 11, 9), 0)
    assert bar.minutes == 5 * 390


def test_the_running_minute_is_no_bar_yet() -> None:
    tape = tape_of("AAPL")
    tape.add_trade(NOW_NS, 2_200_000, 1_000_000, 1)
    newest = bars_of(tape, Timeframe(1, "minute"), date(2026, 11, 20))[-1]
    assert newest.time_ns == NOW_NS // MINUTE_NS * MINUTE_NS - MINUTE_NS


def test_before_a_split_raw_prices_are_higher_and_volumes_lower() -> None:
    tape = tape_of("AAPL")
    before = date(2026, 10, 9)
    [raw] = bars_of(tape, Timeframe(1, "day"), before, "raw")
    [split] = bars_of(tape, Timeframe(1, "day"), before, "split")
    assert raw.close == pytest.approx(4 * split.close)
    assert 4 * raw.volume == pytest.approx(split.volume)
    [raw] = bars_of(tape, Timeframe(1, "day"), SPLIT_DAY, "raw")
    [split] = bars_of(tape, Timeframe(1, "day"), SPLIT_DAY, "split")
    assert raw == split


def test_before_a_dividend_adjusted_prices_are_lower_by_its_share() -> None:
    actions = Actions(NOW_NS, lambda symbol, day: 100.0)
    dividend = next(each for each in actions.dividends if each.symbol == "SPY")
    day_ns = new_york_ns(dividend.day, 0)
    assert actions.factors("SPY", day_ns, "all") == (1.0, 1.0)
    assert actions.factors("SPY", day_ns - 1, "all") == (pytest.approx(1 - 0.0175), 1.0)
    assert actions.factors("SPY", day_ns - 1, "split") == (1.0, 1.0)


def test_what_is_delisted_has_no_past() -> None:
    assert len(past_of("GONE").between(0, NOW_NS)) == 0
    assert tape_of("GONE").last_trade() is None
