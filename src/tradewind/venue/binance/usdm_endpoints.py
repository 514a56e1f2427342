"""The table of Binance's USD-M calls that the local venue serves."""

from __future__ import annotations

from tradewind.venue.binance import account_calls as venue
from tradewind.venue.binance import market_calls as markets
from tradewind.venue.binance import usdm_account as accounts
from tradewind.venue.binance import usdm_calls as orders
from tradewind.venue.binance.calls import Endpoint, Handler, Security, Weight
from tradewind.venue.binance.endpoints import one_or_all

NONE, KEY, DATA, TRADE = Security.NONE, Security.KEY, Security.USER_DATA, Security.TRADE


def _endpoint(
    rest: str, weight: Weight, security: Security, handler: Handler, orders_counted: int = 0
) -> Endpoint:
    method, path = rest.split(" ")
    return Endpoint(f"{method} /fapi/{path}", "", weight, security, handler, orders_counted)


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("GET v1/ping", 1, NONE, venue.ping),
    _endpoint("GET v1/time", 1, NONE, venue.server_time),
    _endpoint("GET v1/exchangeInfo", 1, NONE, accounts.exchange_info),
    _endpoint("GET v1/depth", markets.depth_weight, NONE, accounts.depth),
    _endpoint("GET v1/trades", 5, NONE, markets.trades),
    _endpoint("GET v1/historicalTrades", 20, NONE, markets.trades),
    _endpoint("GET v1/aggTrades", 20, NONE, markets.aggregate_trades),
    _endpoint("GET v1/klines", 5, NONE, markets.klines),
    _endpoint("GET v1/premiumIndex", one_or_all(1, 10), NONE, accounts.premium_index),
    _endpoint("GET v1/ticker/24hr", one_or_all(1, 40), NONE, markets.day_ticker),
    _endpoint("GET v1/ticker/price", one_or_all(1, 2), NONE, markets.price_ticker),
    _endpoint("GET v2/ticker/price", one_or_all(1, 2), NONE, markets.price_ticker),
    _endpoint("GET v1/ticker/bookTicker", one_or_all(2, 5), NONE, markets.book_ticker),
    _endpoint("POST v1/order/test", 1, TRADE, orders.try_order),
    _endpoint("POST v1/order", 1, TRADE, orders.place, 1),
    _endpoint("PUT v1/order", 1, TRADE, orders.modify, 1),
    _endpoint("DELETE v1/order", 1, TRADE, orders.cancel),
    _endpoint("POST v1/batchOrders", 5, TRADE, orders.place_batch, 1),
    _endpoint("DELETE v1/batchOrders", 1, TRADE, orders.cancel_batch),
    _endpoint("DELETE v1/allOpenOrders", 1, TRADE, orders.cancel_all),
    _endpoint("POST v1/countdownCancelAll", 10, TRADE, orders.count_down),
    _endpoint("GET v1/order", 1, DATA, orders.query),
    _endpoint("GET v1/openOrder", 1, DATA, orders.query_open),
    _endpoint("GET v1/openOrders", one_or_all(1, 40), DATA, orders.open_orders),
    _endpoint("GET v1/allOrders", 5, DATA, orders.all_orders),
    _endpoint("GET v1/userTrades", 5, DATA, orders.user_trades),
    _endpoint("GET v2/balance", 5, DATA, accounts.balances),
    _endpoint("GET v3/balance", 5, DATA, accounts.balances),
    _endpoint("GET v2/account", 5, DATA, accounts.account),
    _endpoint("GET v3/account", 5, DATA, accounts.account),
    _endpoint("GET v2/positionRisk", 5, DATA, accounts.positions),
    _endpoint("GET v3/positionRisk", 5, DATA, accounts.open_positions),
    _endpoint("GET v1/leverageBracket", 1, DATA, accounts.brackets),
    _endpoint("POST v1/leverage", 1, TRADE, accounts.set_leverage),
    _endpoint("POST v1/marginType", 1, TRADE, accounts.set_margin_type),
    _endpoint("GET v1/positionSide/dual", 30, DATA, accounts.hedging),
    _endpoint("POST v1/positionSide/dual", 1, TRADE, accounts.set_hedging),
    _endpoint("GET v1/multiAssetsMargin", 30, DATA, accounts.multi_assets),
    _endpoint("GET v1/commissionRate", 20, DATA, accounts.commission_rate),
    _endpoint("GET v1/income", 30, DATA, accounts.income),
    _endpoint("POST v1/listenKey", 1, KEY, accounts.listen),
    _endpoint("PUT v1/listenKey", 1, KEY, accounts.keep_listening),
    _endpoint("DELETE v1/listenKey", 1, KEY, accounts.stop_listening),
    Endpoint("GET /sapi/v1/account/apiRestrictions", "", 1, DATA, venue.restrictions),
)
"""Calls with weight, security and handler."""

NOT_SERVED = (
    "liquidation, isolated margin, multi-assets mode",
    "the algo order endpoints: conditional orders go to POST /fapi/v1/order",
    "the WebSocket API of futures",
    "continuous and index klines, open interest, income other than funding, COIN-M",
)
"""What the venue has and this server has not."""
