"""One suite that every signal passes."""

import math
import random
import statistics
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tradewind.model.errors import BadData
from tradewind.signals.adx import ADX, adx
from tradewind.signals.atr import ATR, atr
from tradewind.signals.band import Band
from tradewind.signals.bollinger import Bollinger, bollinger
from tradewind.signals.crossing import Crossing
from tradewind.signals.deviation import Deviation, deviation
from tradewind.signals.ema import EMA, ema
from tradewind.signals.macd import MACD, macd
from tradewind.signals.price_signal import PriceSignal
from tradewind.signals.rsi import RSI, rsi
from tradewind.signals.signal import BAR_INPUTS, INPUT_MAX, PERIOD_MAX, Saved, Signal, run
from tradewind.signals.sma import SMA, sma
from tradewind.signals.vwap import VWAP, vwap
from tradewind.signals.zscore import ZScore, zscore

Batch = Callable[..., NDArray[np.float64]]


def crossing() -> Crossing:
    """A fast average against a slow one."""
    return Crossing(EMA(3), SMA(5))


def band() -> Band:
    """A score that comes back before it counts as back."""
    return Band(ZScore(5), low=-1.2, high=1.2, inner_low=-0.4, inner_high=0.4)


SIGNALS: dict[str, tuple[Callable[[], Signal], Batch]] = {
    "ADX": (lambda: ADX(5), lambda *columns: adx(*columns, 5)),
    "ATR": (lambda: ATR(5), lambda *columns: atr(*columns, 5)),
    "Band": (band, lambda c: run(band(), c)),
    "Bollinger": (lambda: Bollinger(5, width=1.5), lambda c: bollinger(c, 5, width=1.5)),
    "Crossing": (crossing, lambda c: run(crossing(), c)),
    "Deviation": (lambda: Deviation(5, ddof=1), lambda c: deviation(c, 5, ddof=1)),
    "EMA": (lambda: EMA(5), lambda c: ema(c, 5)),
    "MACD": (
        lambda: MACD(fast=3, slow=5, signal_period=4),
        lambda c: macd(c, fast=3, slow=5, signal_period=4),
    ),
    "RSI": (lambda: RSI(5), lambda c: rsi(c, 5)),
    "SMA": (lambda: SMA(5), lambda c: sma(c, 5)),
    "VWAP": (VWAP, vwap),
    "ZScore": (lambda: ZScore(5), lambda c: zscore(c, 5)),
}
WARMUP = {
    "ADX": 10,
    "ATR": 5,
    "Band": 5,
    "Bollinger": 5,
    "Crossing": 5,
    "Deviation": 5,
    "EMA": 5,
    "MACD": 8,
    "RSI": 6,
    "SMA": 5,
    "VWAP": 1,
    "ZScore": 5,
}

every_signal = pytest.mark.parametrize("name", SIGNALS)


def rows_of(signal: Signal, count: int, seed: int = 7) -> list[tuple[float, ...]]:
    """A seeded walk in the inputs that the signal names, with stretches that stand still."""
    chance = random.Random(seed)
    close, rows = 100.0, []
    for index in range(count):
        close += chance.gauss(0.0, 1.0) if index % 40 < 30 else 0.0
        width = chance.random()
        row = {"close": close, "price": close, "high": close + width, "low": close - width}
        row["volume"] = 1.0 + chance.randrange(9)
        rows.append(tuple(row[name] for name in signal.inputs))
    return rows


def outputs(signal: Signal) -> list[float]:
    return [getattr(signal, name) for name in signal.outputs]


def feed(signal: Signal, rows: list[tuple[float, ...]]) -> list[list[float]]:
    answers = []
    for row in rows:
        value = signal.update(*row)  # type: ignore[attr-defined]
        assert value == signal.value or math.isnan(value)
        answers.append(outputs(signal))
    return answers


def test_the_suite_knows_every_signal() -> None:
    kinds = {*Signal.__subclasses__(), *PriceSignal.__subclasses__()} - {PriceSignal}
    own = {kind.__name__ for kind in kinds if kind.__module__.startswith("tradewind.")}
    assert own == set(SIGNALS) == set(WARMUP)


