"""The tape: records of a run as the bytes of a journal's body, without an object for each."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from tradewind.core.orders import Order
from tradewind.core.reports import Acceptance, Execution
from tradewind.core.target import Target
from tradewind.model.codec import MESSAGE_BYTES_MAX, PREFIX_BYTES, encode, encode_all
from tradewind.model.messages import MONEY_EVENTS, MarketRecorded, Record

BYTES_HELD_MAX = 65_536
"""Bytes kept before they are handed over; one record may be longer."""
RECORDS_HELD_MAX = 512
"""Records kept before they are handed over."""

# C integers when compiled (tape.pxd)
_BYTES_MAX = BYTES_HELD_MAX
_RECORDS_MAX = RECORDS_HELD_MAX
_PREFIX = PREFIX_BYTES
_MESSAGE_MAX = MESSAGE_BYTES_MAX
_ROOM = 512
"""Bytes free behind a head or a long text: more than all numbers (nine bytes each) and short texts
(32 each) of a record take, so that these are written as they come, compiled by a bare pointer.
"""
_UINT32_MAX = 2**32 - 1
_INT32_MIN = -(2**31)
_LAST_ASCII = chr(127)

_MONEY = frozenset(MONEY_EVENTS)

_COMPILED = not __file__.endswith(".py")


class Tape:
    """Takes records in order and hands `(sequences, body)` over: int64 memory and journal bytes.

    With `packs` 1, which is best when compiled, the four records that every order has are written
    as MessagePack from their numbers, byte for byte what `model.codec` makes of the message; with
    0 their names and fields are kept and encoded together. `fills` counts executions, and `moves`
    keeps what else moved money or positions, each with the count of executions before it.

    >>> from tradewind.model.codec import split, FORMAT, decode
    >>> from tradewind.model.messages import ClockTicked
    >>> tape = Tape(lambda sequences, body: print([decode(one) for one in split(body, FORMAT)]))
    >>> tape.record(1, ClockTicked(5)); tape.flush()
    [ClockTicked(time_ns=5)]
    >>> tape.counts["ClockTicked"]
    1
    """

    __slots__ = (
        "_accepted",
        "_aimed",
        "_bytes",
        "_count",
        "_filled",
        "_intended",
        "_length",
        "_messages",
        "_others",
        "_packs",
        "_sequences",
        "_start",
        "_submitted",
        "_take",
        "fills",
        "moves",
    )

    def __init__(self, take: Callable[[bytes, bytes], None], packs: int = int(_COMPILED)) -> None:
        self._take = take
        self._packs = packs
        self._bytes = bytearray(2 * _BYTES_MAX)
        self._sequences: Any = array("q", bytes(8 * _RECORDS_MAX))
        self._messages: list[Any] = []
        self._others: Counter[str] = Counter()
        self.fills = 0
        self.moves: list[tuple[int, Record]] = []
        self._length = self._start = self._count = 0
        self._intended = self._aimed = self._submitted = self._accepted = self._filled = 0

    @property
    def counts(self) -> Counter[str]:
        """How many records of each kind came so far, by the name of their message."""
        self.flush()
        counts = Counter(self._others)
        counts["OrderIntended"] += self._intended
        counts["TargetIntended"] += self._aimed
        counts["SubmitOrder"] += self._submitted
        counts["OrderAccepted"] += self._accepted
        counts["OrderFilled"] += self._filled
        return +counts

    def flush(self) -> None:
        """Hand over what is held."""
        if self._count > 0:
            self._hand_over()

    def _hand_over(self) -> None:
        sequences = np.asarray(self._sequences)[: self._count].tobytes()
        body = bytes(memoryview(self._bytes)[: self._length])
        if self._messages:
            body = encode_all(self._messages)
            self._messages = []
        self._count = self._length = 0
        self._take(sequences, body)

    def record(self, sequence: int, message: Record) -> None:
        """Any record; `MarketRecorded` only says where rows are, and is left out."""
        if type(message) in _MONEY:
            self.moves.append((self.fills, message))
        if type(message) is not MarketRecorded:
            self._others[type(message).__name__] += 1
            if not self._packs:
                self._hold(sequence, message)
            else:
                self._begin(sequence, encode(message))
                self._end()

    def _hold(self, sequence: int, message: Any) -> None:
        """Keep a message that is encoded together with others, or its name and fields."""
        if self._count == _RECORDS_MAX:
            self.flush()
        self._sequences[self._count] = sequence
        self._count += 1
        self._messages.append(message)

    # --- the records of every order ----------------------------------------------------------

    def order_intended(self, sequence: int, order: Order, strategy: str, instrument: str) -> None:
        """A strategy's order, as it came."""
        self._intended += 1
        if not self._packs:
            fields = ("OrderIntended", order.intended_time_ns, order.order_id, strategy, instrument)
            self._hold(sequence, fields + _terms(order))
        else:
            self._begin(sequence, _INTENDED)
            self._number(order.intended_time_ns)
            self._text(order.order_id)
            self._text(strategy)
            self._text(instrument)
            self._number(order.side)
            self._number(order.quantity)
            self._number(order.order_type)
            self._number(order.limit_price)
            self._number(order.stop_price)
            self._number(order.time_in_force)
            self._number(order.flags)
            self._number(order.expire_time_ns)
            self._number(order.leg)
            self._end()

    def target_intended(
        self, sequence: int, target: Target, strategy: str, instrument: str
    ) -> None:
        """A strategy's target, as it came."""
        self._aimed += 1
        if not self._packs:
            fields = ("TargetIntended", target.time_ns, target.order_id, strategy, instrument)
            terms = (target.kind, target.value, target.sizing, target.leg)
            self._hold(sequence, fields + terms)
        else:
            self._begin(sequence, _AIMED)
            self._number(target.time_ns)
            self._text(target.order_id)
            self._text(strategy)
            self._text(instrument)
            self._number(target.kind)
            self._number(target.value)
            self._number(target.sizing)
            self._number(target.leg)
            self._end()

    def submit_order(
        self,
        sequence: int,
        time_ns: int,
        order: Order,
        account: str,
        venue: str,
        instrument: str,
    ) -> None:
        """The command that sends an order."""
        self._submitted += 1
        if not self._packs:
            fields = ("SubmitOrder", time_ns, order.order_id, account, venue, instrument)
            self._hold(sequence, fields + _terms(order))
        else:
            self._begin(sequence, _SUBMIT)
            self._number(time_ns)
            self._text(order.order_id)
            self._text(account)
            self._text(venue)
            self._text(instrument)
            self._number(order.side)
            self._number(order.quantity)
            self._number(order.order_type)
            self._number(order.limit_price)
            self._number(order.stop_price)
            self._number(order.time_in_force)
            self._number(order.flags)
            self._number(order.expire_time_ns)
            self._number(order.leg)
            self._end()

    def order_accepted(self, sequence: int, report: Acceptance) -> None:
        """The venue works an order."""
        self._accepted += 1
        if not self._packs:
            fields = ("OrderAccepted", report.time_ns, report.order_id, report.venue_order_id)
            self._hold(sequence, fields)
        else:
            self._begin(sequence, _ACCEPTED)
            self._number(report.time_ns)
            self._text(report.order_id)
            self._text(report.venue_order_id)
            self._end()

    def order_filled(self, sequence: int, report: Execution) -> None:
        """One execution."""
        self.fills += 1
        self._filled += 1
        if not self._packs:
            fields = (
                "OrderFilled", report.time_ns, report.order_id, report.fill_id, report.price,
                report.quantity, report.fee, report.fee_currency, report.liquidity,
            )  # fmt: skip
            self._hold(sequence, fields)
        else:
            self._begin(sequence, _FILLED)
            self._number(report.time_ns)
            self._text(report.order_id)
            self._text(report.fill_id)
            self._number(report.price)
            self._number(report.quantity)
            self._number(report.fee)
            self._text(report.fee_currency)
            self._number(report.liquidity)
            self._end()

    # --- MessagePack -------------------------------------------------------------------------

    def _begin(self, sequence: int, octets: bytes) -> None:
        """Note the sequence; leave room for the length in front of the record, then its head."""
        if self._count == _RECORDS_MAX or self._length >= _BYTES_MAX:
            self.flush()
        self._sequences[self._count] = sequence
        self._count += 1
        self._start = self._length
        self._length += _PREFIX
        self._octets(octets)

    def _end(self) -> None:
        """Write the record's length in front of it, little-endian."""
        target, place = self._bytes, self._start
        length = self._length - place - _PREFIX
        assert length <= _MESSAGE_MAX, "a record is too long for a journal"
        target[place] = length & 255
        target[place + 1] = length >> 8 & 255
        target[place + 2] = length >> 16 & 255
        target[place + 3] = length >> 24

    def _make_room(self, count: int) -> None:
        """Bytes for so many and for what `_ROOM` says comes behind them."""
        if self._length + count + _ROOM > len(self._bytes):
            self._bytes += bytes(len(self._bytes) + count)

    def _octets(self, octets: bytes) -> None:
        """Bytes as they are."""
        self._make_room(len(octets))
        target, place = self._bytes, self._length
        for octet in octets:
            target[place] = octet
            place += 1
        self._length = place

    def _text(self, text: str) -> None:
        """A text: its length and its characters, which are nearly always few and ASCII."""
        count = len(text)
        target, place = self._bytes, self._length
        if count <= 31:
            target[place] = 0xA0 | count
            for mark in text:
                if mark > _LAST_ASCII:
                    break
                place += 1
                target[place] = ord(mark)
        if count <= 31 and place == self._length + count:
            self._length = place + 1
        else:  # what was written is written over
            self._long_text(text.encode())

    def _long_text(self, octets: bytes) -> None:
        count = len(octets)
        if count <= 31:
            self._octets(bytes((0xA0 | count,)))
        elif count <= 255:
            self._octets(bytes((0xD9, count)))
        elif count <= 65_535:
            self._octets(bytes((0xDA, count >> 8, count & 255)))
        else:
            self._big_endian(0xDB, count, 4)
        self._octets(octets)

    def _number(self, number: int) -> None:
        """An integer of 64 bits in the fewest bytes."""
        if -32 <= number <= 127:
            target = self._bytes
            target[self._length] = number & 255
            self._length += 1
        elif number > _UINT32_MAX:
            self._big_endian(0xCF, number, 8)
        elif number > 0:
            self._positive(number)
        else:
            self._negative(number)

    def _positive(self, number: int) -> None:
        if number <= 255:
            self._big_endian(0xCC, number, 1)
        elif number <= 65_535:
            self._big_endian(0xCD, number, 2)
        else:
            self._big_endian(0xCE, number, 4)

    def _negative(self, number: int) -> None:
        if number >= -128:
            self._big_endian(0xD0, number, 1)
        elif number >= -32_768:
            self._big_endian(0xD1, number, 2)
        elif number >= _INT32_MIN:
            self._big_endian(0xD2, number, 4)
        else:
            self._big_endian(0xD3, number, 8)

    def _big_endian(self, kind: int, number: int, count: int) -> None:
        target, place = self._bytes, self._length
        target[place] = kind
        self._length = place + 1 + count
        place += count
        while count > 0:
            target[place] = number & 255
            number >>= 8
            place -= 1
            count -= 1


def _terms(order: Order) -> tuple[int, ...]:
    return (
        order.side, order.quantity, order.order_type, order.limit_price, order.stop_price,
        order.time_in_force, order.flags, order.expire_time_ns, order.leg,
    )  # fmt: skip


def head_of(name: str, fields: int) -> bytes:
    """How a message of so many fields begins: an array with its name first.

    >>> from tradewind.model.messages import ClockTicked
    >>> head_of("ClockTicked", 1) == encode(ClockTicked(5))[:-1]
    True
    """
    return bytes((0x90 | (fields + 1), 0xA0 | len(name))) + name.encode()


_INTENDED = head_of("OrderIntended", 13)
_AIMED = head_of("TargetIntended", 8)
_SUBMIT = head_of("SubmitOrder", 14)
_ACCEPTED = head_of("OrderAccepted", 3)
_FILLED = head_of("OrderFilled", 8)
