"""The table of Binance's spot calls that the local venue serves."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.venue.binance import account_calls as accounts
from tradewind.venue.binance import list_calls as lists
from tradewind.venue.binance import market_calls as markets
from tradewind.venue.binance import order_calls as orders
from tradewind.venue.binance.calls import Endpoint, Security
from tradewind.venue.binance.parameters import Parameters

NONE, KEY, DATA, TRADE = Security.NONE, Security.KEY, Security.USER_DATA, Security.TRADE


def one_or_all(one: int, several: int) -> Callable[[Parameters], int]:
    """A weight that depends on whether a symbol is named."""
    return lambda parameters: one if parameters.texts.get("symbol") else several


def orders_test_weight(parameters: Parameters) -> int:
    """The weight of a test of an order."""
    return 20 if parameters.texts.get("computeCommissionRates") == "true" else 1


def trades_weight(parameters: Parameters) -> int:
    """The weight of the account's trades."""
    return 5 if parameters.texts.get("orderId") else 20


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET /api/v3/ping", "ping", 1, NONE, accounts.ping),
    Endpoint("GET /api/v3/time", "time", 1, NONE, accounts.server_time),
    Endpoint("GET /api/v3/exchangeInfo", "exchangeInfo", 20, NONE, accounts.exchange_info),
    Endpoint("GET /api/v3/depth", "depth", markets.depth_weight, NONE, markets.depth),
    Endpoint("GET /api/v3/trades", "trades.recent", 25, NONE, markets.trades),
    Endpoint("GET /api/v3/historicalTrades", "trades.historical", 25, NONE, markets.trades),
    Endpoint("GET /api/v3/aggTrades", "trades.aggregate", 4, NONE, markets.aggregate_trades),
    Endpoint("GET /api/v3/klines", "klines", 2, NONE, markets.klines),
    Endpoint("GET /api/v3/uiKlines", "uiKlines", 2, NONE, markets.klines),
    Endpoint("GET /api/v3/avgPrice", "avgPrice", 2, NONE, markets.average_price),
    Endpoint("GET /api/v3/ticker/24hr", "ticker.24hr", one_or_all(2, 80), NONE, markets.day_ticker),
    Endpoint(
        "GET /api/v3/ticker/tradingDay", "ticker.tradingDay", 4, NONE, markets.trading_day_ticker
    ),
    Endpoint("GET /api/v3/ticker", "ticker", 4, NONE, markets.rolling_ticker),
    Endpoint(
        "GET /api/v3/ticker/price", "ticker.price", one_or_all(2, 4), NONE, markets.price_ticker
    ),
    Endpoint(
        "GET /api/v3/ticker/bookTicker", "ticker.book", one_or_all(2, 4), NONE, markets.book_ticker
    ),
    Endpoint("POST /api/v3/order/test", "order.test", orders_test_weight, TRADE, orders.try_order),
    Endpoint("POST /api/v3/order", "order.place", 1, TRADE, orders.place, orders=1),
    Endpoint("DELETE /api/v3/order", "order.cancel", 1, TRADE, orders.cancel),
    Endpoint(
        "POST /api/v3/order/cancelReplace",
        "order.cancelReplace", 1, TRADE, orders.cancel_replace, orders=1,
    ),
    Endpoint(
        "PUT /api/v3/order/amend/keepPriority", "order.amend.keepPriority", 4, TRADE, orders.amend
    ),
    Endpoint("DELETE /api/v3/openOrders", "openOrders.cancelAll", 1, TRADE, orders.cancel_all),
    Endpoint("GET /api/v3/order", "order.status", 4, DATA, orders.query),
    Endpoint("GET /api/v3/order/amendments", "order.amendments", 4, DATA, orders.amendments),
    Endpoint(
        "GET /api/v3/openOrders", "openOrders.status", one_or_all(6, 80), DATA, orders.open_orders
    ),
    Endpoint("GET /api/v3/allOrders", "allOrders", 20, DATA, orders.all_orders),
    Endpoint("GET /api/v3/myTrades", "myTrades", trades_weight, DATA, orders.my_trades),
    Endpoint("GET /api/v3/account", "account.status", 20, DATA, accounts.account),
    Endpoint("GET /api/v3/account/commission", "account.commission", 20, DATA, accounts.commission),
    Endpoint(
        "GET /api/v3/rateLimit/order", "account.rateLimits.orders", 40, DATA, accounts.order_limits
    ),
    Endpoint("GET /api/v3/myFilters", "myFilters", 40, DATA, accounts.my_filters),
    Endpoint(
        "GET /api/v3/myPreventedMatches", "myPreventedMatches", 20, DATA, accounts.nothing
    ),
    Endpoint("GET /api/v3/myAllocations", "myAllocations", 20, DATA, orders.allocations),
    Endpoint("POST /api/v3/sor/order", "sor.order.place", 1, TRADE, orders.place_routed, orders=1),
    Endpoint("POST /api/v3/sor/order/test", "sor.order.test", 1, TRADE, orders.try_routed),
    Endpoint(
        "POST /api/v3/orderList/oco", "orderList.place.oco", 1, TRADE, lists.place_oco, orders=2
    ),
    Endpoint(
        "POST /api/v3/orderList/oto", "orderList.place.oto", 1, TRADE, lists.place_oto, orders=2
    ),
    Endpoint(
        "POST /api/v3/orderList/otoco",
        "orderList.place.otoco", 1, TRADE, lists.place_otoco, orders=3,
    ),
    Endpoint("DELETE /api/v3/orderList", "orderList.cancel", 1, TRADE, lists.cancel_list),
    Endpoint("GET /api/v3/orderList", "orderList.status", 4, DATA, lists.query_list),
    Endpoint("GET /api/v3/openOrderList", "openOrderLists.status", 6, DATA, lists.open_lists),
    Endpoint("GET /api/v3/allOrderList", "allOrderLists", 20, DATA, lists.all_lists),
    Endpoint("GET /sapi/v1/margin/allPairs", "", 1, KEY, accounts.nothing),
    Endpoint("GET /sapi/v1/margin/isolated/allPairs", "", 1, DATA, accounts.nothing),
    Endpoint("GET /sapi/v1/capital/config/getall", "", 10, DATA, accounts.coins),
    Endpoint("GET /sapi/v1/account/apiRestrictions", "", 1, DATA, accounts.restrictions),
)  # fmt: skip
"""Calls by REST and WebSocket name, with weight, security and handler."""

NOT_SERVED = (
    "order lists opo and opoco, order/oco (deprecated)",
    "smart order routing over more than one symbol",
    "pegged orders (pegPriceType)",
    "RSA keys",
    "SBE answers and streams",
    "FIX",
    "historicalBlockTrades, executionRules, referencePrice",
)
"""What the sheet of the venue has and this server has not."""
