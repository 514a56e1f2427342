"""A signal-bridge: runs what the trading core lends it, beside a replica of the core.

It may die at any moment. It keeps nothing that the core does not have, but for what the core has
not said it took; that is offered to the next process of the core.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from tradewind.model import messages as m
from tradewind.model.codec import FORMAT, decode, encode_all, split
from tradewind.model.errors import BadMessage, Inconsistent, UserError
from tradewind.ports.link import Frames, Line
from tradewind.runtime import bridge_messages as b
from tradewind.runtime.read_models import Metric
from tradewind.runtime.replica import Replica, Wish
from tradewind.strategies.base import Strategy

BEAT_S = 0.1
HELLO_S = 0.5
STATE_S = 0.5
"""How often a strategy's state goes to the core where it wants nothing."""
SILENCE_S = 2.0
"""The core says something each second; who hears nothing for so long asks again."""
LEAVE_S = 1.0
"""How long the core may take to say that it took what we give back."""
OFFERS_MAX = 1_000

LOG = logging.getLogger("tradewind.signal_bridge")

Make = Callable[[str, dict[str, str]], Strategy]
"""A strategy by its library name and parameters; `UserError` where there is none."""
WITH_ID = (m.OrderIntended, m.TargetIntended, m.ConditionalIntended, m.AlgorithmIntended)


@dataclass(slots=True)
class _Held:
    """A strategy that is lent to us; `offers` are its states, the first one taken by the core."""

    lease: int
    strategy: Strategy
    issued: int
    number: int = 0
    taken: int = 0
    is_leaving: bool = False
    wishes: list[Wish] = field(default_factory=list)
    offers: deque[b.Offer] = field(default_factory=lambda: deque(maxlen=OFFERS_MAX))


