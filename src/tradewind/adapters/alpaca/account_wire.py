"""The wire of Alpaca's account: cash, positions, executions, assets, clock, calendar, errors."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import field


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account.

    {"id":"904837e3-3b76-47ec-b432-046db621571b","account_number":"010203ABCD","status":"ACTIVE",
     "currency":"USD","cash":"4000.32","buying_power":"4000.32","multiplier":"1",
     "pattern_day_trader":false,"trading_blocked":false,"transfers_blocked":false,
     "account_blocked":false,"trade_suspended_by_user":false,"shorting_enabled":true, ...}
    """

    account_number: str
    status: str
    currency: str = "USD"
    cash: Decimal
    buying_power: Decimal
    trading_blocked: bool = False
    account_blocked: bool = False
    suspended: bool = field(name="trade_suspended_by_user", default=False)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A position; the quantity of a short one is negative. Crypto has no slash in its symbol.

    {"asset_id":"b0b6dd9d-8b9b-48a9-ba46-b9d54906e415","symbol":"AAPL","exchange":"NASDAQ",
     "asset_class":"us_equity","avg_entry_price":"174.78","qty":"2","qty_available":"2",
     "side":"long","market_value":"348.58","cost_basis":"349.56", ...}
    """

    asset_id: str
    symbol: str
    quantity: Decimal = field(name="qty")
    average_price: Decimal = field(name="avg_entry_price")
    side: str = "long"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """An activity of type FILL; its id is the token of the page behind it.

    {"id":"20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e","activity_type":"FILL",
     "transaction_time":"2022-02-02T18:55:09.981482Z","type":"fill","price":"174.78","qty":"2",
     "side":"buy","symbol":"AAPL","leaves_qty":"0","cum_qty":"2",
     "order_id":"b5abe576-6a8a-49f3-a353-46b72c1ccae9","order_status":"filled"}
    """

    id: str
    transaction_time: str
    price: Decimal
    quantity: Decimal = field(name="qty")
    cumulative_quantity: Decimal = field(name="cum_qty")
    side: str
    symbol: str
    order_id: str


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """What can be traded; steps stand with crypto only.

    {"id":"b0b6dd9d-8b9b-48a9-ba46-b9d54906e415","class":"us_equity","exchange":"NASDAQ",
     "symbol":"AAPL","name":"Apple Inc. Common Stock","status":"active","tradable":true,
     "marginable":true,"shortable":true,"easy_to_borrow":true,"fractionable":true}
    {"id":"276e2673-764b-4ab6-a611-caf665ca6340","class":"crypto","exchange":"CRYPTO",
     "symbol":"BTC/USD","name":"Bitcoin / US Dollar","status":"active","tradable":true,
     "fractionable":true,"min_order_size":"0.0001","min_trade_increment":"0.0001",
     "price_increment":"1", ...}
    """

    id: str
    kind: str = field(name="class")
    symbol: str
    status: str
    tradable: bool
    fractionable: bool = False
    least_quantity: Decimal | None = field(name="min_order_size", default=None)
    quantity_step: Decimal | None = field(name="min_trade_increment", default=None)
    price_step: Decimal | None = field(name="price_increment", default=None)


class MarketClock(msgspec.Struct, frozen=True):
    """Whether the regular session is on.

    {"timestamp":"2019-09-16T17:06:21.123456789-04:00","is_open":false,
     "next_open":"2019-09-17T09:30:00-04:00","next_close":"2019-09-17T16:00:00-04:00"}
    """

    timestamp: str
    is_open: bool
    next_open: str
    next_close: str


class Session(msgspec.Struct, frozen=True):
    """One day of the calendar, in New York's time.

    {"date":"2024-07-03","open":"09:30","close":"13:00","session_open":"0400",
     "session_close":"2000"}
    """

    date: str
    open: str
    close: str
    session_open: str = "0400"
    session_close: str = "2000"


class ErrorAnswer(msgspec.Struct, frozen=True):
    """What is behind a status of 400 and more; the code is the status and two to four digits.

    {"code":40310000,"message":"insufficient buying power"}
    """

    code: int = 0
    message: str = ""


def error_of(body: bytes) -> ErrorAnswer:
    """The error that a body tells; one that tells none is empty.

    >>> error_of(b'{"code":40410000,"message":"order not found"}').message
    'order not found'
    >>> error_of(b"<html>")
    ErrorAnswer(code=0, message='')
    """
    try:
        return msgspec.json.decode(body, type=ErrorAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ErrorAnswer()
