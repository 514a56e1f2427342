"""Every message survives its bytes; bodies that are torn or of another format are refused."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.model import messages
from tradewind.model.codec import FORMAT, decode, encode, join, split
from tradewind.model.errors import BadMessage
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
RECORDS = get_args(messages.Record)


def value_of(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation is Instrument:
        return st.just(GOOG)
    if annotation is Limits:
        return st.builds(Limits, position_notional=st.none() | st.just("10000"))
    if annotation is int:
        return st.integers(-(2**63), 2**63 - 1)
    if annotation == dict[str, str]:
        return st.dictionaries(st.text(), st.text(), max_size=3)
    parts = get_args(annotation)
    if parts and get_origin(annotation) is tuple:
        if parts[-1] is Ellipsis:
            return st.lists(value_of(parts[0]), max_size=3).map(tuple)
        return st.tuples(*map(value_of, parts))
    if parts and get_origin(annotation) in (Union, UnionType):
        return st.one_of(*map(value_of, parts))
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return record_of(annotation)
    return st.from_type(annotation)


def record_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[msgspec.Struct]:
    """Structs with numbers that 64 bits hold, in what they are made of as well."""
    fields = msgspec.structs.fields(kind)
    return st.builds(kind, **{field.name: value_of(field.type) for field in fields})


@given(st.one_of([record_of(kind) for kind in RECORDS]))
def test_every_message_survives_its_bytes(record: Any) -> None:
    assert decode(encode(record)) == record


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_a_body_gives_back_its_messages(parts: list[bytes]) -> None:
    assert [bytes(part) for part in split(join(parts), FORMAT)] == parts


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4), st.data())
def test_a_body_cut_anywhere_but_between_messages_is_refused(
    parts: list[bytes], data: st.DataObject
) -> None:
    body = join(parts)
    ends = {len(join(parts[:count])) for count in range(len(parts) + 1)}
    cut = data.draw(st.integers(1, len(body) - 1).filter(lambda n: n not in ends))
    with pytest.raises(BadMessage):
        list(split(body[:cut], FORMAT))


def test_a_body_of_another_format_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadMessage, match="use the version that wrote it"):
        list(split(b"", FORMAT + 1))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x91\xa3abc", msgspec.msgpack.encode(["X", 1])])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(data)
