"""Minute bars of the sessions before a venue began, and the trades and quotes inside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.sim.market_bars import generate_bars
from tradewind.venue.equities.calendar import (
    DAY_NS,
    MINUTE_NS,
    Session,
    all_sessions,
)
from tradewind.venue.equities.universe import Security

PRINTS_PER_MINUTE = 8
"""A bar of the past is made of so many trades, in which its four prices occur."""
QUIET_DIVISOR = 20
"""How much less trades in a minute outside regular hours."""

BLOCK_SESSIONS = 5
SEED_MAX = 2**63 - 1

Ints = NDArray[np.int64]


class MinuteBars(msgspec.Struct, frozen=True):
    """Bars of a minute as columns, in the security's units; minutes without trades are absent."""

    open_ns: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints

    def __len__(self) -> int:
        return len(self.open_ns)

    def between(self, begin_ns: int, end_ns: int) -> MinuteBars:
        """The bars that open from a time to another, which is excluded."""
        first, last = np.searchsorted(self.open_ns, (begin_ns, end_ns)).tolist()
        return self.cut(first, max(first, last))

    def cut(self, first: int, last: int) -> MinuteBars:
        """The bars from a number to another, which is excluded."""
        return MinuteBars(
            self.open_ns[first:last],
            self.open[first:last],
            self.high[first:last],
            self.low[first:last],
            self.close[first:last],
            self.volume[first:last],
        )


class Prints(msgspec.Struct, frozen=True):
    """Trades of past minutes as columns, by time; `side` +1 where the taker bought."""

    time_ns: Ints
    price: Ints
    size: Ints
    side: Ints


