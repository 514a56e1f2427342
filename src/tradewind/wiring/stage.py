"""The stage of a run: where its market data comes from and where its orders go.

Three stages, one platform: the generated market with simulated fills, a venue's market with
simulated fills, a venue's market with its own fills.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tradewind.adapters.local.market_data import LocalMarketData
from tradewind.adapters.local.trading import PaperTrading
from tradewind.core.orders import Order
from tradewind.core.reconcile import Scope, expected_positions
from tradewind.core.state import State
from tradewind.core.venue_cash import cash_at
from tradewind.model.errors import UserError
from tradewind.ports.bus import Subscriber
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.runtime.bus_market_data import BusMarketData
from tradewind.runtime.execution_link import ExecutionLink
from tradewind.runtime.far_trading import FarTrading
from tradewind.runtime.venue_watch import INTERVAL_S
from tradewind.sim import fees
from tradewind.sim.venue import SimulatedVenue
from tradewind.wiring.venue_entry import VENUES_OWN, KeyPair, Place, VenueEntry

FEE = "0.0005"
"""Share of value that a paper venue charges."""
SIM_VENUE = "SIM"
PAPER_ACCOUNT = "paper"
LIVE_ACCOUNT = "live"


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What a stage is made from; without `entry` it is the generated market.

    `keys` are there for `mode` live, and where a venue gives no market data without them. With a
    `bus` market data comes from there, whichever venue's it is; with an `execution` the session
    with the venue is at its other end, and needs no keys here.
    """

    mode: str = "paper"
    seed: int = 0
    entry: VenueEntry | None = None
    place: Place = VENUES_OWN
    keys: KeyPair | None = None
    confirmed: str = ""
    reconcile_interval_s: float = INTERVAL_S
    bus: Callable[[], Subscriber] | None = None
    execution: ExecutionLink | None = None

    @property
    def venue(self) -> str:
        """The venue in instrument ids."""
        return self.entry.venue if self.entry else SIM_VENUE

    @property
    def currency(self) -> str:
        """What the account is kept in."""
        return self.entry.currency if self.entry else "USDT"

    @property
    def account(self) -> str:
        """The name of the account in our books."""
        return LIVE_ACCOUNT if self.mode == "live" else PAPER_ACCOUNT


@dataclass(slots=True)
class Stage:
    """The two ends of a run; `paper` is the trading end where fills are simulated."""

    market_data: MarketData
    trading: Trading
    paper: PaperTrading | None
    saved: Callable[[], bytes] = field(default=lambda: b"")
    complain: Callable[[], str] = field(default=lambda: "")

    def adopt(self, state: State, account: str, open_orders: Sequence[Order]) -> None:
        """Let a paper venue go on from what our books say; a real one has books of its own."""
        if self.paper is None:
            return
        scope = Scope(self.trading.venue, account, state.journal_id, 0, 0)
        cash = cash_at(state.account(account), self.trading.venue)
        self.paper.open_account(cash, expected_positions(state, scope))
        self.paper.adopt(open_orders, [market.id for market in state.markets])


async def make_stage(
    plan: StagePlan,
    instrument_ids: Sequence[str],
    *,
    clock: Clock,
    saved: bytes,
    session: str,
    id_prefix: str,
) -> Stage:
    """Build both ends; learns the instruments, so it waits for the venue.

    `session` marks the fills of this process on paper, `id_prefix` begins the ids of our orders.
    """
    if plan.bus is not None:
        return await _stage_on_bus(
            plan, instrument_ids, clock=clock, session=session, id_prefix=id_prefix
        )
    if plan.entry is None:
        local = LocalMarketData(list(instrument_ids), seed=plan.seed, clock=clock, saved=saved)
        paper = _paper(local, clock=clock, session=session)
        return Stage(local, paper, paper, local.snapshot)
    market_data = plan.entry.market_data(
        instrument_ids, place=plan.place, keys=plan.keys, clock=clock
    )
    await market_data.start()
    return _stage_over(plan, market_data, clock=clock, session=session, id_prefix=id_prefix)


async def _stage_on_bus(
    plan: StagePlan, instrument_ids: Sequence[str], *, clock: Clock, session: str, id_prefix: str
) -> Stage:
    """The stage whose market data another process takes from the venue; waits for that one."""
    assert plan.bus is not None
    market_data = BusMarketData(plan.bus(), instrument_ids, plan.venue)
    await market_data.start()
    if plan.mode == "live" and plan.execution is not None:
        far = FarTrading(plan.execution, plan.venue)
        await plan.execution.open(
            plan.venue, market_data.instruments, epoch=int(session), id_prefix=id_prefix
        )
        stage = Stage(market_data, far, None)
    else:
        stage = _stage_over(plan, market_data, clock=clock, session=session, id_prefix=id_prefix)
    stage.complain = lambda: market_data.complaint
    return stage


def _stage_over(
    plan: StagePlan, market_data: MarketData, *, clock: Clock, session: str, id_prefix: str
) -> Stage:
    if plan.mode != "live":
        paper = _paper(market_data, clock=clock, session=session)
        return Stage(market_data, paper, paper)
    assert plan.entry is not None, "the generated market is for paper"
    assert plan.keys is not None, "live trading was let through without keys"
    trading = plan.entry.trading(
        market_data.instruments,
        place=plan.place,
        keys=plan.keys,
        clock=clock,
        id_prefix=id_prefix,
    )
    return Stage(market_data, trading, None)


async def check_account(plan: StagePlan, trading: Trading) -> None:
    """Refuse a key that may withdraw or not trade, and an account that nobody confirmed."""
    if plan.mode != "live":
        return
    found = await trading.permissions()
    if found.can_withdraw:
        raise UserError(f"the key of {plan.venue} may withdraw money: make one that may only trade")
    if not found.can_trade:
        why = f" ({found.reason})" if found.reason else ""
        raise UserError(f"the key of {plan.venue} may not trade{why}: allow it at the venue")
    if found.account != plan.confirmed:
        raise UserError(
            f"LIVE_TRADING_CONFIRM={plan.confirmed} is not the account of this key: "
            f"{plan.venue} says {found.account}"
        )


def _paper(market_data: MarketData, *, clock: Clock, session: str) -> PaperTrading:
    simulated = SimulatedVenue(fees=fees.percent(FEE))
    paper = PaperTrading(market_data.venue, simulated, clock=clock, session=session)
    paper.list_instruments(market_data.instruments)
    return paper
