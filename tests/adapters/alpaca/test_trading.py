"""Alpaca trading against a server that misbehaves: sent once, refused, unknown, replaced."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from tests.adapters.alpaca.samples import EXECUTION, ORDER, limit_order, update
from tests.adapters.loopback_venue import Told, told
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.alpaca.account import ORDERS_ASKED_MAX, AlpacaAccount
from tradewind.adapters.alpaca.orders import Extras
from tradewind.adapters.alpaca.rest import Duplicate, Hosts, Keys, rest_of
from tradewind.adapters.alpaca.trading import AlpacaTrading
from tradewind.adapters.net.outcome import BadAnswer, NeverSent, ServerFailed
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.trading import Refused

KEY, SECRET = "PK-nobody-may-see", "a-secret-nobody-may-see"
KEYS = Keys(Secret(KEY), Secret(SECRET))
ASSET = {
    "id": ORDER["asset_id"],
    "class": "us_equity",
    "symbol": "AAPL",
    "status": "active",
    "tradable": True,
    "fractionable": True,
}
CLOCK = {
    "timestamp": "2021-03-16T14:38:01-04:00",
    "is_open": False,
    "next_open": "2021-03-17T09:30:00-04:00",
    "next_close": "2021-03-17T16:00:00-04:00",
}
ORDERS = ("POST", "/v2/orders")
ONE = f"/v2/orders/{ORDER['id']}"
BY_ID = ("GET", "/v2/orders:by_client_order_id")
ANSWERS: dict[tuple[str, str], Any] = {
    ("GET", "/v2/assets/AAPL"): (200, ASSET),
    ("GET", "/v2/clock"): (200, CLOCK),
}

Use = Callable[[AlpacaTrading, Told, list[m.Report]], Awaitable[Any]]


def using(answers: dict[tuple[str, str], Any], use: Use) -> Any:
    """Use the adapter as it is behind its start, without the account stream."""

    async def run() -> Any:
        async with told(ANSWERS | answers) as (base, venue):
            trading = AlpacaTrading(
                ["AAPL.ALPACA"], KEYS, Hosts(base), clock=RealClock(), chance=no_chance
            )
            session = Session()
            reports: list[m.Report] = []
            trading._deliver = reports.append
            trading._session = session
            trading._rest = rest_of(
                "alpaca", base, session, KEYS, clock=RealClock(), chance=no_chance
            )
            trading._account = AlpacaAccount(trading._rest, RealClock())
            await trading._account.learn(["AAPL.ALPACA"])
            venue.asked.clear()
            try:
                return await use(trading, venue, reports)
            finally:
                await trading.close()

    return asyncio.run(run())


async def submitted(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
    await trading.submit(limit_order())


def test_an_order_is_sent_once_with_both_keys_and_accepted() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        await trading.submit(limit_order())
        [asked] = venue.asked
        assert asked.headers["APCA-API-KEY-ID"] == KEY
        assert asked.headers["APCA-API-SECRET-KEY"] == SECRET
        assert msgspec.json.decode(asked.body)["client_order_id"] == "j0-cross-11"
        assert reports == [m.OrderAccepted(0, "j0-cross-11", ORDER["id"])]

    using({ORDERS: (200, ORDER)}, use)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_leaves_the_order_unknown_and_is_asked_once(status: int) -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(ServerFailed):
            await trading.submit(limit_order())
        assert venue.paths("POST") == ["/v2/orders"]
        assert reports == []

    using({ORDERS: (status, b"")}, use)


def test_an_answer_that_cannot_be_read_leaves_the_order_unknown() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(BadAnswer):
            await trading.submit(limit_order())

    for answer in ((200, b"<html>"), (302, b""), (200, {"id": 5})):
        using({ORDERS: answer}, use)


@pytest.mark.parametrize(
    ("status", "code", "words", "explained"),
    [
        (403, 40310000, "insufficient buying power", "the account may not"),
        (422, 42210000, "limit price must not be sub-penny", "sub-penny"),
        (401, 40110000, "access key verification failed", "ALPACA_SECRET_KEY"),
        (404, 40410000, "asset not found", "does not have it"),
    ],
)
def test_a_refusal_has_the_venues_words_and_ours(
    status: int, code: int, words: str, explained: str
) -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(Refused, match=explained) as caught:
            await trading.submit(limit_order())
        assert words in str(caught.value)
        assert str(code) in str(caught.value)

    using({ORDERS: (status, {"code": code, "message": words})}, use)


def test_a_rate_refusal_changed_nothing() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(Refused, match=r"429 .*we sent more than the venue allows"):
            await trading.submit(limit_order())
        assert len(venue.asked) == 1

    using({ORDERS: (429, {"message": "rate limit exceeded"})}, use)


def test_an_id_that_is_there_already_is_asked_for_and_not_refused() -> None:
    """We send nothing twice, so what is there is ours: to reject it would lose it."""

    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(Duplicate):
            await trading.submit(limit_order())
        [report, _] = (
            await trading.query(m.QueryOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA")) or []
        )
        assert report == m.OrderAccepted(0, "j0-cross-11", ORDER["id"])

    refusal = {"code": 40010001, "message": "client_order_id must be unique"}
    using({ORDERS: (422, refusal), BY_ID: (200, ORDER)}, use)


def test_no_server_at_all_is_never_sent() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        vars(trading._rest.client._connections).update(_port=1, _idle=[])  # nobody is there
        with pytest.raises(NeverSent):
            await trading.submit(limit_order())

    using({}, use)


QUERY = m.QueryOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA")
FILLS = ("GET", "/v2/account/activities/FILL")


def test_an_order_that_is_not_there_is_none() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        assert await trading.query(QUERY) is None

    using({BY_ID: (404, {"code": 40410000, "message": "order not found"})}, use)


def test_a_replaced_order_is_followed_to_its_last_form() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        found = await trading.query(QUERY) or []
        kinds = [type(report).__name__ for report in found]
        assert kinds == ["OrderAccepted", "OrderFilled", "OrderCanceled"]
        assert found[-1] == m.OrderCanceled(0, "j0-cross-11", "", 20_000)
        with pytest.raises(Refused):
            await trading.cancel(m.CancelOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA"))
        assert venue.paths("DELETE") == ["/v2/orders/new-id"]

    old = ORDER | {"status": "replaced", "replaced_by": "new-id", "filled_qty": "2"}
    new = ORDER | {
        "id": "new-id",
        "client_order_id": "j0-cross-11~1",
        "status": "canceled",
        "qty": "13",
    }
    using(
        {
            BY_ID: (200, old),
            ("GET", "/v2/orders/new-id"): (200, new),
            FILLS: (200, [EXECUTION]),
            ("DELETE", "/v2/orders/new-id"): (422, {"message": "order is not cancelable"}),
        },
        use,
    )


def test_executions_that_lag_behind_the_order_are_no_answer() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(OutsideError, match="executions"):
            await trading.query(QUERY)

    using({BY_ID: (200, ORDER | {"filled_qty": "3"}), FILLS: (200, [EXECUTION])}, use)


def test_a_cancel_finds_the_replacement_that_we_did_not_hear_of() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        await trading.submit(limit_order())
        await trading.cancel(m.CancelOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA"))
        assert venue.paths("DELETE") == [ONE, "/v2/orders/new-id"]

    new = ORDER | {"id": "new-id", "client_order_id": "j0-cross-11~1"}
    using(
        {
            ORDERS: (200, ORDER),
            BY_ID: (200, ORDER | {"status": "replaced", "replaced_by": "new-id"}),
            ("GET", "/v2/orders/new-id"): (200, new),
            ("DELETE", ONE): (422, {"message": "order is already replaced"}),
            ("DELETE", "/v2/orders/new-id"): (204, b""),
        },
        use,
    )


def amend(quantity: int, limit_price: int) -> m.AmendOrder:
    return m.AmendOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA", quantity, limit_price)


def test_an_amendment_is_confirmed_by_the_stream_and_sends_only_what_changes() -> None:
    new = ORDER | {"id": "new-id", "client_order_id": "j0-cross-11~1", "replaces": ORDER["id"]}

    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        await trading.amend(amend(150_000, 1_720_000))
        body = msgspec.json.decode(venue.asked[-1].body)
        assert body == {"client_order_id": "j0-cross-11~1", "limit_price": "172"}
        assert reports == []
        old = ORDER | {"status": "replaced", "replaced_by": "new-id"}
        trading._on_update(update("replaced", old))
        assert reports == [m.OrderAmended(0, "j0-cross-11", 150_000, 1_720_000)]
        trading._on_update(update("new", new))
        assert len(reports) == 1
        await trading.cancel(m.CancelOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA"))
        assert venue.paths("DELETE") == ["/v2/orders/new-id"]

    using(
        {
            BY_ID: (200, ORDER),
            ("PATCH", ONE): (200, new),
            ("DELETE", "/v2/orders/new-id"): (204, b""),
        },
        use,
    )


def test_an_amendment_without_a_limit_keeps_the_one_there_is() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        await trading.amend(amend(100_000, 0))
        assert "limit_price" not in msgspec.json.decode(venue.asked[-1].body)
        trading._on_update(update("replaced", ORDER | {"replaced_by": "new-id"}))
        assert reports == [m.OrderAmended(0, "j0-cross-11", 100_000, 1_715_500)]

    new = ORDER | {"id": "new-id", "client_order_id": "j0-cross-11~1", "qty": "10"}
    using({BY_ID: (200, ORDER), ("PATCH", ONE): (200, new)}, use)


def test_the_quantity_of_a_partly_filled_order_is_not_changed() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        with pytest.raises(Refused, match="partly filled"):
            await trading.amend(amend(160_000, 1_715_500))
        assert venue.paths("PATCH") == []

    using({BY_ID: (200, ORDER | {"filled_qty": "2"})}, use)


def test_the_fill_of_the_stream_and_of_a_query_are_the_same() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        order = ORDER | {"filled_qty": "2", "status": "partially_filled"}
        trading._on_update(update("partial_fill", order, price="171.5", qty="2"))
        asked = await trading.query(QUERY) or []
        assert asked[1] == reports[0]
        [fill] = await trading.fills("AAPL.ALPACA", since_ns=0)
        assert isinstance(reports[0], m.OrderFilled)
        assert (fill.fill_id, fill.quantity) == (reports[0].fill_id, reports[0].quantity)
        assert fill.order_id == "j0-cross-11"

    partly = ORDER | {"filled_qty": "2", "status": "partially_filled"}
    using({BY_ID: (200, partly), FILLS: (200, [EXECUTION])}, use)


def test_what_the_account_has_is_told() -> None:
    account = {
        "account_number": "010203ABCD",
        "status": "ACTIVE",
        "currency": "USD",
        "cash": "4000.3234567",
        "buying_power": "2000.5",
        "trading_blocked": False,
    }
    position = {
        "asset_id": ORDER["asset_id"],
        "symbol": "AAPL",
        "qty": "-2.5",
        "avg_entry_price": "174.78125",
        "side": "short",
    }
    other = position | {"asset_id": "x", "symbol": "MSFT", "qty": "1", "side": "long"}

    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        [balance] = await trading.balances()
        assert (balance.total, balance.free) == (4_000_323_456, 2_000_500_000)
        apple, microsoft = await trading.positions()
        assert (apple.instrument, apple.quantity, apple.average_price) == (
            "AAPL.ALPACA",
            -25_000,
            1_747_812,
        )
        assert (microsoft.instrument, microsoft.text) == ("", "1 MSFT")
        permissions = await trading.permissions()
        assert (permissions.account, permissions.can_trade) == ("010203ABCD", True)
        closed = await trading.closed_instruments()
        assert closed == {"AAPL.ALPACA": "the market is closed until 2021-03-17T09:30:00-04:00"}
        [open_order] = await trading.open_orders()
        assert (open_order.order_id, open_order.quantity) == ("j0-cross-11", 150_000)

    using(
        {
            ("GET", "/v2/account"): (200, account),
            ("GET", "/v2/positions"): (200, [position, other]),
            ("GET", "/v2/orders"): (200, [ORDER]),
        },
        use,
    )


def test_executions_are_read_page_by_page() -> None:
    def page(asked: Any) -> Any:
        begun = int(asked.query.get("page_token", "0"))
        rows = range(begun + 1, min(begun + 101, 251))
        return 200, [
            EXECUTION | {"id": str(n), "order_id": f"o{n}", "qty": "1", "cum_qty": "1"}
            for n in rows
        ]

    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        found = await trading.fills("AAPL.ALPACA", since_ns=0)
        assert len(found) == 250
        pages = [asked for asked in venue.asked if asked.path == FILLS[1]]
        assert [asked.query.get("page_token") for asked in pages] == [None, "100", "200"]
        asked_for = [asked.path for asked in venue.asked if asked.path != FILLS[1]]
        newest = [f"/v2/orders/o{n}" for n in range(250, 250 - ORDERS_ASKED_MAX, -1)]
        assert asked_for == newest
        assert [one.order_id for one in found[-2:]] == ["", "j0-cross-11"]
        await trading.fills("AAPL.ALPACA", since_ns=0)
        again = [asked.path for asked in venue.asked if asked.path.startswith("/v2/orders/")]
        assert len(set(again)) == len(again)

    order = ORDER | {"id": "o250", "client_order_id": "j0-cross-11~2"}
    using({FILLS: page, ("GET", "/v2/orders/o250"): (200, order)}, use)


def test_no_key_is_in_an_error_or_a_repr() -> None:
    refusal = {"code": 1, "message": f"bad key {KEY} with {SECRET}"}

    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        said = []
        for call in (trading.submit(limit_order()), trading.balances(), trading.positions()):
            with contextlib.suppress(Refused, OutsideError):
                await call
                said.append("no error")
        for status in (401, 500):
            venue.answers[("GET", "/v2/account")] = (status, refusal)
            with pytest.raises((Refused, OutsideError)) as caught:
                await trading.balances()
            said.append(f"{caught.value} {caught.value!r} {caught.getrepr(showlocals=False)}")
        said += [repr(trading.__dict__), repr(KEYS), str(KEYS), repr(trading._rest.__dict__)]
        said.append(repr(trading._stream.__dict__))
        text = " ".join(said)
        assert KEY not in text
        assert SECRET not in text

    using({ORDERS: (401, refusal)}, use)


def test_a_bracket_goes_out_as_one_order() -> None:
    async def use(trading: AlpacaTrading, venue: Told, reports: list[m.Report]) -> None:
        await trading.submit_with(limit_order(), Extras(take_profit="180", stop_loss="165"))
        assert msgspec.json.decode(venue.asked[0].body)["order_class"] == "bracket"

    using({ORDERS: (200, ORDER | {"order_class": "bracket"})}, use)