@every_signal
def test_one_by_one_and_as_a_batch_are_the_same_to_the_last_bit(name: str) -> None:
    make, batch = SIGNALS[name]
    rows = rows_of(make(), 300)
    stepped = np.array(feed(make(), rows))
    whole = batch(*map(list, zip(*rows, strict=True)))
    assert whole.dtype == np.float64
    assert whole.reshape(stepped.shape).tobytes() == stepped.tobytes()


@every_signal
def test_it_is_ready_exactly_at_its_warmup_and_nan_until_then(name: str) -> None:
    signal = SIGNALS[name][0]()
    assert signal.warmup == WARMUP[name]
    for index, row in enumerate(rows_of(signal, 3 * signal.warmup)):
        assert signal.ready == (index >= signal.warmup)
        answers = feed(signal, [row])[0]
        assert [math.isnan(answer) for answer in answers] == [index + 1 < signal.warmup] * len(
            answers
        )
    assert signal.ready


@every_signal
@given(cut=st.integers(0, 40), seed=st.integers(0, 99))
def test_a_snapshot_continues_identically_from_any_point(name: str, cut: int, seed: int) -> None:
    make, _ = SIGNALS[name]
    rows = rows_of(make(), 60, seed)
    first = make()
    feed(first, rows[:cut])
    second = make()
    second.restore(through_bytes(first.snapshot()))
    assert second.snapshot() == first.snapshot()
    assert (
        np.array(feed(second, rows[cut:])).tobytes() == np.array(feed(first, rows[cut:])).tobytes()
    )


def through_bytes(snapshot: list[Saved]) -> list[Saved]:
    packed = msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot))
    assert packed == msgspec.json.decode(msgspec.json.encode(snapshot)) == snapshot
    assert isinstance(packed, list)
    return packed


@every_signal
def test_a_snapshot_is_a_copy_and_not_a_window_into_the_signal(name: str) -> None:
    signal = SIGNALS[name][0]()
    rows = rows_of(signal, 40)
    feed(signal, rows[:20])
    before = signal.snapshot()
    kept = through_bytes(before)
    feed(signal, rows[20:])
    signal.restore(before)
    feed(signal, rows[20:])
    assert before == kept


@every_signal
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.1 * INPUT_MAX])
def test_an_input_that_is_no_price_is_refused_and_changes_nothing(name: str, bad: float) -> None:
    signal = SIGNALS[name][0]()
    rows = rows_of(signal, 21)
    feed(signal, rows[:20])
    before = signal.snapshot()
    for place in range(len(signal.inputs)):
        row = list(rows[20])
        row[place] = bad
        with pytest.raises(BadData, match="is refused: every input must be a finite number"):
            signal.update(*row)  # type: ignore[attr-defined]
    assert signal.snapshot() == before


@every_signal
def test_the_greatest_inputs_still_give_finite_numbers(name: str) -> None:
    signal = SIGNALS[name][0]()
    rows = [tuple((-1.0) ** index * INPUT_MAX for _ in signal.inputs) for index in range(40)]
    if "volume" in signal.inputs:
        rows = [(price, abs(volume)) for price, volume in rows]
    assert all(math.isfinite(answer) for answer in feed(signal, rows)[-1])


@every_signal
def test_its_memory_stays_what_it_was(name: str) -> None:
    signal = SIGNALS[name][0]()
    feed(signal, rows_of(signal, 20))
    size = len(msgspec.msgpack.encode(signal.snapshot()))
    feed(signal, rows_of(signal, 2_000))
    assert len(msgspec.msgpack.encode(signal.snapshot())) <= size + 16


@every_signal
def test_a_snapshot_of_another_signal_or_a_damaged_one_is_refused(name: str) -> None:
    signal = SIGNALS[name][0]()
    feed(signal, rows_of(signal, 20))
    before = signal.snapshot()
    damaged: list[list[Saved]] = [[], before[:-1], [*before, 1.0], ["Other", *before[1:]]]
    damaged += [[*before[:-1], "text"], [*before[:-1], [1.0] * 99]]
    for snapshot in damaged:
        with pytest.raises(BadData, match="snapshot"):
            signal.restore(snapshot)
        assert signal.snapshot() == before


