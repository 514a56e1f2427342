"""A seeded market: trades, quotes and depth of instruments that move together, for ever.

`MarketGenerator` is driven by a clock; `generate_trades`, `generate_quotes` and `generate_depth`
return a stretch of the same market at once. The market is made in blocks on a fixed grid of UTC,
each from random numbers of its own, and rows are handed out by time: how a stretch is cut into
calls cannot change its rows. Neither can the other instruments: BTC's rows are the same alone and
among twenty, since each has its own random numbers and all share those of the common factor.

The arithmetic uses only operations that are exact or correctly rounded (`sim.portable_exp`), sums
one after the other, and rounds to ticks and lots at the end. numpy's samplers fall back on the
platform's logarithm for rare draws; a run that must repeat to the byte elsewhere journals its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import numpy as np

from tradewind.model.columns import REQUIRED, ColumnKind, Columns, concatenate
from tradewind.model.errors import Inconsistent, UserError
from tradewind.model.instruments import Instrument
from tradewind.sim.market_faults import BadRow, bad_rows_of
from tradewind.sim.market_parameters import MarketParameters
from tradewind.sim.market_path import (
    FACTOR_NAME,
    Factor,
    Grid,
    Path,
    factor_block,
    generator_for,
    start_path,
)
from tradewind.sim.market_ticks import (
    BLOCK_NS,
    STEP_NS,
    STEPS,
    TickColumns,
    TickState,
    list_instrument,
    start_state,
    tick_block,
)

ADVANCE_NS_MAX = 7 * 86_400 * 1_000_000_000
"""Longest stretch of one call; a longer one is refused, since its rows may not fit in memory."""
SEED_MAX = 2**63 - 1

KINDS: tuple[ColumnKind, ...] = ("quotes", "depth", "trades")
"""Order of an instrument's batches: at equal times quotes and depth stand before trades."""


class MarketSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """Where a generator stands; small, and msgspec can encode it."""

    seed: int
    instruments: tuple[str, ...]
    delivered_ns: int
    block: int
    factor: Path
    states: tuple[TickState, ...]


class MarketGenerator:
    """A market of several instruments that is asked, again and again, what happened until now.

    `seed` is 0 or more; `start_time_ns` is UTC; `parameters` maps instrument ids to their
    character, the default one for those not named.

    >>> btc = Instrument("BTC/USDT.SIM", tick="0.1", lot="0.0001")
    >>> wild = {btc.id: MarketParameters(start_price=60_000.0, annual_volatility=0.9)}
    >>> market = MarketGenerator([btc], seed=7, start_time_ns=0, parameters=wild)
    >>> [columns.kind for columns in market.advance(1_000_000_000)]
    ['quotes', 'depth', 'trades']
    >>> market.advance(1_000_000_000)
    []
    """

    __slots__ = (
        "_after",
        "_before",
        "_block",
        "_delivered_ns",
        "_factor_after",
        "_factor_before",
        "_listings",
        "_rows",
        "_rows_bad",
        "_seed",
        "bad_rows",
    )

    def __init__(
        self,
        instruments: Iterable[Instrument],
        seed: int,
        start_time_ns: int,
        parameters: Mapping[str, MarketParameters] | None = None,
    ) -> None:
        if not 0 <= seed <= SEED_MAX:
            raise UserError(f"a market's seed must lie in 0 .. {SEED_MAX}, got {seed}")
        if start_time_ns < 0:
            raise UserError(f"a market cannot start before 1970, got {start_time_ns} ns")
        characters = parameters or {}
        self._listings = tuple(
            list_instrument(instrument, characters.get(instrument.id, MarketParameters()))
            for instrument in instruments
        )
        self._seed = seed
        self._delivered_ns = start_time_ns
        self._block = start_time_ns // BLOCK_NS
        self._factor_before = self._factor_after = start_path(seed, FACTOR_NAME)
        self._before = self._after = tuple(start_state(each, seed) for each in self._listings)
        self._rows: tuple[TickColumns, ...] = ()
        self._rows_bad: list[BadRow] = []
        self.bad_rows: list[BadRow] = []
        """Bad rows of the last `advance`, by time received; see `sim.market_faults`."""

    @property
    def delivered_ns(self) -> int:
        """Rows before this time have been handed out."""
        return self._delivered_ns

    def advance(self, until_time_ns: int) -> list[Columns]:
        """All rows from where the last call ended to `until_time_ns`, which is excluded.

        One batch for each instrument and kind that has rows: instruments in their order, kinds in
        the order of `KINDS`. A time that has passed already gives nothing. Bad rows of the
        stretch are in `bad_rows` afterwards, never among the good ones.
        """
        if until_time_ns - self._delivered_ns > ADVANCE_NS_MAX:
            raise UserError("a market advances by at most 7 days at once: call advance in pieces")
        parts: dict[tuple[int, ColumnKind], list[Columns]] = {}
        self.bad_rows = []
        while self._delivered_ns < until_time_ns:
            self._open_block()
            end_ns = (self._block + 1) * BLOCK_NS
            self._hand_out(min(until_time_ns, end_ns), parts)
            if self._delivered_ns == end_ns:
                self._close_block()
        return [concatenate(parts[key]) for key in sorted(parts, key=_batch_order)]

    def snapshot(self) -> MarketSnapshot:
        """Where the generator stands; `restore` continues from there with the same rows."""
        return MarketSnapshot(
            seed=self._seed,
            instruments=self._ids(),
            delivered_ns=self._delivered_ns,
            block=self._block,
            factor=self._factor_before,
            states=self._before,
        )

    def restore(self, snapshot: MarketSnapshot) -> None:
        """Continue where a generator of the same seed, instruments and parameters stood."""
        if (snapshot.seed, snapshot.instruments) != (self._seed, self._ids()):
            raise Inconsistent(
                f"the market snapshot is of seed {snapshot.seed} and {snapshot.instruments}, "
                f"this market of seed {self._seed} and {self._ids()}; nothing was restored"
            )
        self._delivered_ns = snapshot.delivered_ns
        self._block = snapshot.block
        self._factor_before = snapshot.factor
        self._before = snapshot.states
        self._rows = ()

    def reopen(self, snapshot: MarketSnapshot, time_ns: int) -> None:
        """Restore a market that was closed from the snapshot's time to a later one.

        Prices, volatility and order flow stand where they stood; nothing happened in between.
        """
        self.restore(snapshot)
        if time_ns > snapshot.delivered_ns:
            self._delivered_ns = time_ns
            self._block = time_ns // BLOCK_NS

    def _ids(self) -> tuple[str, ...]:
        return tuple(listing.instrument.id for listing in self._listings)

    def _open_block(self) -> None:
        """Make the rows of the current block, unless they are there."""
        if self._rows:
            return
        factor, self._factor_after = self._common_factor()
        rows, after = [], []
        for listing, state in zip(self._listings, self._before, strict=True):
            generator = generator_for(self._seed, listing.instrument.id, self._block)
            columns, state_after = tick_block(
                listing, state, generator, factor=factor, start_ns=self._block * BLOCK_NS
            )
            rows.append(columns)
            after.append(state_after)
        self._rows, self._after = tuple(rows), tuple(after)
        self._rows_bad = self._spoiled()

    def _common_factor(self) -> tuple[Factor, Path]:
        grid = Grid(self._block * BLOCK_NS / 1e9, STEP_NS / 1e9, STEPS)
        generator = generator_for(self._seed, FACTOR_NAME, self._block)
        return factor_block(self._factor_before, grid, generator)

    def _spoiled(self) -> list[BadRow]:
        """The block's bad rows, by time received."""
        bad = [
            row
            for listing, columns in zip(self._listings, self._rows, strict=True)
            for kind in ("quotes", "trades")
            for row in bad_rows_of(
                columns[kind],
                seed=self._seed,
                block=self._block,
                rate_per_million=listing.parameters.bad_rows_per_million,
            )
        ]
        return sorted(bad, key=_received)

    def _hand_out(self, until_ns: int, parts: dict[tuple[int, ColumnKind], list[Columns]]) -> None:
        """Rows of the block from what was delivered to a time within it."""
        bounds = (self._delivered_ns, until_ns)
        for index, columns_by_kind in enumerate(self._rows):
            for kind in KINDS:
                columns = columns_by_kind[kind]
                begin, end = np.searchsorted(columns.time_ns, bounds).tolist()
                if begin < end:
                    parts.setdefault((index, kind), []).append(columns.cut(begin, end))
        self.bad_rows += [
            bad for bad in self._rows_bad if bounds[0] <= bad.received_time_ns < bounds[1]
        ]
        self._delivered_ns = until_ns

    def _close_block(self) -> None:
        self._block += 1
        self._before = self._after
        self._factor_before = self._factor_after
        self._rows = ()


