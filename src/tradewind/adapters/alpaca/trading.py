"""Trading at Alpaca: orders over HTTP, each sent once; reports from replies, stream and polling.

The same report may come on several ways; they carry the same ids, so that the core drops doubles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from tradewind.adapters.alpaca.account import AlpacaAccount
from tradewind.adapters.alpaca.account_stream import AccountStream
from tradewind.adapters.alpaca.instruments import VENUE, Listing
from tradewind.adapters.alpaca.order_updates import OrderUpdates
from tradewind.adapters.alpaca.order_wire import Order, Replacement, TradeUpdate
from tradewind.adapters.alpaca.orders import (
    LIMIT_TYPES,
    PLAIN,
    STOP_TYPES,
    TYPE_OF,
    Extras,
    new_order,
    next_client_id,
    order_id_of,
    reports_of,
    reports_of_reply,
)
from tradewind.adapters.alpaca.payments import payments
from tradewind.adapters.alpaca.replacements import Replacements
from tradewind.adapters.alpaca.rest import AlpacaRest, Hosts, Keys, rest_of
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.decimals import floor_units, nearest_units
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.query import encoded
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.socket import Socket, SocketSettings
from tradewind.model import messages as m
from tradewind.model.errors import BadData, OutsideError, UserError
from tradewind.model.numbers import format_plain
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Connection, Deliver, Permissions, Refused

SILENCE_S = 30.0
"""The venue has no receive window; a request that it did not take by then is not on its way."""
START_DEADLINE_S = 15.0
CLOCK_FRESH_S = 30.0
CLOCK_DOUBTFUL_S = 1.0
DOUBTFUL_NS = 50_000_000
"""A clock that is farther off is asked for often: nothing is traded before it is right again."""
CATCH_UP_MAX = 1_000
"""Orders asked for after a lost connection; the rest is left to reconciliation."""


class AlpacaTrading:
    """One account at Alpaca, for equities and crypto; `instruments` are ids like AAPL.ALPACA.

    Only reports of orders whose id begins with `id_prefix` are delivered: others in the account
    are not ours, the legs of a bracket among them. Reconciliation sees them all.
    """

    def __init__(
        self,
        instruments: Sequence[str],
        keys: Keys,
        hosts: Hosts,
        *,
        clock: Clock,
        chance: Chance,
        id_prefix: str = "",
        silence_s: float = SILENCE_S,
    ) -> None:
        self._id_prefix = id_prefix
        self._silence_s = silence_s
        self._instruments = list(instruments)
        self._keys = keys
        self._hosts = hosts
        self._clock = clock
        self._chance = chance
        self._deliver: Deliver | None = None
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._watching_clock: asyncio.Task[None] | None = None
        self._catching_up: set[asyncio.Task[None]] = set()
        self._updates = OrderUpdates()
        self._stream = AccountStream(keys, self._on_update, self._on_listening)
        self._rest: AlpacaRest
        self._account: AlpacaAccount

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return VENUE

    @property
    def silence_s(self) -> float:
        """How long after sending an order may still reach the venue."""
        return self._silence_s

    @property
    def has_cancel_all(self) -> bool:
        """It cancels all orders of the account, not those of an instrument."""
        return False

    @property
    def has_positions(self) -> bool:
        """It keeps positions, of crypto too."""
        return True

    @property
    def connection(self) -> Connection:
        """The account stream, the circuit of the calls, and the venue's clock."""
        if self._session is None:
            return Connection(is_up=False, count=0, reason="not started")
        offset = self._account.offset
        return Connection(
            self._stream.is_listening,
            self._stream.count,
            self._stream.reason,
            self._rest.client.breaker().state,
            offset.offset_ns if offset.is_known else None,
        )

    async def start(self, deliver: Deliver) -> None:
        """Learn the assets, connect the account stream; `Refused` where the key is not taken."""
        self._deliver = deliver
        self._updates.replacements = Replacements(asyncio.get_running_loop().time())
        self._session = Session()
        is_started = False
        try:
            await self._start(self._session)
            is_started = True
        finally:
            if not is_started:
                await self.close()

    async def submit(self, command: m.SubmitOrder) -> None:
        """Send a new order, once."""
        await self.submit_with(command, PLAIN)

    async def submit_with(self, command: m.SubmitOrder, extras: Extras) -> None:
        """Send a new order with what only Alpaca has: bracket, notional, extended hours."""
        listing = self._listing(command.instrument)
        order = await self._rest.place(new_order(command, listing, extras), Order)
        self._updates.remember(order, listing)
        for report in reports_of_reply(order, listing):
            self._tell(report)

    async def cancel(self, command: m.CancelOrder) -> None:
        """Ask for a cancel; where the order was replaced meanwhile, of its replacement."""
        venue_id = self._updates.venue_ids.get(command.order_id)
        if venue_id is None:
            venue_id = (await self._chain(command.order_id))[-1].id
        try:
            await self._rest.send("DELETE", f"/v2/orders/{encoded(venue_id)}")
        except Refused:
            latest = (await self._chain(command.order_id))[-1]
            if latest.id == venue_id:
                raise
            await self._rest.send("DELETE", f"/v2/orders/{encoded(latest.id)}")

    async def amend(self, command: m.AmendOrder) -> None:
        """Replace the order; the new quantity only where nothing is filled yet.

        Whether a replacement counts what was filled before, the venue's documents do not say, so
        the quantity of a partly filled order is not changed: it could buy twice.
        """
        listing = self._listing(command.instrument)
        chain = await self._chain(command.order_id)
        order = chain[-1]
        replacement = _replacement(command, chain, listing)
        if not command.limit_price and order.limit_price:
            digits = listing.instrument.price_digits
            kept = nearest_units(order.limit_price, digits)
            command = msgspec.structs.replace(command, limit_price=kept)
        replacements, name, number = self._updates.replacements, command.order_id, command.number
        replacements.seen(name, order.client_order_id)
        # known before the reply: the stream may be faster
        replacements.sent(order.id, command)
        try:
            body = await self._rest.replace(order.id, replacement, Order)
        except Refused:
            replacements.refused(name, number)
            raise
        finally:
            replacements.lost(name, number, now_s=asyncio.get_running_loop().time())
        self._updates.remember(body, listing)

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """The reports that bring an order up to what the venue knows; None where it has none.

        `BadAnswer` while an amendment may still take effect behind the answer.
        """
        name, replacements = command.order_id, self._updates.replacements
        listing = self._listing(command.instrument)
        asked_s = asyncio.get_running_loop().time()
        chain = await self._account.chain(name)
        if chain is None:
            return None
        executions = await self._account.executions_of(chain)
        self._updates.remember(chain[-1], listing)
        replacements.seen(name, chain[-1].client_order_id)
        reports = reports_of(chain, executions, listing, command.amends)
        if isinstance(reports[-1], m.OrderRestated) and replacements.may_come(
            name, asked=command.amends, silence_s=self.silence_s, now_s=asked_s
        ):
            raise BadAnswer(f"order {name}: an amendment may still take effect")
        return reports

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument, one by one."""
        listing = self._listing(instrument)
        for order in await self._account.open_orders(listing.symbol):
            if self._account.listings.by_asset(order.asset_id, order.symbol) is listing:
                # one that ended meanwhile is what was wanted
                with suppress(Refused):
                    await self._rest.send("DELETE", f"/v2/orders/{encoded(order.id)}")

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account, whoever placed it."""
        orders = await self._account.open_orders()
        return [await self._account.venue_order(order) for order in orders]

    async def balances(self) -> list[VenueBalance]:
        """The account's cash."""
        return await self._account.balances()

    async def positions(self) -> list[VenuePosition]:
        """Every position, of equities and of crypto."""
        return await self._account.positions()

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions of an instrument, the oldest first."""
        self._listing(instrument)
        return await self._account.fills(instrument, since_ns, self._updates.order_ids)

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """Dividends, interest and fees."""
        return await payments(self._rest, self._account.listings, since_ns)

    async def closed_instruments(self) -> dict[str, str]:
        """Instruments that cannot be traded now, by id, with the reason."""
        return await self._account.closed_instruments()

    async def permissions(self) -> Permissions:
        """What the key may do."""
        return await self._account.permissions()

    async def close(self) -> None:
        """Let go of the connection; orders stay as they are."""
        running = (self._task, self._watching_clock)
        tasks = [*self._catching_up, *(task for task in running if task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = self._watching_clock = None
        if self._session is not None:
            await self._session.close()
            self._session = None
        self._stream.lost("closed")

    async def _start(self, session: Session) -> None:
        self._rest = rest_of(
            "alpaca trading",
            self._hosts.trading,
            session,
            self._keys,
            clock=self._clock,
            chance=self._chance,
        )
        self._account = AlpacaAccount(self._rest, self._clock)
        await self._account.permissions()
        await self._account.learn(self._instruments)
        await self._account.market_clock()
        hosts = self._hosts
        settings = SocketSettings(
            name="alpaca account", url=hosts.account_stream, silence_s=hosts.silence_s
        )
        socket = Socket(settings, session, self._stream, clock=self._clock, chance=self._chance)
        self._task = asyncio.create_task(socket.run())
        await self._until_listening(self._task)
        self._watching_clock = asyncio.create_task(self._watch_clock())

    async def _watch_clock(self) -> None:
        """Ask for the venue's time, also while nothing else does; no answer is no news."""
        asked_s = asyncio.get_running_loop().time()
        while True:
            # in short steps: another question may have made it doubtful meanwhile
            await asyncio.sleep(CLOCK_DOUBTFUL_S)
            now_s = asyncio.get_running_loop().time()
            is_doubtful = abs(self._account.offset.offset_ns) > DOUBTFUL_NS
            if not is_doubtful and now_s - asked_s < CLOCK_FRESH_S:
                continue
            asked_s = now_s
            with suppress(OutsideError, Refused, BadData):
                await self._account.market_clock()

    async def _until_listening(self, task: asyncio.Task[None]) -> None:
        ends_s = asyncio.get_running_loop().time() + START_DEADLINE_S
        while not self._stream.is_listening:
            if task.done() or asyncio.get_running_loop().time() > ends_s:
                raise OutsideError(
                    f"Alpaca's account stream is not there: {self._stream.reason}",
                    fault="theirs",
                    retry=True,
                )
            await asyncio.sleep(0.01)

    def _listing(self, instrument: str) -> Listing:
        try:
            return self._account.listings.of(instrument)
        except UserError as error:
            raise Refused(str(error)) from None

    async def _chain(self, order_id: str) -> list[Order]:
        chain = await self._account.chain(order_id)
        if chain is None:
            raise Refused(f"Alpaca has no order {order_id}")
        return chain

    def _tell(self, report: m.Report) -> None:
        is_ours = report.order_id.startswith(self._id_prefix)
        if self._deliver is not None and is_ours and self._updates.is_news(report):
            self._deliver(report)

    def _on_update(self, update: TradeUpdate) -> None:
        order = update.order
        listing = self._account.listings.by_asset(order.asset_id, order.symbol)
        if listing is None:
            return
        reports = self._updates.reports(update, listing)
        if reports is None:
            self._catch_up(order_id_of(order.client_order_id), listing)
        for report in reports or ():
            self._tell(report)

    def _catch_up(self, order_id: str, listing: Listing) -> None:
        """Ask for an order in the background: an update did not tell all."""
        amends = self._updates.replacements.count(order_id)
        command = m.QueryOrder(0, order_id, VENUE, listing.instrument.id, amends)

        async def ask() -> None:
            # reconciliation asks again where this fails
            with suppress(OutsideError, Refused):
                for report in await self.query(command) or ():
                    self._tell(report)

        task = asyncio.create_task(ask())
        self._catching_up.add(task)
        task.add_done_callback(self._catching_up.discard)

    async def _on_listening(self) -> None:
        """After a lost connection ask for every order that worked before it."""
        if self._stream.count > 1:
            for order_id, listing in list(self._updates.working.items())[-CATCH_UP_MAX:]:
                self._catch_up(order_id, listing)


def _replacement(command: m.AmendOrder, chain: Sequence[Order], listing: Listing) -> Replacement:
    """What changes; `Refused` where the quantity of a partly filled order would."""
    instrument, order = listing.instrument, chain[-1]
    quantity = floor_units(order.quantity or order.filled_quantity, instrument.quantity_digits)
    changes_quantity = command.quantity != quantity
    if changes_quantity and any(each.filled_quantity for each in chain):
        raise Refused(
            "Alpaca does not say what a new quantity of a partly filled order means: cancel it "
            "and place another"
        )
    has_limit = TYPE_OF.get(order.type) in LIMIT_TYPES and command.limit_price
    has_stop = TYPE_OF.get(order.type) in STOP_TYPES and command.stop_price
    return Replacement(
        client_order_id=next_client_id(order.client_order_id, command.number),
        quantity=format_plain(command.quantity, instrument.quantity_digits)
        if changes_quantity
        else None,
        limit_price=format_plain(command.limit_price, instrument.price_digits)
        if has_limit
        else None,
        stop_price=format_plain(command.stop_price, instrument.price_digits) if has_stop else None,
    )