def test_a_snapshot_of_other_parameters_is_refused() -> None:
    with pytest.raises(BadData, match=r"starts with \['EMA', 5\], not \['EMA', 6\]"):
        EMA(6).restore(EMA(5).snapshot())


@pytest.mark.parametrize("kind", [SMA, EMA, RSI, ATR, ADX, Bollinger, Deviation, ZScore])
def test_a_period_outside_its_limits_is_refused(kind: Callable[[int], Signal]) -> None:
    assert kind(1).warmup <= 2
    for period in (0, -1, PERIOD_MAX + 1, 2.5):
        with pytest.raises(BadData, match="a period of"):
            kind(period)  # type: ignore[arg-type]


def test_the_longest_period_is_accepted() -> None:
    assert EMA(PERIOD_MAX).warmup == PERIOD_MAX


def test_a_sample_deviation_needs_two_prices() -> None:
    assert Deviation(2, ddof=1).warmup == 2
    with pytest.raises(BadData, match="use 2 to"):
        Deviation(1, ddof=1)
    with pytest.raises(BadData, match="ddof 2"):
        Deviation(5, ddof=2)


def test_bands_need_a_width() -> None:
    assert Bollinger(2, width=100.0).width == 100.0
    for width in (0.0, 100.1, math.nan):
        with pytest.raises(BadData, match="width"):
            Bollinger(2, width=width)


def test_macd_needs_a_fast_average_shorter_than_the_slow_one() -> None:
    assert MACD(fast=25, slow=26).warmup == 34
    with pytest.raises(BadData, match="fast 26 must be shorter than slow 26"):
        MACD(fast=26, slow=26)


def test_a_bar_whose_low_is_above_its_high_is_refused() -> None:
    for signal in (ATR(2), ADX(2)):
        with pytest.raises(BadData, match="high >= low"):
            signal.update(1.0, 2.0, 1.5)


def test_negative_volume_is_refused_and_volume_of_nothing_waits() -> None:
    vwap_signal = VWAP()
    assert math.isnan(vwap_signal.update(10.0, 0.0))
    with pytest.raises(BadData, match="volume >= 0"):
        vwap_signal.update(10.0, -1.0)
    assert vwap_signal.update(11.0, 2.0) == 11.0


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(BadData, match="columns of one length"):
        vwap([1.0, 2.0], [1.0])
    with pytest.raises(BadData, match="columns of one length"):
        atr([1.0], [1.0], [])


prices = st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=80)


@given(prices)
def test_rolling_mean_and_deviation_are_those_of_the_window(column: list[float]) -> None:
    moments, means = deviation(column, 5), sma(column, 5)
    scale = max(1.0, *map(abs, column))
    for end in range(5, len(column) + 1):
        window = column[end - 5 : end]
        mean = math.fsum(window) / 5
        width = math.sqrt(math.fsum((price - mean) ** 2 for price in window) / 5)
        assert means[end - 1] == pytest.approx(mean, abs=1e-13 * scale)
        assert moments[end - 1, 1] == pytest.approx(mean, abs=1e-13 * scale)
        assert moments[end - 1, 0] == pytest.approx(width, rel=1e-6, abs=1e-7 * scale)


def test_equal_prices_have_a_deviation_of_exactly_nothing_whatever_came_before() -> None:
    column = [0.1, 7e5, 1e-3, *[0.3] * 9, 0.4, *[0.1] * 7]
    widths = deviation(column, 5)[:, 0]
    assert (widths[7:12] == 0.0).all()
    assert (widths[17:] == 0.0).all()
    assert (widths[12:17] > 0.0).all()
    assert zscore(column, 5)[8] == 0.0


def test_equal_prices_behind_an_outlier_leave_no_rest_of_its_rounding() -> None:
    column = [0.3, 59540.42703474675, 8.848700906653661, *[0.3] * 5]
    assert deviation(column, 5)[7].tolist() == [0.0, 0.3]


