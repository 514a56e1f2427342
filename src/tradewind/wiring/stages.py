"""All stages of a run: one a venue, with one account in our books and one at each venue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tradewind.core.orders import Order
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import money_of
from tradewind.model.orders import OrderState, OrderType
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.runtime.last_check import LastCheck
from tradewind.wiring.stage import Stage, StagePlan, make_stage
from tradewind.wiring.venue_entry import VenueEntry


@dataclass(slots=True)
class Stages:
    """The ends of a run at all of its venues, in the order of their plans."""

    plans: tuple[StagePlan, ...]
    stages: list[Stage]

    @property
    def instruments(self) -> list[Instrument]:
        """Those of all venues, as their venues list them."""
        return [one for stage in self.stages for one in stage.market_data.instruments]

    @property
    def trading(self) -> dict[str, Trading]:
        """The way of our account at each venue, by the name of the venue."""
        return {stage.trading.venue: stage.trading for stage in self.stages}

    def pairs(self) -> Iterator[tuple[StagePlan, Stage]]:
        """Each plan with what was made of it."""
        return zip(self.plans, self.stages, strict=True)

    async def run(self, take: Callable[[Columns], None]) -> None:
        """Deliver the market data of all venues until cancelled; the first that fails ends all."""
        running = [asyncio.create_task(stage.market_data.run(take)) for stage in self.stages]
        try:
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()

    def on_rows(self, columns: Columns) -> None:
        """Show market rows to the venue on paper whose instrument it is."""
        for stage in self.stages:
            if stage.paper is not None:
                stage.paper.on_rows(columns)

    def advance(self) -> None:
        """Let what is due by the clock happen at the venues on paper."""
        for stage in self.stages:
            if stage.paper is not None:
                stage.paper.advance()

    def adopt(self, state: State, account: str, open_orders: Sequence[Order]) -> None:
        """Let venues on paper go on from what our books say."""
        for stage in self.stages:
            stage.adopt(state, account, open_orders)

    def check_again(self, check: LastCheck, state: State) -> None:
        """Have orders checked again where they leave, if that is another process."""
        for plan in self.plans:
            if plan.execution is not None:
                plan.execution.follow(check)
                plan.execution.is_halted = lambda: "all" in state.halts
                plan.execution.has_unknown = lambda venue: _has_unknown(state, venue)

    def complain(self) -> str:
        """What is wrong with where market data comes from, "" where nothing is."""
        return next((said for stage in self.stages if (said := stage.complain())), "")

    def saved(self) -> bytes:
        """What the generated market keeps; it is the only stage of its run."""
        return self.stages[0].saved()


async def make_stages(
    plans: tuple[StagePlan, ...],
    instrument_ids: Iterable[str],
    *,
    clock: Clock,
    saved: bytes,
    session: str,
    id_prefix: str,
) -> Stages:
    """Build all stages, each with the instruments of its venue."""
    wanted = list(instrument_ids)
    stages = []
    for plan in plans:
        own = [name for name in wanted if name.rpartition(".")[2] == plan.venue]
        stages.append(
            await make_stage(
                plan, own, clock=clock, saved=saved, session=session, id_prefix=id_prefix
            )
        )
    return Stages(plans, stages)


def listed_at(
    plans: tuple[StagePlan, ...], instruments: Sequence[str], routes: Sequence[m.RouteSet]
) -> list[str]:
    """All instruments of a run: those of the first venue, and the legs of routes.

    A further venue without a leg has the symbols of the first one.
    """
    venues = [plan.venue for plan in plans]
    legs = [leg.instrument for route in routes for leg in route.legs]
    for name in legs:
        if name.rpartition(".")[2] not in venues:
            known = ", ".join(venues)
            raise UserError(f"route: {name} is at none of the venues of this run ({known})")
    symbols = [name.rpartition(".")[0] for name in instruments]
    found = dict.fromkeys([*instruments, *legs])
    for venue in venues:
        if not any(name.rpartition(".")[2] == venue for name in found):
            found |= dict.fromkeys(f"{symbol}.{venue}" for symbol in symbols)
    return list(found)


def refuse_other_stages(state: State, plans: tuple[StagePlan, ...], home: object) -> None:
    """One journal, one account, the same venues: paper money never mixes with real money.

    Venues may be added behind the first one, where the account began.
    """
    plan, venues = plans[0], {one.venue for one in plans}
    known = {market.venue for market in state.markets}
    accounts = set(state.account_numbers) - {plan.account}
    firsts = {
        venue for account in state.accounts for venue in known if venue not in account.venue_cash
    }
    if accounts or known - venues or (firsts and firsts != {plan.venue}):
        others = ", ".join(sorted(known - venues or accounts or firsts))
        named = ",".join(one.venue for one in plans)
        raise UserError(
            f"{home} holds the journal of {others}, not of {plan.mode} trading at {named}: use "
            "another folder with --home"
        )


def account_events(
    state: State, plans: tuple[StagePlan, ...], cash: str
) -> Iterator[m.ControlEvent]:
    """What opens the account, at each venue; on paper it begins with `cash` at each of them."""
    plan, account = plans[0], plans[0].account
    number = state.account_numbers.get(account)
    known = {} if number is None else state.accounts[number].venue_cash
    amount = money_of(cash, currency_digits(plan.currency))
    if number is None:
        yield m.AccountOpened(0, account, plan.currency)
        if plan.mode == "paper":
            yield m.CashDeposited(0, account, plan.currency, amount)
    venues = tuple(one.venue for one in plans)
    if tuple(known) != venues[1:]:
        yield m.AccountSpread(0, account, venues)
    for venue in venues[1:]:
        if venue not in known and plan.mode == "paper":
            yield m.CashDeposited(0, account, plan.currency, amount)
            yield m.CashTransferred(0, account, venue, plan.currency, amount)


def described_events(state: State, plans: tuple[StagePlan, ...]) -> Iterator[m.VenueDescribed]:
    """What each venue lacks, amends and shows, where that is not known yet.

    On paper the simulated venue takes the orders: it changes no stop price and has no icebergs.
    """
    for plan in plans:
        said = m.VenueDescribed(0, plan.venue)
        if plan.entry is not None:
            said = _described(plan.entry)
        if plan.mode == "paper":
            said = m.VenueDescribed(0, plan.venue, said.lacks)
        venue = plan.venue
        known = m.VenueDescribed(
            0,
            venue,
            tuple(map(OrderType, state.lacking.get(venue, ()))),
            tuple(map(OrderType, state.amending.get(venue, ()))),
            venue in state.icebergs,
        )
        if known != said:
            yield said


def route_events(state: State, routes: Sequence[m.RouteSet]) -> Iterator[m.RouteSet]:
    """What gives the run the routes of its settings, and takes away those of another time."""
    wanted: Mapping[str, m.RouteSet] = {route.route: route for route in routes}
    for name, known in state.routes.items():
        if name not in wanted:
            yield m.RouteSet(0, name, ())
        elif _terms(known.terms) == _terms(wanted[name]):
            wanted = {one: route for one, route in wanted.items() if one != name}
    yield from wanted.values()


def _has_unknown(state: State, venue: str) -> bool:
    return any(
        order.state == OrderState.UNKNOWN and state.markets[order.instrument].venue == venue
        for order in state.open_orders.values()
    )


def _terms(route: m.RouteSet) -> tuple[object, ...]:
    return route.legs, route.millisecond_cost, route.miss_cost, route.stale_ns


def _described(entry: VenueEntry) -> m.VenueDescribed:
    """What a venue can do by its card, and what the core does in its place."""
    # Here and not above: the cards load the libraries of all venues, half of a start without one.
    from tradewind.wiring.venues import amends_of, has_icebergs, lacks_of

    return m.VenueDescribed(0, entry.venue, lacks_of(entry), amends_of(entry), has_icebergs(entry))
