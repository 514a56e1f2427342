"""Accounts of the local venue: keys, balances, and how an order is paid for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from tradewind.venue.listing import Listing
from tradewind.venue.orders import BUY, ZERO, Fill, Order


@dataclass(slots=True)
class Balance:
    """What an account has of an asset: free, and locked for open orders."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


@dataclass(slots=True, eq=False)
class Account:
    """A customer of the venue: name, keys and balances."""

    name: str
    number: int
    balances: dict[str, Balance] = field(default_factory=dict)
    maker_fee: Decimal = Decimal("0.001")
    taker_fee: Decimal = Decimal("0.001")
    can_trade: bool = True
    can_withdraw: bool = False
    updated_ns: int = 0

    def balance(self, asset: str) -> Balance:
        """The balance of an asset, made on first use."""
        return self.balances.setdefault(asset, Balance())


class Clearing(Protocol):
    """How orders are paid for: with balances, or against margin."""

    def reserve(self, account: Account, order: Order, listing: Listing, cost: Decimal) -> str:
        """Set aside what an order needs; a word that says why not, or "".

        `cost` is the money that the order would take, where it buys.
        """

    def release(self, account: Account, order: Order, listing: Listing) -> None:
        """Give back what is still set aside for an order that ended or waits no more."""

    def settle(self, account: Account, order: Order, listing: Listing, fill: Fill) -> Iterable[str]:
        """Book a fill, its fee into the fill; the assets that changed."""

    def reverse(
        self, account: Account, order: Order, listing: Listing, fill: Fill
    ) -> Iterable[str]:
        """Take a fill back (a bust); the assets that changed."""


class SpotClearing:
    """Assets against assets: a buy locks money, a sell locks what it sells.

    The fee is taken from what is received: the base asset of a buy, the quote asset of a sell.
    `house` is the other side of all fills against the market, so that every asset's sum over all
    accounts, the house and the fees never changes.
    """

    def __init__(self, fee_step: Decimal = Decimal("0.00000001")) -> None:
        self._fee_step = fee_step
        self.fees: dict[str, Decimal] = {}
        self.house: dict[str, Decimal] = {}

    def reserve(self, account: Account, order: Order, listing: Listing, cost: Decimal) -> str:
        """Lock the cost of a buy or the quantity of a sell."""
        asset = listing.quote if order.side == BUY else listing.base
        needed = cost if order.side == BUY else order.leaves
        balance = account.balance(asset)
        if balance.free < needed:
            return "insufficient_balance"
        balance.free -= needed
        balance.locked += needed
        order.locked += needed
        return ""

    def release(self, account: Account, order: Order, listing: Listing) -> None:
        """Unlock what is left."""
        balance = account.balance(listing.quote if order.side == BUY else listing.base)
        balance.locked -= order.locked
        balance.free += order.locked
        order.locked = ZERO

    def settle(self, account: Account, order: Order, listing: Listing, fill: Fill) -> Iterable[str]:
        """Exchange the assets of a fill; a buy below its limit gets the difference back."""
        base, quote = account.balance(listing.base), account.balance(listing.quote)
        rate = account.maker_fee if fill.is_maker else account.taker_fee
        if order.side == BUY:
            unlocked = min(order.locked, self._lock_of(order, fill))
            order.locked -= unlocked
            quote.locked -= unlocked
            quote.free += unlocked - fill.value
            fill.fee, fill.fee_asset = self._fee(fill.quantity * rate), listing.base
            base.free += fill.quantity - fill.fee
        else:
            unlocked = min(order.locked, fill.quantity)
            order.locked -= unlocked
            base.locked -= unlocked
            base.free += unlocked - fill.quantity
            fill.fee, fill.fee_asset = self._fee(fill.value * rate), listing.quote
            quote.free += fill.value - fill.fee
        self._collect(order, listing, fill, times=1)
        return listing.base, listing.quote

    def _fee(self, exact: Decimal) -> Decimal:
        """A fee in whole steps; what is beyond is forgiven."""
        return exact.quantize(self._fee_step, ROUND_DOWN)

    def _collect(self, order: Order, listing: Listing, fill: Fill, times: int) -> None:
        """Book the fee, and the house's part where the market is the other side."""
        self.fees[fill.fee_asset] = self.fees.get(fill.fee_asset, ZERO) + times * fill.fee
        if fill.counterparty:
            return
        sign = times * order.side
        self.house[listing.base] = self.house.get(listing.base, ZERO) - sign * fill.quantity
        self.house[listing.quote] = self.house.get(listing.quote, ZERO) + sign * fill.value

    @staticmethod
    def _lock_of(order: Order, fill: Fill) -> Decimal:
        """What was locked for the quantity of a fill."""
        return fill.value if order.price is None else order.price * fill.quantity

    def reverse(
        self, account: Account, order: Order, listing: Listing, fill: Fill
    ) -> Iterable[str]:
        """Give both assets and the fee back."""
        base, quote = account.balance(listing.base), account.balance(listing.quote)
        base.free -= order.side * fill.quantity
        quote.free += order.side * fill.value
        account.balance(fill.fee_asset).free += fill.fee
        self._collect(order, listing, fill, times=-1)
        return listing.base, listing.quote