def generate_trades(
    instrument: Instrument,
    seed: int,
    *,
    start_time_ns: int,
    end_time_ns: int,
    parameters: MarketParameters | None = None,
) -> Columns:
    """Trades of a stretch of market, its end excluded: what a `MarketGenerator` would give.

    >>> btc = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.0001")
    >>> trades = generate_trades(btc, 7, start_time_ns=0, end_time_ns=60_000_000_000)
    >>> trades.kind, len(trades) > 20
    ('trades', True)
    """
    return _stretch("trades", instrument, seed, (start_time_ns, end_time_ns), parameters)


def generate_quotes(
    instrument: Instrument,
    seed: int,
    *,
    start_time_ns: int,
    end_time_ns: int,
    parameters: MarketParameters | None = None,
) -> Columns:
    """Quotes of a stretch of market, its end excluded, that fit `generate_trades`."""
    return _stretch("quotes", instrument, seed, (start_time_ns, end_time_ns), parameters)


def generate_depth(
    instrument: Instrument,
    seed: int,
    *,
    start_time_ns: int,
    end_time_ns: int,
    parameters: MarketParameters | None = None,
) -> Columns:
    """Depth of a stretch of market, its end excluded; its best levels are `generate_quotes`."""
    return _stretch("depth", instrument, seed, (start_time_ns, end_time_ns), parameters)


def _stretch(
    kind: ColumnKind,
    instrument: Instrument,
    seed: int,
    bounds_ns: tuple[int, int],
    parameters: MarketParameters | None,
) -> Columns:
    """One kind of one instrument's rows from the first bound to the second."""
    characters = {} if parameters is None else {instrument.id: parameters}
    market = MarketGenerator([instrument], seed, bounds_ns[0], characters)
    parts = []
    while market.delivered_ns < bounds_ns[1]:
        batches = market.advance(min(bounds_ns[1], market.delivered_ns + 100 * BLOCK_NS))
        parts += [columns for columns in batches if columns.kind == kind]
    return concatenate(parts) if parts else _no_rows(kind, instrument)


def _no_rows(kind: ColumnKind, instrument: Instrument) -> Columns:
    arrays = {name: np.empty(0, np.int64) for name in REQUIRED[kind]}
    return Columns(kind, instrument, arrays)


def _batch_order(key: tuple[int, ColumnKind]) -> tuple[int, int]:
    return key[0], KINDS.index(key[1])


def _received(bad: BadRow) -> int:
    return bad.received_time_ns
