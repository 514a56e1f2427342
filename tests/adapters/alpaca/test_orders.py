"""Our commands in Alpaca's words, and its orders as our reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.alpaca.samples import APPLE, BITCOIN, EXECUTION, ORDER, limit_order
from tradewind.adapters.alpaca.account_wire import Execution
from tradewind.adapters.alpaca.order_wire import Order, decode_account_frame
from tradewind.adapters.alpaca.orders import Extras, fill_of, new_order, reports_of
from tradewind.model import messages as m
from tradewind.model.errors import BadMessage
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.trading import Refused


def order(**changes: Any) -> Order:
    return msgspec.convert(ORDER | changes, Order, strict=False)


def execution(**changes: Any) -> Execution:
    return msgspec.convert(EXECUTION | changes, Execution, strict=False)


def sent(command: m.SubmitOrder, extras: Extras = Extras()) -> dict[str, Any]:  # noqa: B008
    listing = BITCOIN if command.instrument == "BTC/USD.ALPACA" else APPLE
    fields = msgspec.json.decode(msgspec.json.encode(new_order(command, listing, extras)))
    assert isinstance(fields, dict)
    return fields


def test_a_limit_order_is_sent_as_text_and_without_empty_fields() -> None:
    assert sent(limit_order()) == {
        "symbol": "AAPL",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "client_order_id": "j0-cross-11",
        "qty": "15",
        "limit_price": "171.55",
    }


def test_a_fraction_and_a_stop_limit_keep_all_digits() -> None:
    command = limit_order(type=OrderType.STOP_LIMIT, stop_price=1_700_100, quantity=1, side=-1)
    fields = sent(msgspec.structs.replace(command, side=Side.SELL))
    assert (fields["qty"], fields["stop_price"], fields["side"]) == ("0.0001", "170.01", "sell")


@pytest.mark.parametrize(
    ("extras", "fields"),
    [
        (
            Extras(take_profit="180", stop_loss="165", stop_loss_limit="164.5"),
            {
                "order_class": "bracket",
                "take_profit": {"limit_price": "180"},
                "stop_loss": {"stop_price": "165", "limit_price": "164.5"},
            },
        ),
        (
            Extras(take_profit="180", stop_loss="165", is_exit=True),
            {
                "order_class": "oco",
                "take_profit": {"limit_price": "180"},
                "stop_loss": {"stop_price": "165"},
            },
        ),
        (Extras(stop_loss="165"), {"order_class": "oto", "stop_loss": {"stop_price": "165"}}),
        (Extras(trail_percent="1.5"), {"type": "trailing_stop", "trail_percent": "1.5"}),
    ],
)
def test_what_alpaca_can_do_beyond_our_commands(extras: Extras, fields: dict[str, Any]) -> None:
    assert sent(limit_order(), extras).items() >= fields.items()


def test_a_notional_stands_instead_of_the_quantity() -> None:
    fields = sent(limit_order(type=OrderType.MARKET), Extras(notional="500"))
    assert fields["notional"] == "500"
    assert "qty" not in fields
    assert "limit_price" not in fields


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time_in_force": TimeInForce.GTD}, "GTD"),
        ({"flags": OrderFlag.POST_ONLY}, "POST_ONLY"),
        ({"flags": OrderFlag.EXTENDED_HOURS | OrderFlag.REDUCE_ONLY}, "REDUCE_ONLY"),
        ({"time_in_force": TimeInForce.OPG, "type": OrderType.STOP}, "auctions only"),
        ({"instrument": "BTC/USD.ALPACA", "time_in_force": TimeInForce.CLS}, "GTC or IOC"),
        ({"flags": OrderFlag.REDUCE_ONLY}, "REDUCE_ONLY"),
        ({"leg": Leg.SHORT}, "hedging"),
        ({"instrument": "BTC/USD.ALPACA"}, "GTC or IOC"),
        (
            {
                "instrument": "BTC/USD.ALPACA",
                "time_in_force": TimeInForce.GTC,
                "type": OrderType.STOP,
            },
            "STOP_LIMIT only",
        ),
    ],
)
def test_what_the_venue_has_not_is_refused_before_sending(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        sent(limit_order(**changes))


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"flags": OrderFlag.EXTENDED_HOURS}, {"time_in_force": "day", "extended_hours": True}),
        ({"time_in_force": TimeInForce.OPG}, {"time_in_force": "opg", "limit_price": "171.55"}),
        (
            {"time_in_force": TimeInForce.CLS, "type": OrderType.MARKET},
            {"time_in_force": "cls", "type": "market"},
        ),
    ],
)
def test_auctions_and_extended_hours_ride_on_the_order(
    changes: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert sent(limit_order(**changes)).items() >= fields.items()


def test_extended_hours_need_a_limit_order_of_the_day() -> None:
    for changes in ({"time_in_force": TimeInForce.GTC}, {"type": OrderType.STOP_LIMIT}):
        with pytest.raises(Refused, match="limit orders of the day"):
            sent(limit_order(flags=OrderFlag.EXTENDED_HOURS, **changes))
    with pytest.raises(Refused, match="not both"):
        sent(limit_order(), Extras(trail_price="1", trail_percent="1"))


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=8))
def test_fills_of_nine_digits_add_up_to_the_quantity_in_our_units(parts: list[int]) -> None:
    total, units, seen = Decimal(0), 0, set()
    for part in parts:
        quantity = Decimal(part).scaleb(-9)
        total += quantity
        fill = fill_of(order(), Decimal("171.5"), quantity, total, APPLE)
        if fill is not None:
            units += fill.quantity
            assert fill.fill_id not in seen
            seen.add(fill.fill_id)
    assert units == int(total.scaleb(4))


def test_a_working_order_is_accepted_with_its_fills() -> None:
    reports = reports_of([order(filled_qty="2")], [execution()], APPLE)
    fill = m.OrderFilled(0, "j0-cross-11", f"{ORDER['id']}:2", 1_715_000, 20_000, 0, "USD", 2)
    terms = m.OrderRestated(0, "j0-cross-11", ORDER["id"], 150_000, 1_715_500)
    assert reports == [m.OrderAccepted(0, "j0-cross-11", ORDER["id"]), fill, terms]


@pytest.mark.parametrize(
    ("status", "last"),
    [
        ("canceled", m.OrderCanceled),
        ("expired", m.OrderExpired),
        ("pending_cancel", m.OrderRestated),
        ("done_for_day", m.OrderRestated),
    ],
)
def test_only_final_states_end_an_order(status: str, last: type[m.Report]) -> None:
    assert type(reports_of([order(status=status)], [], APPLE)[-1]) is last


@pytest.mark.parametrize(("kept", "executions"), [("0", 0), ("2", 1)])
def test_a_filled_order_whose_executions_were_taken_back_is_over(
    kept: str, executions: int
) -> None:
    found = reports_of([order(status="filled", filled_qty=kept)], [execution()] * executions, APPLE)
    assert found[-1] == m.OrderCanceled(
        0, "j0-cross-11", "executions taken back", 20_000 * executions
    )
    whole = reports_of([order(status="filled", filled_qty="15")], [execution()], APPLE)
    assert not isinstance(whole[-1], m.OrderCanceled)


def test_a_rejected_order_was_never_accepted() -> None:
    [report] = reports_of([order(status="rejected")], [], APPLE)
    assert isinstance(report, m.OrderRejected)


@pytest.mark.parametrize("carried", ["0", "2"])
def test_a_replaced_order_is_one_order_with_other_terms(carried: str) -> None:
    """The replacement may count what was filled before, or not: the quantity is the same."""
    left = {"0": "13", "2": "15"}[carried]
    chain = [
        order(status="replaced", filled_qty="2", replaced_by="new-id"),
        order(
            id="new-id",
            client_order_id="j0-cross-11~1",
            qty=left,
            filled_qty=carried,
            limit_price="172",
        ),
    ]
    reports = reports_of(chain, [execution()], APPLE)
    assert reports[0] == m.OrderAccepted(0, "j0-cross-11", ORDER["id"])
    assert reports[-1] == m.OrderRestated(0, "j0-cross-11", "new-id", 150_000, 1_720_000)
    assert {report.order_id for report in reports} == {"j0-cross-11"}


def test_updates_of_the_account_stream_are_read() -> None:
    data = {"event": "fill", "order": ORDER, "price": "171.5", "qty": "15", "position_qty": "15"}
    raw = msgspec.json.encode({"stream": "trade_updates", "data": data})
    update = decode_account_frame(raw)
    assert (update.event, update.price, update.order.id) == (  # type: ignore[union-attr]
        "fill",
        Decimal("171.5"),
        ORDER["id"],
    )


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"stream":"trade_updates","data":{}}', b"\xff", b'{"stream":5}']
)
def test_a_broken_update_is_a_bad_message(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        decode_account_frame(raw)
