"""Calls about the futures account and its contracts: rules, positions, leverage, listen keys."""

from __future__ import annotations

from typing import Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import ApiError
from tradewind.venue.binance.funding import INTERVAL_MS as FUNDING_INTERVAL_MS
from tradewind.venue.binance.funding import RATE as FUNDING_RATE
from tradewind.venue.binance.market_calls import of_symbols
from tradewind.venue.binance.order_calls import limit_of
from tradewind.venue.binance.usdm_calls import futures
from tradewind.venue.binance.usdm_entry import (
    LIFETIMES,
    MAX_NUM_ALGO_ORDERS,
    MAX_NUM_ORDERS,
    PRICE_MAX,
    TYPES,
)
from tradewind.venue.binance.usdm_rows import money, on_step, position_row
from tradewind.venue.chaos import milliseconds
from tradewind.venue.listing import Listing
from tradewind.venue.margin import BOTH, LONG, SHORT
from tradewind.venue.orders import BUY, SELL, ZERO

LEVERAGE_MAX = 125
FAR_AWAY_MS = 4_133_404_800_000


def exchange_info(call: Call) -> dict[str, Any]:
    """GET exchangeInfo."""
    assets = [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}]
    return {
        "timezone": "UTC",
        "serverTime": milliseconds(call.now_ns),
        "futuresType": "U_MARGINED",
        "rateLimits": call.venue.limits.rule_rows(),
        "exchangeFilters": [],
        "assets": assets,
        "symbols": [
            symbol_row(book.listing, call)
            for symbol, book in call.venue.exchange.books.items()
            if symbol not in call.venue.delisted
        ],
    }


def symbol_row(listing: Listing, call: Call) -> dict[str, Any]:
    """A contract as exchangeInfo lists it."""
    return {
        "symbol": listing.symbol,
        "pair": listing.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": FAR_AWAY_MS,
        "onboardDate": 1_569_398_400_000,
        "status": "PENDING_TRADING" if listing.symbol in call.venue.exchange.halts else "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "pricePrecision": -int(listing.tick.as_tuple().exponent),
        "quantityPrecision": -int(listing.lot.as_tuple().exponent),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": filter_rows(listing),
        "orderTypes": list(TYPES),
        "timeInForce": list(LIFETIMES),
    }


def filter_rows(listing: Listing) -> list[dict[str, Any]]:
    """The filters of a contract."""
    sizes = {
        "minQty": f"{listing.minimum_quantity:f}",
        "maxQty": f"{listing.maximum_quantity:f}",
        "stepSize": f"{listing.lot:f}",
    }
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": f"{listing.tick:f}",
            "maxPrice": f"{PRICE_MAX}",
            "tickSize": f"{listing.tick:f}",
        },
        {"filterType": "LOT_SIZE", **sizes},
        {"filterType": "MARKET_LOT_SIZE", **sizes},
        {"filterType": "MAX_NUM_ORDERS", "limit": MAX_NUM_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": MAX_NUM_ALGO_ORDERS},
        {"filterType": "MIN_NOTIONAL", "notional": f"{listing.minimum_notional:f}"},
    ]


def depth(call: Call) -> dict[str, Any]:
    """GET depth: as spot's, with the times of the book."""
    book = call.venue.exchange.books[call.symbol()]
    tick, lot = book.listing.tick, book.listing.lot
    limit = limit_of(call.parameters, 500, 1000)
    now_ms = milliseconds(call.now_ns)
    bids, asks = (
        [[on_step(price, tick), on_step(size, lot)] for price, size in book.levels(side, limit)]
        for side in (BUY, SELL)
    )
    return {"lastUpdateId": book.update_id, "E": now_ms, "T": now_ms, "bids": bids, "asks": asks}


