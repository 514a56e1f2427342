"""One block of one simulated market, tick by tick: trades, quotes and depth that fit together."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from tradewind.model.columns import ColumnKind, Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import UNITS_MAX
from tradewind.sim.market_book import (
    Book,
    BookEnd,
    BoolArray,
    IntArray,
    best_prices,
    book_end,
    depth_rows,
    level_sizes,
    lose_updates,
    quote_rows,
)
from tradewind.sim.market_flow import Flow, FlowState, flow_block
from tradewind.sim.market_parameters import MarketParameters
from tradewind.sim.market_path import (
    DAY_S,
    Factor,
    FloatArray,
    Grid,
    Path,
    activity_of_day,
    return_block,
    start_path,
    step_volatility,
    volatility_block,
)
from tradewind.sim.portable_exp import portable_exp

STEP_NS = 200_000_000
"""The hidden price moves, and the book may change, once in each such step."""
STEPS = 100
BLOCK_NS = STEP_NS * STEPS
"""Markets are made in blocks of this length on a fixed grid of UTC; see `sim.market`."""

LOST_STEPS_MAX = 15
"""Depth updates get lost for fewer steps than this at a time."""

LOG_PRICE_MAX = 12.0
"""The price stops at e^12 times, and at e^-12 times, its start."""

_QUOTE_REFRESH_CHANCE = 0.3
_SPREAD_NOISE = 0.25
_SPREAD_RESPONSE = 0.8

TickColumns = dict[ColumnKind, Columns]


class Listing(msgspec.Struct, frozen=True):
    """An instrument with its parameters turned into ticks and lots."""

    instrument: Instrument
    parameters: MarketParameters
    start_ticks: float
    spread_ticks: float
    gap_ticks: int
    lowest_ticks: int
    highest_ticks: int
    lots_per_size: float
    lots_max: int


class TickState(msgspec.Struct, frozen=True):
    """All that a market remembers from one block to the next."""

    path: Path = Path()
    flow: FlowState = FlowState()
    book: BookEnd = BookEnd()
    halted_steps: int = 0


def list_instrument(instrument: Instrument, parameters: MarketParameters) -> Listing:
    """The instrument ready to be simulated; refused if its tick is too coarse for its price."""
    tick = instrument.tick_units / 10**instrument.price_digits
    lot = instrument.lot_units / 10**instrument.quantity_digits
    start = parameters.start_price / tick
    gap = max(1, round(start * parameters.level_gap_fraction))
    depth = gap * (parameters.depth_levels + 2)
    highest = UNITS_MAX // instrument.tick_units - depth
    if not 2 * depth <= start <= highest / 2:
        raise UserError(
            f"{instrument.id}: a start price of {parameters.start_price:g} leaves no room for "
            f"{parameters.depth_levels} levels of tick {instrument.tick}; choose a finer tick"
        )
    return Listing(
        instrument=instrument,
        parameters=parameters,
        start_ticks=start,
        spread_ticks=start * parameters.spread_fraction,
        gap_ticks=gap,
        lowest_ticks=depth,
        highest_ticks=highest,
        lots_per_size=1.0 / lot,
        lots_max=UNITS_MAX // instrument.lot_units,
    )


def start_state(listing: Listing, seed: int) -> TickState:
    """The state before the first block."""
    return TickState(path=start_path(seed, listing.instrument.id))


def tick_block(
    listing: Listing,
    state: TickState,
    generator: np.random.Generator,
    *,
    factor: Factor,
    start_ns: int,
) -> tuple[TickColumns, TickState]:
    """Trades, quotes and depth of one block, and the state afterwards.

    Trades happen at the best price shown at their time and are never larger than the size shown.
    While the instrument is halted there are no rows at all, but the hidden price goes on, so that
    it opens with a gap.
    """
    parameters = listing.parameters
    grid = Grid(start_ns / 1e9, STEP_NS / 1e9, STEPS)
    deviation, path = volatility_block(
        state.path, grid, generator, factor=factor, spread=parameters.volatility_spread
    )
    mean = parameters.volatility_spread**2 / 2.0
    activity = activity_of_day(grid) * portable_exp(deviation + mean)
    flow, flow_state = flow_block(
        state.flow, grid, generator, activity=activity, parameters=parameters
    )
    log_price, path = return_block(
        path,
        grid,
        generator,
        factor=factor,
        parameters=parameters,
        volatility=step_volatility(grid, parameters, deviation),
        impact=flow.surprise,
    )
    live, halted_steps = _live_steps(state.halted_steps, generator, parameters)
    stamps = _stamps(generator, start_ns)
    lost = _lost_steps(generator, parameters)
    book = _book(
        listing,
        state.book,
        generator,
        log_price=log_price,
        deviation=deviation,
        live=live,
        stamps=stamps,
        mended=lost[1],
    )
    trades = _trades(listing, state, flow, book=book, live=live, stamps=stamps, start_ns=start_ns)
    depth = depth_rows(book, state.book, generator, gap=listing.gap_ticks)
    depth = lose_updates(depth, int(stamps[lost[0]]), int(stamps[lost[1]]))
    columns = _columns(listing, trades=trades, quotes=quote_rows(book), depth=depth)
    return columns, TickState(path, flow_state, book_end(book, state.book), halted_steps)


def _live_steps(
    halted_steps: int, generator: np.random.Generator, parameters: MarketParameters
) -> tuple[BoolArray, int]:
    """Which steps are not halted, and how many steps of a halt are left after the block."""
    begins = generator.random() < parameters.halts_per_day * BLOCK_NS / 1e9 / DAY_S
    begin = int(generator.integers(1, STEPS))
    length = math.ceil(generator.standard_exponential() * parameters.halt_mean_s * 1e9 / STEP_NS)
    step = np.arange(STEPS)
    live = step >= halted_steps
    left = max(0, halted_steps - STEPS)
    if begins:
        live &= (step < begin) | (step >= begin + length)
        left = max(left, begin + length - STEPS)
    return live, left


def _lost_steps(generator: np.random.Generator, parameters: MarketParameters) -> tuple[int, int]:
    """From which step on, and up to which, depth updates get lost: most often (0, 0), none."""
    gets_lost = generator.random() < parameters.lost_updates_per_day * BLOCK_NS / 1e9 / DAY_S
    begin = int(generator.integers(1, STEPS - LOST_STEPS_MAX))
    count = int(generator.integers(1, LOST_STEPS_MAX))
    return (begin, begin + count) if gets_lost else (0, 0)


def _stamps(generator: np.random.Generator, start_ns: int) -> IntArray:
    """When the book of each step appears: somewhere in the second half of the step."""
    within = 0.5 + 0.499 * generator.random(STEPS)
    offsets = (np.arange(STEPS) + within) * STEP_NS
    return offsets.astype(np.int64) + start_ns


def _book(
    listing: Listing,
    before: BookEnd,
    generator: np.random.Generator,
    *,
    log_price: FloatArray,
    deviation: FloatArray,
    live: BoolArray,
    stamps: IntArray,
    mended: int,
) -> Book:
    """The book's events: where a best price changed, and now and then a size.

    The first live step of a block, of the time after a halt and after `mended`, a step, states
    the whole book.
    """
    price = listing.start_ticks * portable_exp(np.clip(log_price, -LOG_PRICE_MAX, LOG_PRICE_MAX))
    noise = 1.0 + _SPREAD_NOISE * (generator.standard_exponential(STEPS) - 1.0)
    relative = price / listing.start_ticks * portable_exp(_SPREAD_RESPONSE * deviation)
    bid, ask = best_prices(
        price,
        listing.spread_ticks * relative * noise,
        lowest=listing.lowest_ticks,
        highest=listing.highest_ticks,
    )
    steps = np.flatnonzero(live)
    bid, ask = bid[steps], ask[steps]
    changed = (np.diff(bid, prepend=before.bid) != 0) | (np.diff(ask, prepend=before.ask) != 0)
    wanted = np.diff(steps, prepend=-2) > 1
    wanted |= (steps >= mended) & (np.concatenate([[-1], steps])[:-1] < mended) & (mended > 0)
    chosen = changed | wanted | (generator.random(STEPS)[steps] < _QUOTE_REFRESH_CHANCE)
    parameters = listing.parameters
    usual_lots = parameters.depth_multiple * parameters.mean_trade_size * listing.lots_per_size
    sizes = level_sizes(
        np.concatenate([deviation, deviation]),
        generator,
        levels=parameters.depth_levels,
        usual_lots=usual_lots,
    )
    sizes = np.minimum(sizes, listing.lots_max)
    return Book(
        time_ns=stamps[steps][chosen],
        bid=bid[chosen],
        ask=ask[chosen],
        bid_size=sizes[:STEPS][steps][chosen],
        ask_size=sizes[STEPS:][steps][chosen],
        snapshot=wanted[chosen],
    )


def _trades(
    listing: Listing,
    state: TickState,
    flow: Flow,
    *,
    book: Book,
    live: BoolArray,
    stamps: IntArray,
    start_ns: int,
) -> dict[str, IntArray]:
    """Trade columns in ticks and lots: the flow, met by the book of its time."""
    before = state.book
    time_ns = (flow.time_s * 1e9).astype(np.int64) + start_ns
    open_before = before.ask > 0 and state.halted_steps == 0
    live_at = np.concatenate([[open_before], live])[np.searchsorted(stamps, time_ns, "right")]
    event = np.searchsorted(book.time_ns, time_ns, "right")
    buys = flow.side > 0
    price = np.where(
        buys,
        np.concatenate([[before.ask], book.ask])[event],
        np.concatenate([[before.bid], book.bid])[event],
    )
    shown = np.where(
        buys,
        np.concatenate([[before.ask_size], book.ask_size[:, 0]])[event],
        np.concatenate([[before.bid_size], book.bid_size[:, 0]])[event],
    )
    lots = np.maximum(1, np.rint(flow.size * listing.lots_per_size)).astype(np.int64)
    rows = {"time_ns": time_ns, "price": price, "size": np.minimum(lots, shown), "side": flow.side}
    return {name: column[live_at] for name, column in rows.items()}


def _columns(
    listing: Listing,
    *,
    trades: dict[str, IntArray],
    quotes: dict[str, IntArray],
    depth: dict[str, IntArray],
) -> TickColumns:
    """The rows in the instrument's units."""
    instrument = listing.instrument
    for rows in (trades, quotes, depth):
        for name in rows.keys() & {"price", "bid", "ask"}:
            rows[name] = rows[name] * instrument.tick_units
        for name in rows.keys() & {"size", "bid_size", "ask_size"}:
            rows[name] = rows[name] * instrument.lot_units
    return {
        "quotes": Columns("quotes", instrument, quotes),
        "depth": Columns("depth", instrument, depth),
        "trades": Columns("trades", instrument, trades),
    }
