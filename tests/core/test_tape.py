"""The tape writes byte for byte what the codec makes of the messages."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.order_messages import order_intended, submit_order, target_intended
from tradewind.core.orders import Order
from tradewind.core.reports import acceptance, execution
from tradewind.core.tape import BYTES_HELD_MAX, RECORDS_HELD_MAX, Tape
from tradewind.core.target import new_target
from tradewind.model import messages as m
from tradewind.model.codec import encode_all

UNITS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(
    [edge + step for edge in (0, 127, 255, 2**15, 2**16, 2**31, 2**32) for step in (-1, 0, 1)]
    + [-edge + step for edge in (32, 128, 2**15, 2**31) for step in (-1, 0, 1)]
)
TEXTS = st.text(max_size=40) | st.text(alphabet="abc-1", min_size=30, max_size=300)


class Kept:
    """What a tape handed over."""

    def __init__(self, packs: int) -> None:
        self.sequences: list[int] = []
        self.body = b""
        self.pieces = 0
        self.tape = Tape(self.keep, packs)

    def keep(self, sequences: bytes, body: bytes) -> None:
        self.sequences += np.frombuffer(sequences, np.int64).tolist()
        self.body += body
        self.pieces += 1


@st.composite
def orders(draw: st.DrawFn) -> Order:
    order = Order(draw(TEXTS), 0, 0, 0, draw(st.sampled_from([-1, 1])), draw(UNITS))
    order.order_type = draw(st.integers(1, 4))
    order.limit_price, order.stop_price = draw(UNITS), draw(UNITS)
    order.time_in_force = draw(st.integers(1, 5))
    order.flags, order.leg = draw(st.integers(0, 3)), draw(st.integers(-1, 1))
    order.expire_time_ns, order.intended_time_ns = draw(UNITS), draw(UNITS)
    return order


@settings(max_examples=200)
@given(orders(), TEXTS, TEXTS, TEXTS, UNITS, st.data())
def test_what_every_order_has_is_written_as_the_codec_encodes_it(
    order: Order, name: str, venue: str, instrument: str, number: int, data: st.DataObject
) -> None:
    units = [data.draw(UNITS) for _ in range(6)]
    target = new_target(number, order.order_id, 0, 0, 1, units[0], 2, order.leg)
    accepted = acceptance(number, order.order_id, venue)
    filled = execution(number, order.order_id, name, *units[1:4], venue, units[4])
    messages: list[Any] = [
        order_intended(order, name, instrument),
        target_intended(target, name, instrument),
        submit_order(number, order, name, venue, instrument),
        accepted.message(),
        filled.message(),
        m.OrderDenied(number, order.order_id, name, venue, instrument),
    ]
    for packs in (0, 1):
        kept = Kept(packs)
        kept.tape.order_intended(1, order, name, instrument)
        kept.tape.target_intended(2, target, name, instrument)
        kept.tape.submit_order(3, number, order, name, venue, instrument)
        kept.tape.order_accepted(4, accepted)
        kept.tape.order_filled(5, filled)
        kept.tape.record(6, messages[-1])
        kept.tape.record(7, m.MarketRecorded(1, "bars", "GOOG.SIM", "s", 0, 1, b""))
        kept.tape.flush()
        assert kept.body == encode_all(messages)
        assert kept.sequences == [1, 2, 3, 4, 5, 6]
        assert kept.tape.counts == Counter(type(message).__name__ for message in messages)


@pytest.mark.parametrize("packs", [0, 1])
@pytest.mark.parametrize("reason", ["short", "a reason of many words " * 40])
def test_a_full_tape_hands_over_and_goes_on(packs: int, reason: str) -> None:
    count = 3 * RECORDS_HELD_MAX + 5
    messages: list[Any] = [m.OrderRejected(at, f"o{at}", reason) for at in range(count)]
    kept = Kept(packs)
    for number, message in enumerate(messages):
        kept.tape.record(number, message)
    kept.tape.flush()
    kept.tape.flush()
    assert kept.body == encode_all(messages)
    assert kept.sequences == list(range(count))
    assert kept.pieces >= 4


def test_texts_of_every_length_are_written_as_the_codec_does() -> None:
    for length in (0, 31, 32, 255, 256, 65_535, 65_536, 70_000):
        report = acceptance(1, "o1", "x" * length)
        kept = Kept(1)
        kept.tape.order_accepted(1, report)
        kept.tape.flush()
        assert kept.body == encode_all([report.message()])


def test_a_record_longer_than_the_tape_fits() -> None:
    long = m.OrderRejected(1, "o1", "x" * (3 * BYTES_HELD_MAX))
    kept = Kept(1)
    kept.tape.record(1, long)
    kept.tape.record(2, long)
    kept.tape.flush()
    assert kept.body == encode_all([long, long])