def premium_index(call: Call) -> Any:
    """GET premiumIndex: mark price and funding rate."""
    now_ms = milliseconds(call.now_ns)

    def one(symbol: str) -> dict[str, Any]:
        mark = money(futures(call).mark(symbol))
        return {
            "symbol": symbol,
            "markPrice": mark,
            "indexPrice": mark,
            "estimatedSettlePrice": mark,
            "lastFundingRate": f"{FUNDING_RATE}",
            "interestRate": f"{FUNDING_RATE}",
            "nextFundingTime": now_ms - now_ms % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS,
            "time": now_ms,
        }

    return of_symbols(call, one)


def balances(call: Call) -> list[dict[str, Any]]:
    """GET balance."""
    clearing, owner = futures(call).clearing, call.owner
    wallet = owner.balance(clearing.asset).total
    return [
        {
            "accountAlias": f"demo{owner.number}",
            "asset": clearing.asset,
            "balance": money(wallet),
            "crossWalletBalance": money(wallet),
            "crossUnPnl": money(clearing.unrealised(owner.name)),
            "availableBalance": money(max(ZERO, clearing.available(owner))),
            "maxWithdrawAmount": money(max(ZERO, clearing.available(owner))),
            "marginAvailable": True,
            "updateTime": milliseconds(owner.updated_ns),
        }
    ]


def account(call: Call) -> dict[str, Any]:
    """GET account."""
    clearing, owner = futures(call).clearing, call.owner
    balance = owner.balance(clearing.asset)
    profit, margin = clearing.unrealised(owner.name), clearing.position_margin(owner.name)
    totals = {
        "totalInitialMargin": money(margin + balance.locked),
        "totalMaintMargin": money(margin / 10),
        "totalWalletBalance": money(balance.total),
        "totalUnrealizedProfit": money(profit),
        "totalMarginBalance": money(balance.total + profit),
        "totalPositionInitialMargin": money(margin),
        "totalOpenOrderInitialMargin": money(balance.locked),
        "totalCrossWalletBalance": money(balance.total),
        "totalCrossUnPnl": money(profit),
        "availableBalance": money(max(ZERO, clearing.available(owner))),
        "maxWithdrawAmount": money(max(ZERO, clearing.available(owner))),
    }
    asset = {
        "asset": clearing.asset,
        "walletBalance": money(balance.total),
        "unrealizedProfit": money(profit),
        "marginBalance": money(balance.total + profit),
        "maintMargin": money(margin / 10),
        "initialMargin": money(margin + balance.locked),
        "positionInitialMargin": money(margin),
        "openOrderInitialMargin": money(balance.locked),
        "maxWithdrawAmount": money(max(ZERO, clearing.available(owner))),
        "crossWalletBalance": money(balance.total),
        "crossUnPnl": money(profit),
        "availableBalance": money(max(ZERO, clearing.available(owner))),
        "marginAvailable": True,
        "updateTime": milliseconds(owner.updated_ns),
    }
    return {
        "feeTier": 0,
        "canTrade": owner.can_trade,
        "canDeposit": True,
        "canWithdraw": owner.can_withdraw,
        "dualSidePosition": clearing.book(owner.name).is_hedged,
        "multiAssetsMargin": False,
        "updateTime": milliseconds(owner.updated_ns),
        **totals,
        "assets": [asset],
        "positions": _position_rows(call, with_flat=True),
    }


def positions(call: Call) -> list[dict[str, Any]]:
    """GET v2/positionRisk: flat positions too."""
    return _position_rows(call, with_flat=True)


def open_positions(call: Call) -> list[dict[str, Any]]:
    """GET v3/positionRisk: only what is held or ordered."""
    return _position_rows(call, with_flat=False)


def _position_rows(call: Call, *, with_flat: bool) -> list[dict[str, Any]]:
    clearing, symbol = futures(call).clearing, call.parameters.text("symbol")
    book = clearing.book(call.owner.name)
    symbols = [call.listed(symbol)] if symbol else list(call.venue.exchange.books)
    sides = (BOTH, LONG, SHORT) if book.is_hedged else (BOTH,)
    rows = []
    for each in symbols:
        listing = call.venue.exchange.listing(each)
        for side in sides:
            position = book.position(each, side)
            if with_flat or position.quantity:
                rows.append(position_row(position, clearing, listing, book.leverage_of(each)))
    return rows