class SignalBridge:
    """One of any number of them. `now_s` is a clock that only goes on."""

    def __init__(self, line: Line, make: Make, now_s: Callable[[], float]) -> None:
        self.wishes = 0
        self._line = line
        self._make = make
        self._now_s = now_s
        self._replica: Replica | None = None
        self._is_idle = False
        """Known to the core, with nothing to run and nothing to follow."""
        self._session = 0
        self._held: dict[str, _Held] = {}
        self._offers: dict[str, list[b.Offer]] = {}
        self._heard_s = self._state_s = now_s()
        self._hello_s = 0.0
        self._is_leaving = False

    @property
    def complaint(self) -> str:
        """What keeps strategies from running here, "" where nothing does."""
        if self._replica is None and not self._is_idle:
            return "nothing is heard of the trading core: is the role risk-manager running?"
        return ""

    @property
    def strategies(self) -> list[str]:
        """What runs here."""
        return [name for name, held in self._held.items() if not held.is_leaving]

    @property
    def sequence(self) -> int:
        """How far the core has been followed."""
        return 0 if self._replica is None else self._replica.sequence

    def metrics(self) -> list[Metric]:
        """Strategies, wishes and how far the core was followed."""
        return [
            Metric("strategies", "gauge", "Strategies that run here.", float(len(self.strategies))),
            Metric("wishes_total", "counter", "Wishes sent to the core.", float(self.wishes)),
            Metric("core_sequence", "gauge", "The core's last record here.", float(self.sequence)),
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Run what is lent to us until told to stop, then give it back."""
        running = [
            asyncio.create_task(self._line.run(self.take), name="line"),
            asyncio.create_task(self._beat(), name="beats"),
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
            for each in done - {stopping}:
                each.result()
            await self._leave()
        finally:
            for each in (*running, stopping):
                each.cancel()
            await asyncio.gather(*running, stopping, return_exceptions=True)

    async def _leave(self) -> None:
        self._is_leaving = True
        for name in self.strategies:
            self._give_back(name)
        ends_s = self._now_s() + LEAVE_S
        while self._held and self._now_s() < ends_s:
            await asyncio.sleep(0.01)

    async def _beat(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(BEAT_S)

    def look(self) -> None:
        """Say that we live, and what changed in silence; ask for the core where it is not heard."""
        now_s = self._now_s()
        is_known = self._replica is not None or self._is_idle
        if is_known and now_s - self._heard_s > SILENCE_S:
            self._begin_anew("the core is silent")
            is_known = False
        if not is_known:
            if not self._is_leaving and now_s - self._hello_s >= HELLO_S:
                self._hello_s = now_s
                self._line.send([b.encoded(b.Hello(self._offers))])
            return
        if now_s - self._state_s >= STATE_S:
            self._state_s = now_s
            for name, held in self._held.items():
                if not held.is_leaving:
                    self._send_state(name, held)
        self._line.send([b.encoded(b.Beat(self._session, self.sequence))])

    # --- what the core says --------------------------------------------------------------------

    def take(self, frames: Frames) -> None:
        """One message of the core; where it does not fit, we ask for the whole state again."""
        try:
            message = b.from_core(frames)
            self._heard_s = self._now_s()
            if isinstance(message, b.Synced):
                self._sync(message)
            elif isinstance(message, b.Idle):
                self._rest(message)
            elif self._replica is None and not self._is_idle:
                return
            elif message.session != self._session:
                self._begin_anew("the core was started again")
            else:
                self._act(message, frames)
        except (BadMessage, Inconsistent) as error:
            self._begin_anew(str(error))

    def _rest(self, idle: b.Idle) -> None:
        """Wait for something to run; what we held and offered the core has."""
        self._held.clear()
        self._offers = {}
        self._session, self._replica, self._is_idle = idle.session, None, True

    def _act(self, message: b.FromCore, frames: Frames) -> None:
        if self._replica is None:
            if isinstance(message, b.Revoked) and message.lease == 0:
                self._lose(0)
            return
        if isinstance(message, b.Stepped):
            self._step(message, frames)
        elif isinstance(message, b.Lent):
            self._borrow(message)
        elif isinstance(message, b.Taken):
            self._taken(message)
        elif isinstance(message, b.Revoked):
            self._lose(message.lease)
        elif isinstance(message, b.Recalled):
            self._recall(message)
        self._send_wishes()

    def _sync(self, message: b.Synced) -> None:
        self._held.clear()
        self._offers = {}  # the core has them now, and lends them again
        self._session = message.session
        self._replica = Replica(message.state)
        self._is_idle = False
        LOG.info("following session=%d sequence=%d", self._session, self._replica.sequence)

    def _step(self, message: b.Stepped, frames: Frames) -> None:
        replica = self._replica
        assert replica is not None
        if message.first != replica.sequence + 1:
            raise BadMessage(f"a group from {message.first} comes behind {replica.sequence}")
        records = [decode(bytes(part)) for part in split(frames[1], FORMAT)]
        layouts, numbers = frames[2::2], frames[3::2]
        rows = (b.rows_of(layout, one) for layout, one in zip(layouts, numbers, strict=True))
        replica.fold(records, rows, message.last)
        for record in records:
            if isinstance(record, m.StrategyStopped):
                self._drop(record.strategy)

    def _borrow(self, lent: b.Lent) -> None:
        replica = self._replica
        assert replica is not None
        name = lent.strategy
        self._drop(name)
        try:
            strategy = self._make(lent.name, lent.parameters)
            held = self._held[name] = _Held(lent.lease, strategy, replica.issued(name))
            replica.attach(name, strategy, lent.instruments, lent.state)
            offer = b.Offer(held.issued, replica.sequence, state_of(strategy))
        except (UserError, TypeError, ValueError, KeyError, AttributeError) as error:
            self._refuse(lent, str(error))
            return
        held.offers.append(offer)
        self._send_state(name, held)
        LOG.info("strategy_begins strategy=%s lease=%d", name, lent.lease)

    def _refuse(self, lent: b.Lent, reason: str) -> None:
        """A strategy that cannot run here stops for good, as it would in the core."""
        assert self._replica is not None
        LOG.error("strategy_refused strategy=%s reason=%r", lent.strategy, reason)
        self._drop(lent.strategy)
        stopped = m.StrategyStopped(0, lent.strategy, reason[:200])
        offer = b.Offer(self._replica.issued(lent.strategy), self._replica.sequence, lent.state)
        self._say(
            b.Wished(self._session, lent.lease, 1, encode_all([stopped]), [], offer, is_last=True)
        )

    def _taken(self, taken: b.Taken) -> None:
        for name, held in list(self._held.items()):
            if held.lease == taken.lease:
                while held.taken < taken.number and len(held.offers) > 1:
                    held.taken += 1
                    held.offers.popleft()
                if held.is_leaving and taken.number == held.number:
                    del self._held[name]

    def _lose(self, lease: int) -> None:
        if lease == 0:
            self._begin_anew("the core does not know us")
            return
        for name, held in list(self._held.items()):
            if held.lease == lease:
                LOG.warning("strategy_lost strategy=%s lease=%d", name, lease)
                self._drop(name)

    def _recall(self, recalled: b.Recalled) -> None:
        assert self._replica is not None
        for name, held in self._held.items():
            if held.lease == recalled.lease and not held.is_leaving:
                if recalled.is_end:
                    self._replica.end(name)
                self._give_back(name)
                return

    # --- what we say ---------------------------------------------------------------------------

    def _send_wishes(self) -> None:
        """Send what strategies wanted, each with the state that it left."""
        if self._replica is None:
            return
        self._sort(self._replica.take_wishes())
        for name, held in list(self._held.items()):
            if held.wishes:
                self._send(name, held)

    def _sort(self, wishes: Iterable[Wish]) -> None:
        for wish in wishes:
            held = self._held.get(wish.strategy)
            if held is not None and not held.is_leaving:
                held.wishes.append(wish)

    def _send_state(self, name: str, held: _Held) -> None:
        """Send a state that changed, or what its bars are to the core at first."""
        assert self._replica is not None
        self._sort(self._replica.take_wishes())
        if held.number == 0 or held.wishes or held.offers[-1].state != self._state(name, held):
            self._send(name, held)

    def _give_back(self, name: str) -> None:
        assert self._replica is not None
        held = self._held[name]
        self._sort(self._replica.take_wishes())
        held.is_leaving = True
        self._send(name, held)
        self._replica.forget(name)

    def _send(self, name: str, held: _Held) -> None:
        assert self._replica is not None
        state = self._state(name, held)
        held.issued += sum(isinstance(wish, WITH_ID) for wish in held.wishes)
        held.number += 1
        offer = b.Offer(held.issued, self._replica.sequence, state)
        held.offers.append(offer)
        self.wishes += len(held.wishes)
        wishes, held.wishes = encode_all(held.wishes), []
        bars = held.strategy.wanted_bars
        self._say(
            b.Wished(self._session, held.lease, held.number, wishes, bars, offer, held.is_leaving)
        )

    def _state(self, name: str, held: _Held) -> bytes:
        """A strategy's state; one that cannot be written down any more is stopped for it."""
        try:
            return state_of(held.strategy)
        except (UserError, TypeError, ValueError) as error:
            if not any(isinstance(wish, m.StrategyStopped) for wish in held.wishes):
                held.wishes.append(m.StrategyStopped(0, name, str(error)[:200]))
            return held.offers[-1].state

    def _say(self, message: b.FromBridge) -> None:
        """Send; what there is no room for is a gap, which the core notices and answers."""
        self._line.send([b.encoded(message)])

    def _drop(self, name: str) -> None:
        if self._held.pop(name, None) is not None and self._replica is not None:
            self._replica.forget(name)

    def _begin_anew(self, why: str) -> None:
        LOG.warning("core_lost why=%r", why)
        self._keep_offers()
        self._replica, self._is_idle = None, False
        self._hello_s = 0.0

    def _keep_offers(self) -> None:
        """What we hold is offered, once the core is there again."""
        self._offers |= {name: list(held.offers) for name, held in self._held.items()}
        self._held.clear()


def state_of(strategy: Strategy) -> bytes:
    """A strategy's state as bytes; `UserError` where it keeps what cannot be written down."""
    try:
        return msgspec.msgpack.encode(strategy.snapshot())
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(
            f"it keeps something that cannot be saved ({error}): use numbers, text, lists, dicts "
            "or signals as attributes, or a name that begins with _"
        ) from None
