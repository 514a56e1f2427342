"""Calls about the venue and the account: time, rules, balances, limits, fees."""

from __future__ import annotations

import json
from typing import Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import illegal
from tradewind.venue.binance.filters import filter_rows
from tradewind.venue.binance.market_calls import SYMBOLS_PATTERN
from tradewind.venue.binance.numbers import ZERO_TEXT, text8
from tradewind.venue.binance.order_calls import discount
from tradewind.venue.binance.order_entry import SELF_TRADE_MODES, TYPES
from tradewind.venue.chaos import milliseconds
from tradewind.venue.listing import Listing


def ping(_: Call) -> dict[str, Any]:
    """GET ping."""
    return {}


def server_time(call: Call) -> dict[str, Any]:
    """GET time."""
    return {"serverTime": milliseconds(call.now_ns)}


def exchange_info(call: Call) -> dict[str, Any]:
    """GET exchangeInfo."""
    single, several = call.parameters.text("symbol"), call.parameters.text("symbols")
    for name in ("permissions", "showPermissionSets", "symbolStatus"):
        call.parameters.text(name)
    traded = [name for name in call.venue.exchange.books if name not in call.venue.delisted]
    names = [single] if single else _names(several) if several else traded
    listings = [call.venue.exchange.listing(call.listed(name)) for name in names]
    return {
        "timezone": "UTC",
        "serverTime": milliseconds(call.now_ns),
        "rateLimits": call.venue.limits.rule_rows(),
        "exchangeFilters": [],
        "symbols": [symbol_row(listing, call) for listing in listings],
        "sors": [
            {"baseAsset": listing.base, "symbols": [listing.symbol]}
            for listing in listings
            if listing.base == "BTC"
        ],
    }


def _names(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except json.JSONDecodeError:
        names = None
    if not isinstance(names, list):
        raise illegal("symbols", SYMBOLS_PATTERN)
    return [str(name) for name in names]


def symbol_row(listing: Listing, call: Call) -> dict[str, Any]:
    """A symbol as exchangeInfo lists it."""
    return {
        "symbol": listing.symbol,
        "status": "BREAK" if listing.symbol in call.venue.exchange.halts else "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(TYPES),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filter_rows(listing),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": list(SELF_TRADE_MODES),
    }


def account(call: Call) -> dict[str, Any]:
    """GET account."""
    owner = call.owner
    omits_zero = call.parameters.boolean("omitZeroBalances")
    rates = {
        "maker": text8(owner.maker_fee),
        "taker": text8(owner.taker_fee),
        "buyer": ZERO_TEXT,
        "seller": ZERO_TEXT,
    }
    return {
        "makerCommission": int(owner.maker_fee * 10_000),
        "takerCommission": int(owner.taker_fee * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates,
        "canTrade": owner.can_trade,
        "canWithdraw": owner.can_withdraw,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": milliseconds(owner.updated_ns),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": text8(balance.free), "locked": text8(balance.locked)}
            for asset, balance in owner.balances.items()
            if balance.total or not omits_zero
        ],
        "permissions": ["SPOT"],
        "uid": owner.number,
    }


def commission(call: Call) -> dict[str, Any]:
    """GET account/commission."""
    owner = call.owner
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), ZERO_TEXT)
    standard = none | {"maker": text8(owner.maker_fee), "taker": text8(owner.taker_fee)}
    return {
        "symbol": call.symbol(),
        "standardCommission": standard,
        "specialCommission": none,
        "taxCommission": none,
        "discount": discount(),
    }


def order_limits(call: Call) -> list[dict[str, Any]]:
    """GET rateLimit/order."""
    return call.venue.limits.order_rows(call.owner.name, call.now_ns)


def my_filters(call: Call) -> dict[str, Any]:
    """GET myFilters: what holds for the account beside the symbol's own."""
    call.symbol()
    return {"exchangeFilters": [], "symbolFilters": [], "assetFilters": []}


def nothing(_: Call) -> list[Any]:
    """Calls whose answer is an empty list here: margin pairs, prevented matches, allocations."""
    return []


def coins(call: Call) -> list[dict[str, Any]]:
    """GET /sapi/v1/capital/config/getall."""
    return [
        {
            "coin": asset,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "name": asset,
            "free": text8(call.owner.balance(asset).free),
            "locked": text8(call.owner.balance(asset).locked),
            "freeze": "0",
            "withdrawing": "0",
            "ipoing": "0",
            "ipoable": "0",
            "storage": "0",
            "isLegalMoney": False,
            "trading": True,
            "networkList": [],
        }
        for asset in call.venue.assets()
    ]


def restrictions(call: Call) -> dict[str, Any]:
    """GET /sapi/v1/account/apiRestrictions: what the key that signed may do."""
    assert call.key is not None
    return {
        "ipRestrict": False,
        "createTime": 1_600_000_000_000,
        "enableReading": True,
        "enableWithdrawals": call.owner.can_withdraw,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": call.key.may_trade,
        "enablePortfolioMarginTrading": False,
    }