def set_leverage(call: Call) -> dict[str, Any]:
    """POST leverage."""
    symbol, leverage = call.symbol(), call.parameters.integer("leverage", 0)
    if not 1 <= leverage <= LEVERAGE_MAX:
        raise ApiError(-4028, f"Leverage {leverage} is not valid")
    futures(call).clearing.book(call.owner.name).leverage[symbol] = leverage
    return {"leverage": leverage, "maxNotionalValue": "100000000", "symbol": symbol}


def set_margin_type(call: Call) -> dict[str, Any]:
    """POST marginType: every position is crossed here."""
    call.symbol()
    kind = call.parameters.choice("marginType", ("ISOLATED", "CROSSED"))
    if kind == "CROSSED":
        raise ApiError(-4046, "No need to change margin type.")
    raise ApiError(-4051, "Isolated balance insufficient.")


def hedging(call: Call) -> dict[str, bool]:
    """GET positionSide/dual."""
    return {"dualSidePosition": futures(call).clearing.book(call.owner.name).is_hedged}


def set_hedging(call: Call) -> dict[str, Any]:
    """POST positionSide/dual."""
    book = futures(call).clearing.book(call.owner.name)
    wanted = call.parameters.boolean("dualSidePosition")
    if wanted == book.is_hedged:
        raise ApiError(-4059, "No need to change position side.")
    if call.venue.exchange.open_of(call.owner.name):
        raise ApiError(-4067, "Position side cannot be changed if there exists open orders.")
    if any(each.quantity for each in book.positions.values()):
        raise ApiError(-4068, "Position side cannot be changed if there exists position.")
    book.is_hedged = wanted
    return {"code": 200, "msg": "success"}


def multi_assets(_: Call) -> dict[str, bool]:
    """GET multiAssetsMargin: never here."""
    return {"multiAssetsMargin": False}


def commission_rate(call: Call) -> dict[str, str]:
    """GET commissionRate."""
    return {
        "symbol": call.symbol(),
        "makerCommissionRate": f"{call.owner.maker_fee:f}",
        "takerCommissionRate": f"{call.owner.taker_fee:f}",
    }


def brackets(call: Call) -> list[dict[str, Any]]:
    """GET leverageBracket: one bracket."""
    symbol = call.parameters.text("symbol")
    symbols = [call.listed(symbol)] if symbol else list(call.venue.exchange.books)
    bracket = {
        "bracket": 1,
        "initialLeverage": LEVERAGE_MAX,
        "notionalCap": 100_000_000,
        "notionalFloor": 0,
        "maintMarginRatio": 0.005,
        "cum": 0.0,
    }
    return [{"symbol": each, "notionalCoef": 1.0, "brackets": [bracket]} for each in symbols]


def income(call: Call) -> list[dict[str, Any]]:
    """GET income: funding; executions tell profit and commission by themselves."""
    return futures(call).funding.income(call)


def listen(call: Call) -> dict[str, str]:
    """POST listenKey: the account's key, the same while it lives."""
    return {"listenKey": futures(call).listen_keys.open(call.owner.name, call.now_ns)}


def keep_listening(call: Call) -> dict[str, str]:
    """PUT listenKey: it lives another hour."""
    keys = futures(call).listen_keys
    if not keys.keep(call.owner.name, call.now_ns):
        raise ApiError(-1125, "This listenKey does not exist.")
    return {"listenKey": keys.open(call.owner.name, call.now_ns)}


def stop_listening(call: Call) -> dict[str, str]:
    """DELETE listenKey."""
    futures(call).listen_keys.close(call.owner.name)
    return {}
