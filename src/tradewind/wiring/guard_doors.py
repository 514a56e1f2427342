"""The ways of a guard to the venues of a run, each with the guard's own key.

A venue that is away is tried again and again, so that it keeps nobody from guarding the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.messages import CancelOrder
from tradewind.model.venue_account import VenueFill, VenueOrder
from tradewind.ports.trading import Trading
from tradewind.runtime.clock import SystemClock
from tradewind.wiring import catalog
from tradewind.wiring.plans import instruments_of, plan_of
from tradewind.wiring.process_guard import forbid_core_dumps
from tradewind.wiring.route_settings import routes_of
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage import StagePlan
from tradewind.wiring.stage_plan import strategies_of, symbols_of
from tradewind.wiring.stages import listed_at
from tradewind.wiring.trading_venues import SIM, venue_entry
from tradewind.wiring.venue_entry import KeyPair, VenueEntry
from tradewind.wiring.venue_keys import find_keys

OPEN_DEADLINE_S = 60.0
RETRY_S = 5.0
"""Between two tries to reach a venue that was away."""

LOG = logging.getLogger("tradewind.guards")


class Door:
    """The way to one venue; until it is open every question fails with why.

    It can look and cancel, and has no way to place an order.
    """

    def __init__(
        self, settings: Settings, entry: VenueEntry, keys: KeyPair, names: Sequence[str]
    ) -> None:
        self._settings, self._entry, self._keys = settings, entry, keys
        self._names = names
        self._trading: Trading | None = None
        self._reason = "not tried yet"
        self.instruments: list[Instrument] = []

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return self._entry.venue

    @property
    def is_open(self) -> bool:
        """Whether the venue was there and took the key."""
        return self._trading is not None

    @property
    def has_cancel_all(self) -> bool:
        """Whether `cancel_all` is one call to the venue."""
        return self._open().has_cancel_all

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account."""
        return await self._open().open_orders()

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions at or behind a time."""
        return await self._open().fills(instrument, since_ns=since_ns)

    async def cancel(self, command: CancelOrder) -> None:
        """Ask for a cancel."""
        await self._open().cancel(command)

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument."""
        await self._open().cancel_all(instrument)

    async def try_open(self) -> OutsideError | None:
        """Try once; why the venue was not there. A key that it refuses is raised."""
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                await self._connect()
        except OutsideError as error:
            failure = error
        except TimeoutError:
            text = f"{self.venue}: not there within {OPEN_DEADLINE_S:g} s"
            failure = OutsideError(text, fault="theirs", retry=True)
        else:
            return None
        self._reason = str(failure)
        LOG.error("not_open venue=%s reason=%r", self.venue, self._reason)
        return failure

    async def keep_trying(self) -> None:
        """Try until it is open."""
        while not self.is_open and await self.try_open() is not None:
            await asyncio.sleep(RETRY_S)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._trading is not None:
            await self._trading.close()

    async def _connect(self) -> None:
        entry, clock = self._entry, SystemClock()
        place = entry.place(self._settings)
        market_data = entry.market_data(self._names, place=place, keys=self._keys, clock=clock)
        await market_data.start()
        trading = entry.trading(
            market_data.instruments, place=place, keys=self._keys, clock=clock, id_prefix="\0"
        )
        async with AsyncExitStack() as failed:
            failed.push_async_callback(trading.close)
            await trading.start(lambda report: None)
            if (await trading.permissions()).can_withdraw:
                raise UserError("this key may withdraw money: make one that may not")
            failed.pop_all()
        self.instruments = market_data.instruments
        self._trading = trading

    def _open(self) -> Trading:
        if self._trading is None:
            raise OutsideError(self._reason, fault="theirs", retry=True)
        return self._trading


@asynccontextmanager
async def open_doors(
    settings: Settings, key: Setting[str], secret: Setting[str]
) -> AsyncIterator[list[Door]]:
    """The doors to all venues of the run, one of them open at least; the rest is tried on."""
    doors = _doors(settings, key, secret)
    trying: list[asyncio.Task[None]] = []
    try:
        failures = await asyncio.gather(*(door.try_open() for door in doors))
        failure = next((one for one in failures if one is not None), None)
        if failure is not None and not any(door.is_open for door in doors):
            raise failure
        trying += [asyncio.create_task(door.keep_trying()) for door in doors]
        yield doors
    finally:
        for task in trying:
            task.cancel()
        for done in await asyncio.gather(*trying, return_exceptions=True):
            if isinstance(done, Exception):
                LOG.error("gave_up error=%r", str(done))
        for door in doors:
            await door.close()


def _doors(settings: Settings, key: Setting[str], secret: Setting[str]) -> list[Door]:
    entries = _entries_of(settings)
    pairs = _keys(settings, entries, key, secret)
    first = entries[0]
    strategies = strategies_of(settings)
    symbols = symbols_of(settings, first, len(strategies))
    named = instruments_of(plan_of(strategies, symbols, first.venue), symbols, first.venue)
    plans = tuple(StagePlan(entry=entry) for entry in entries)
    wanted = listed_at(plans, named, routes_of(settings))
    return [
        Door(
            settings, entry, pair, [one for one in wanted if one.rpartition(".")[2] == entry.venue]
        )
        for entry, pair in zip(entries, pairs, strict=True)
    ]


def _entries_of(settings: Settings) -> list[VenueEntry]:
    names = [name.strip() for name in settings[catalog.VENUE].split(",") if name.strip()]
    if SIM in names or settings[catalog.TRADING_MODE] != "live":
        raise UserError(
            "orders on paper never leave the engine, so there is nothing to guard at a venue: set "
            "TRADEWIND_VENUE and TRADING_MODE=live as for the run"
        )
    return [venue_entry(name) for name in names]


def _keys(
    settings: Settings, entries: Sequence[VenueEntry], key: Setting[str], secret: Setting[str]
) -> list[KeyPair]:
    """A key for each venue, in their order; one alone is for all of them."""
    forbid_core_dumps()
    count = len(entries)
    keys, secrets = _one_each(settings, key, count), _one_each(settings, secret, count)
    pairs = [KeyPair(*pair) for pair in zip(keys, secrets, strict=True)]
    for entry, pair in zip(entries, pairs, strict=True):
        if not pair.key or (entry.secret is not None and not pair.secret):
            at = f" for {entry.name}" if count > 1 else ""
            raise UserError(
                f"it needs a key of its own{at}: set {key.variables[0]} and {secret.variables[0]}"
            )
        trading = find_keys(settings, entry)
        if trading is not None and trading[0].key == pair.key:
            raise UserError(
                f"{key.variables[0]} is the key that trades: make another one at the venue, so "
                "that what blocks one does not block the other"
            )
    return pairs


def _one_each(settings: Settings, setting: Setting[str], count: int) -> list[str]:
    parts = [part.strip() for part in settings[setting].split(",")]
    if len(parts) == 1:
        return parts * count
    if len(parts) != count:
        raise UserError(
            f"{setting.variables[0]} has {len(parts)} parts and the run {count} venues: give one "
            "for each, in the order of TRADEWIND_VENUE, or one for all"
        )
    return parts