def test_the_rounding_of_a_mean_is_forgotten_within_one_period() -> None:
    column = [1e17, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    assert sma(column, 3)[8] == pytest.approx(0.7, rel=1e-15)


def test_a_sample_deviation_divides_by_one_less_than_the_period() -> None:
    column = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0]
    expected = [statistics.stdev(column[end - 3 : end]) for end in range(3, 7)]
    assert deviation(column, 3, ddof=1)[2:, 0].tolist() == pytest.approx(expected, rel=1e-12)


def test_the_digits_an_outlier_took_come_back_when_it_leaves_the_window() -> None:
    column = [1.0, 2.0, 1e9, 1.0, 2.0, 1.0, 2.0, 1.0]
    assert deviation(column, 5)[7, 0] == pytest.approx(math.sqrt(0.24), rel=1e-12)


@given(prices)
def test_rsi_stays_between_0_and_100(column: list[float]) -> None:
    values = rsi(column, 3)[3:]
    assert ((values >= 0.0) & (values <= 100.0)).all()


def test_rsi_is_100_without_a_loss_0_without_a_gain_50_without_a_move() -> None:
    assert rsi([1, 2, 3, 4], 2)[-1] == 100.0
    assert rsi([4, 3, 2, 1], 2)[-1] == 0.0
    assert rsi([4, 4, 4, 4], 2)[-1] == 50.0


@given(prices)
def test_adx_and_its_directions_stay_between_0_and_100(column: list[float]) -> None:
    high, low = np.array(column) + 1.0, np.array(column) - 1.0
    values = adx(high, low, column, 2)[4:]
    assert ((values >= 0.0) & (values <= 100.0)).all()


@pytest.mark.parametrize("name", sorted(set(SIGNALS) - {"VWAP"}))
def test_a_bar_gives_a_signal_what_its_inputs_name(name: str) -> None:
    signal, by_bars = SIGNALS[name][0](), SIGNALS[name][0]()
    assert set(signal.inputs) <= set(BAR_INPUTS)
    chance = random.Random(3)
    for _ in range(40):
        close = 100.0 + chance.random()
        bar = {"high": close + 1.0, "low": close - 2.0, "close": close, "volume": 5.0}
        value = signal.update(*(bar[part] for part in signal.inputs))  # type: ignore[attr-defined]
        taken = by_bars.take_bar(bar["high"], bar["low"], bar["close"], bar["volume"])
        assert np.array([value]).tobytes() == np.array([taken]).tobytes()
        assert outputs(by_bars) == outputs(signal) or math.isnan(value)


class Range(Signal):
    """How far a bar reaches: a signal as a user writes it, of several inputs."""

    inputs = ("low", "high")

    def update(self, low: float, high: float) -> float:
        self.value = high - low
        return self.value


def test_a_signal_of_a_user_takes_of_a_bar_what_it_names() -> None:
    assert Range().take_bar(7.0, 4.0, 5.0, 1.0) == 3.0


@given(prices)
def test_a_crossing_says_which_of_two_averages_is_above(column: list[float]) -> None:
    fast, slow, sides = ema(column, 3), sma(column, 5), run(crossing(), column)
    expected = np.where(fast[4:] > slow[4:], 1.0, -1.0)
    assert sides[4:].tolist() == expected.tolist()


def test_a_crossing_and_a_band_take_signals_of_one_price_only() -> None:
    for make in (lambda: Crossing(EMA(3), ATR(5)), lambda: Band(ATR(5), low=0, high=1)):  # type: ignore[arg-type]
        with pytest.raises(BadData, match="is no signal of one price"):
            make()
    with pytest.raises(BadData, match="low must not be above"):
        Band(RSI(5), low=70, high=30)


def test_a_band_changes_at_its_edges_and_not_on_them() -> None:
    column = [5.0, 10.0, 10.1, 9.0, 6.0, 5.9, 0.0, -0.1, 3.9, 4.1]
    edges = Band(SMA(1), low=0, high=10, inner_low=4, inner_high=6)
    assert run(edges, column).tolist() == [0, 0, 1, 1, 1, 0, 0, -1, -1, 0]
    plain = Band(SMA(1), low=0, high=10)
    assert run(plain, [11.0, 10.0, 9.9, 0.0, -1.0]).tolist() == [1, 1, 0, 0, -1]
