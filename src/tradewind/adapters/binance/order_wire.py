"""The wire of orders: what Binance answers and reports about ours, as typed structs of text."""

from __future__ import annotations

import msgspec
from msgspec import field

from tradewind.adapters.binance.limits import RateLimit
from tradewind.adapters.binance.refusals import ErrorBody


class AnswerFill(msgspec.Struct, frozen=True, rename="camel"):
    """An execution inside a FULL answer.

    {"price":"4000.00","qty":"1.0","commission":"4.0","commissionAsset":"USDT","tradeId":56}
    """

    price: str
    qty: str
    commission: str
    commission_asset: str
    trade_id: int
    alloc_id: int = -1


class OrderAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """An order as answers to placing, canceling and asking tell it, of spot and USD-M.

    {"symbol":"BTCUSDT","orderId":28,"orderListId":-1,"clientOrderId":"6gCrw2kRUAF9CvJDGP16IP",
     "transactTime":1507725176595,"price":"0.0","origQty":"10.0","executedQty":"10.0",
     "cummulativeQuoteQty":"10.0","status":"FILLED","timeInForce":"GTC","type":"MARKET",
     "side":"SELL","fills":[...]}
    """

    symbol: str
    order_id: int
    client_order_id: str = ""
    orig_client_order_id: str = ""
    order_list_id: int = -1
    price: str = "0"
    orig_qty: str = "0"
    executed_qty: str = "0"
    status: str = ""
    time_in_force: str = ""
    type: str = ""
    side: str = ""
    stop_price: str = "0"
    position_side: str = "BOTH"
    expiry_reason: int | str = ""
    used_sor: bool = False
    fills: list[AnswerFill] = []


class AmendAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The answer to an amendment that keeps the place in the queue.

    {"transactTime":1741926410255,"executionId":75,"amendedOrder":{"symbol":"BTCUSDT",
     "orderId":33,"price":"6.00000000","qty":"5.00000000","executedQty":"0.00000000", ...}}
    """

    amended_order: AmendedOrder


class AmendedOrder(msgspec.Struct, frozen=True, rename="camel"):
    """The order as it works now."""

    symbol: str
    order_id: int
    client_order_id: str
    qty: str
    price: str
    status: str


class OrderListAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The answer to an order list.

    {"orderListId":1,"contingencyType":"OCO","listStatusType":"EXEC_STARTED",
     "listOrderStatus":"EXECUTING","listClientOrderId":"lH1YDkuQKWiXVXHPSKYEIp",
     "symbol":"LTCBTC","orderReports":[{"symbol":"LTCBTC","orderId":10, ...}, ...]}
    """

    order_list_id: int
    contingency_type: str
    list_status_type: str
    list_order_status: str
    list_client_order_id: str
    symbol: str
    order_reports: list[OrderAnswer] = []


class OfList(msgspec.Struct, frozen=True, rename="camel"):
    """The orders of a list that an answer is about: canceling one of them answers for all.

    {"orderListId":1,"listOrderStatus":"ALL_DONE","orderReports":[{"orderId":10, ...}, ...]}
    """

    order_reports: list[OrderAnswer] = []


class CancelReplaceAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Both halves of a cancel and replace: each an order, an error, or not attempted.

    {"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":{...},
     "newOrderResponse":{...}}
    """

    cancel_result: str
    new_order_result: str
    cancel_response: msgspec.Raw = field(default_factory=msgspec.Raw)
    new_order_response: msgspec.Raw = field(default_factory=msgspec.Raw)


class OwnTrade(msgspec.Struct, frozen=True, rename="camel"):
    """One of our executions, of spot (myTrades) and USD-M (userTrades).

    {"symbol":"BNBBTC","id":28457,"orderId":100234,"price":"4.00000100","qty":"12.00000000",
     "commission":"10.10000000","commissionAsset":"BNB","time":1499865549590,"isBuyer":true,
     "isMaker":false}
    {"buyer":false,"commission":"-0.07819010","commissionAsset":"USDT","id":698759,
     "maker":false,"orderId":25851813,"price":"7819.01","qty":"0.002","side":"SELL",
     "positionSide":"SHORT","symbol":"BTCUSDT","time":1569514978020}
    """

    symbol: str
    id: int
    order_id: int
    price: str
    qty: str
    commission: str
    commission_asset: str
    time: int
    is_buyer: bool = False
    is_maker: bool = False
    buyer: bool = False
    maker: bool = False


class Allocation(msgspec.Struct, frozen=True, rename="camel"):
    """An execution that the smart order router gave to one of our orders (spot).

    {"symbol":"BTCUSDT","allocationId":0,"allocationType":"SOR","orderId":1,"orderListId":-1,
     "price":"1.00000000","qty":"5.00000000","quoteQty":"5.00000000","commission":"0.00000000",
     "commissionAsset":"BTC","time":1687506878118,"isBuyer":true,"isMaker":false,
     "isAllocator":false}
    """

    allocation_id: int
    order_id: int
    price: str
    qty: str
    commission: str
    commission_asset: str
    time: int
    is_buyer: bool = False
    is_maker: bool = False


class SpotBalance(msgspec.Struct, frozen=True):
    """{"asset":"BTC","free":"4723846.89208129","locked":"0.00000000"}"""

    asset: str
    free: str
    locked: str


class SpotAccount(msgspec.Struct, frozen=True, rename="camel"):
    """{"canTrade":true,"canWithdraw":true,"balances":[...],"uid":354937868, ...}"""

    can_trade: bool = False
    can_withdraw: bool = False
    balances: list[SpotBalance] = []
    uid: int = 0


class FuturesBalance(msgspec.Struct, frozen=True, rename="camel"):
    """{"accountAlias":"SgsR","asset":"USDT","balance":"122607.35","availableBalance":"23.72"}"""

    asset: str
    balance: str
    available_balance: str = "0"
    account_alias: str = ""


class FuturesPosition(msgspec.Struct, frozen=True, rename="camel"):
    """{"symbol":"BTCUSDT","positionSide":"BOTH","positionAmt":"0.005","entryPrice":"9000.0"}"""

    symbol: str
    position_amt: str
    position_side: str = "BOTH"
    entry_price: str = "0"


class FuturesAccount(msgspec.Struct, frozen=True, rename="camel"):
    """{"canTrade":true,"canWithdraw":true,"assets":[...],"positions":[...]}"""

    can_trade: bool = False
    can_withdraw: bool = False


class KeyRights(msgspec.Struct, frozen=True, rename="camel"):
    """What a key may do. {"ipRestrict":false,"enableReading":true,"enableWithdrawals":false,
    "enableSpotAndMarginTrading":true,"enableFutures":false, ...}"""

    enable_withdrawals: bool
    enable_spot_and_margin_trading: bool = False
    enable_futures: bool = False


class ExecutionReport(msgspec.Struct, frozen=True):
    """What happened to one of our orders (spot); `c` of a cancel is the cancel's own id.

    {"e":"executionReport","E":1499405658658,"s":"ETHBTC","c":"mUvoqJxFIILMdfAW5iGSOW","S":"BUY",
     "o":"LIMIT","f":"GTC","q":"1.00000000","p":"0.10264410","P":"0.00000000","C":"","x":"NEW",
     "X":"NEW","r":"NONE","i":4293153,"l":"0.00000000","z":"0.00000000","L":"0.00000000",
     "n":"0","N":null,"T":1499405658657,"t":-1,"m":false, ...}
    """

    symbol: str = field(name="s")
    client_id: str = field(name="c")
    side: str = field(name="S")
    quantity: str = field(name="q")
    price: str = field(name="p")
    execution: str = field(name="x")
    status: str = field(name="X")
    venue_order_id: int = field(name="i")
    last_quantity: str = field(name="l")
    filled_quantity: str = field(name="z")
    last_price: str = field(name="L")
    time: int = field(name="T")
    trade_id: int = field(name="t", default=-1)
    original_client_id: str = field(name="C", default="")
    reject_reason: str = field(name="r", default="NONE")
    fee: str | None = field(name="n", default=None)
    fee_asset: str | None = field(name="N", default=None)
    is_maker: bool = field(name="m", default=False)
    expiry_reason: int | str = field(name="eR", default="")
    allocation_id: int = field(name="a", default=-1)

    @property
    def order_id(self) -> str:
        """Our id: that of the order, not that of a cancel."""
        return self.original_client_id or self.client_id


class FuturesOrder(msgspec.Struct, frozen=True):
    """What happened to one of our orders (USD-M).

    {"s":"BTCUSDT","c":"TEST","S":"SELL","o":"LIMIT","f":"GTC","q":"0.001","p":"7819.01",
     "ap":"0","sp":"0","x":"NEW","X":"NEW","i":8886774,"l":"0","z":"0","L":"0","T":1568879465650,
     "t":0,"m":false,"R":false,"ps":"BOTH","N":"USDT","n":"0"}
    """

    symbol: str = field(name="s")
    client_id: str = field(name="c")
    side: str = field(name="S")
    quantity: str = field(name="q")
    price: str = field(name="p")
    execution: str = field(name="x")
    status: str = field(name="X")
    venue_order_id: int = field(name="i")
    last_quantity: str = field(name="l")
    filled_quantity: str = field(name="z")
    last_price: str = field(name="L")
    time: int = field(name="T")
    trade_id: int = field(name="t", default=0)
    fee: str | None = field(name="n", default=None)
    fee_asset: str | None = field(name="N", default=None)
    is_maker: bool = field(name="m", default=False)

    original_client_id = ""
    reject_reason = "NONE"
    expiry_reason = ""
    allocation_id = -1

    @property
    def order_id(self) -> str:
        """Our id."""
        return self.client_id


class FuturesEvent(msgspec.Struct, frozen=True):
    """{"e":"ORDER_TRADE_UPDATE","E":1568879465651,"T":1568879465650,"o":{...}}"""

    event: str = field(name="e", default="")
    order: FuturesOrder | None = field(name="o", default=None)


class EventKind(msgspec.Struct, frozen=True):
    """What tells the kind of an event."""

    event: str = field(name="e", default="")


class ApiFrame(msgspec.Struct, frozen=True, rename="camel"):
    """A frame of the WebSocket API: the answer to a request, or an event.

    {"id":"d3df8a22","status":200,"result":{"subscriptionId":0},"rateLimits":[...]}
    {"subscriptionId":0,"event":{"e":"executionReport", ...}}
    {"event":{"e":"serverShutdown","E":1770123456789}}
    """

    id: int | str | None = None
    status: int = 0
    result: msgspec.Raw = field(default_factory=msgspec.Raw)
    error: ErrorBody | None = None
    rate_limits: list[RateLimit] = []
    event: msgspec.Raw = field(default_factory=msgspec.Raw)