class Past:
    """The minutes before a venue began, made when they are asked for, the newest first.

    They are made in blocks of five sessions (days, for crypto), each from the seed and its place
    in the calendar, and scaled so that each ends where the next one begins: the last at
    `last_close`, from which the running market goes on. Prices are as if every split had been
    long ago. What lies further back than `days` sessions is not there.
    """

    def __init__(self, security: Security, seed: int, *, before_ns: int, days: int) -> None:
        self._security = security
        self._seed = seed
        self._before_ns = before_ns // MINUTE_NS * MINUTE_NS
        self._next_block = block_of(security, before_ns)
        self._last_block = self._next_block - -(-days // BLOCK_SESSIONS)
        self._bars = MinuteBars(*(np.zeros(0, np.int64) for _ in range(6)))
        digits = security.price_digits
        self.last_close = int(float(f"{security.character.start_price:.{digits}f}") * 10**digits)
        self._next_open = self.last_close

    def between(self, begin_ns: int, end_ns: int) -> MinuteBars:
        """The bars that open from a time to another, which is excluded."""
        while self._next_block > self._last_block and not self._reaches(begin_ns):
            self._extend()
        return self._bars.between(begin_ns, end_ns)

    def last_minute(self) -> MinuteBars:
        """The newest bar; none where there is no past."""
        while not len(self._bars) and self._next_block > self._last_block:
            self._extend()
        return self._bars.cut(max(0, len(self._bars) - 1), len(self._bars))

    def _reaches(self, begin_ns: int) -> bool:
        return len(self._bars) > 0 and int(self._bars.open_ns[0]) <= begin_ns

    def _extend(self) -> None:
        """Make the block before what there is."""
        block, self._next_block = self._next_block, self._next_block - 1
        if not self._security.is_active:
            return
        open_ns, is_regular = block_minutes(self._security, block)
        count = int(np.searchsorted(open_ns, self._before_ns))
        bars = generated(self._security, self._seed, block, open_ns[:count], is_regular[:count])
        if not len(bars):
            return
        bars = scaled(bars, self._next_open, self._security)
        self._next_open = int(bars.open[0])
        self._bars = joined(bars, self._bars)


def generated(
    security: Security, seed: int, block: int, open_ns: Ints, is_regular: NDArray[np.bool_]
) -> MinuteBars:
    """The bars of a block, on a price level of their own; quiet minutes are left out."""
    if not len(open_ns):
        return MinuteBars(*(np.zeros(0, np.int64) for _ in range(6)))
    instrument = security.public_instrument("PAST")
    bars = generate_bars(
        instrument,
        (seed * 1_000_003 + block) % SEED_MAX,
        start_time_ns=0,
        duration_ns=MINUTE_NS,
        count=len(open_ns),
        parameters=security.character,
    )
    lot = instrument.lot_units
    volume = np.where(is_regular, bars["volume"], bars["volume"] // QUIET_DIVISOR) // lot * lot
    columns = (open_ns, *(bars[name] for name in ("open", "high", "low", "close")), volume)
    traded = volume >= PRINTS_PER_MINUTE * lot
    return MinuteBars(*(column[traded] for column in columns))


def scaled(bars: MinuteBars, last_close: int, security: Security) -> MinuteBars:
    """Bars that end at a price; all prices move by the same share, and stay on the grid."""
    tick = security.instrument("PAST").tick_units
    factor = last_close / float(bars.close[-1])

    def moved(prices: Ints) -> Ints:
        return np.maximum(1, np.rint(prices * factor / tick).astype(np.int64)) * tick

    return MinuteBars(
        bars.open_ns,
        moved(bars.open),
        moved(bars.high),
        moved(bars.low),
        moved(bars.close),
        bars.volume,
    )


def joined(earlier: MinuteBars, later: MinuteBars) -> MinuteBars:
    """Bars one after the other."""
    return MinuteBars(
        *(
            np.concatenate([getattr(earlier, name), getattr(later, name)])
            for name in MinuteBars.__struct_fields__
        )
    )


def block_of(security: Security, time_ns: int) -> int:
    """The number of the block that a time lies in, or of the last one before it."""
    if security.is_continuous:
        return time_ns // DAY_NS // BLOCK_SESSIONS
    return (len(past_sessions(time_ns)) - 1) // BLOCK_SESSIONS


def block_minutes(security: Security, block: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Every minute of a block, and whether it is in regular hours."""
    if security.is_continuous:
        days = np.arange(BLOCK_SESSIONS * DAY_NS // MINUTE_NS, dtype=np.int64) * MINUTE_NS
        open_ns = days + block * BLOCK_SESSIONS * DAY_NS
        return open_ns, np.ones(len(open_ns), np.bool_)
    first = block * BLOCK_SESSIONS
    return session_minutes(all_sessions()[0][first : first + BLOCK_SESSIONS])


def past_sessions(before_ns: int) -> Sequence[Session]:
    """Every session that had begun, extended hours included, before a time."""
    sessions, _ = all_sessions()
    return sessions[: bisect_left(sessions, before_ns, key=lambda each: each.pre_ns)]


def session_minutes(sessions: Sequence[Session]) -> tuple[Ints, NDArray[np.bool_]]:
    """Every minute of the sessions, extended hours included, and whether it is a regular one."""
    parts = [
        np.arange(session.pre_ns, session.post_ns, MINUTE_NS, dtype=np.int64)
        for session in sessions
    ]
    regular = [
        (part >= session.open_ns) & (part < session.close_ns)
        for part, session in zip(parts, sessions, strict=True)
    ]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    return np.concatenate(parts), np.concatenate(regular)


# --- inside a bar ----------------------------------------------------------------------------


def prints_of(bars: MinuteBars, lot_units: int) -> Prints:
    """The trades that make up past bars: the same bars always give the same trades.

    The first is at the open, the last at the close, high and low lie between, the one that is
    nearer to the open first; sizes are multiples of the lot and sum to the volume.
    """
    count = len(bars)
    steps = np.arange(PRINTS_PER_MINUTE, dtype=np.int64)
    chance = scattered(bars.open_ns[:, None] // MINUTE_NS, steps[None, :])
    price = np.empty((count, PRINTS_PER_MINUTE), np.int64)
    rises = bars.open - bars.low < bars.high - bars.open
    first = np.where(rises, bars.low, bars.high)
    second = np.where(rises, bars.high, bars.low)
    price[:, 0] = price[:, 1] = bars.open
    price[:, 2] = price[:, 3] = first
    price[:, 4] = price[:, 5] = second
    price[:, 6] = price[:, 7] = bars.close
    slot_ns = MINUTE_NS // PRINTS_PER_MINUTE
    offset_ns = steps[None, :] * slot_ns + chance % slot_ns
    size = sizes_of(bars.volume, chance, lot_units)
    side = np.where((chance >> 40) & 1, 1, -1)
    times = bars.open_ns[:, None] + offset_ns
    return Prints(times.ravel(), price.ravel(), size.ravel(), side.astype(np.int64).ravel())


def sizes_of(volume: Ints, chance: Ints, lot_units: int) -> Ints:
    """Shares of each volume: uneven, at least a lot, and together the volume."""
    lots = (volume // lot_units)[:, None] - PRINTS_PER_MINUTE
    weights = chance % 97 + 3
    shares = lots * weights // weights.sum(axis=1, keepdims=True) + 1
    shares[:, -1] += volume // lot_units - shares.sum(axis=1)
    return shares * lot_units


def scattered(minute: Ints, step: Ints) -> Ints:
    """A number in 0 .. 2^62 for each pair, as if drawn (the mixer of SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = minute.astype(np.uint64) * np.uint64(PRINTS_PER_MINUTE) + step.astype(np.uint64)
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(2)).astype(np.int64)
