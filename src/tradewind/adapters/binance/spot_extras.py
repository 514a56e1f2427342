"""Spot extras: what Binance's spot market has beyond the port of trading.

Order types in the venue's own words, order lists, cancel and replace, the smart order router.
Orders placed here are reported by the user stream like all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from tradewind.adapters.binance.order_parameters import Parameters, SpotOrder
from tradewind.adapters.binance.order_wire import CancelReplaceAnswer, OrderAnswer, OrderListAnswer
from tradewind.adapters.binance.refusals import VenueRefused
from tradewind.adapters.binance.rest import Rest, decoded
from tradewind.adapters.net.budget import Urgency
from tradewind.model.errors import OutsideError

CANCEL_REPLACE_FAILED = -2022
CANCEL_REPLACE_PARTLY = -2021

Mode = Literal["STOP_ON_FAILURE", "ALLOW_FAILURE"]


class SpotExtras:
    """Sends each request once; every call raises as those of the port do.

    `symbol` is the venue's own string, such as BTCUSDT.
    """

    def __init__(self, rest: Rest) -> None:
        assert rest.service.kind == "spot", "these calls are spot's"
        self._rest = rest

    async def check(self, symbol: str, order: SpotOrder) -> None:
        """Have the venue check an order without placing it; `Refused` says what is wrong."""
        parameters: Parameters = {"symbol": symbol, **order.parameters()}
        await self._rest.act("POST", "/api/v3/order/test", parameters, weight=1)

    async def place(self, symbol: str, order: SpotOrder) -> OrderAnswer:
        """Place an order of any type."""
        return await self._placed("/api/v3/order", symbol, order)

    async def place_by_router(self, symbol: str, order: SpotOrder) -> OrderAnswer:
        """Place a LIMIT or MARKET order that the venue's router may fill from several books."""
        return await self._placed("/api/v3/sor/order", symbol, order)

    async def cancel_replace(
        self, symbol: str, order_id: str, order: SpotOrder, *, mode: Mode = "STOP_ON_FAILURE"
    ) -> CancelReplaceAnswer:
        """Cancel one order and place another; where one half failed, the answer says which."""
        parameters: Parameters = {
            "symbol": symbol,
            "cancelReplaceMode": mode,
            "cancelOrigClientOrderId": order_id,
            **order.parameters(),
        }
        try:
            body = await self._rest.act(
                "POST", "/api/v3/order/cancelReplace", parameters, weight=1, orders=1
            )
        except VenueRefused as error:
            if error.code not in (CANCEL_REPLACE_FAILED, CANCEL_REPLACE_PARTLY) or not error.data:
                raise
            return _partly(error.data)
        return decoded(body, CancelReplaceAnswer)

    async def place_oco(
        self, symbol: str, *, above: SpotOrder, below: SpotOrder, list_id: str
    ) -> OrderListAnswer:
        """Two orders of one side and quantity around the market: one done cancels the other."""
        parameters: Parameters = {
            "symbol": symbol,
            "listClientOrderId": list_id,
            "side": above.side,
            "quantity": above.quantity,
            **_leg("above", above, omitted=("side", "quantity")),
            **_leg("below", below, omitted=("side", "quantity")),
        }
        return await self._listed("oco", parameters, orders=2)

    async def place_oto(
        self, symbol: str, *, working: SpotOrder, pending: SpotOrder, list_id: str
    ) -> OrderListAnswer:
        """An order that is placed once another is filled."""
        parameters: Parameters = {
            "symbol": symbol,
            "listClientOrderId": list_id,
            **_leg("working", working),
            **_leg("pending", pending),
        }
        return await self._listed("oto", parameters, orders=2)

    async def place_otoco(
        self,
        symbol: str,
        *,
        working: SpotOrder,
        above: SpotOrder,
        below: SpotOrder,
        list_id: str,
    ) -> OrderListAnswer:
        """A bracket: once the working order is filled, a pair around the market is placed."""
        parameters: Parameters = {
            "symbol": symbol,
            "listClientOrderId": list_id,
            **_leg("working", working),
            "pendingSide": above.side,
            "pendingQuantity": above.quantity,
            **_leg("pendingAbove", above, omitted=("side", "quantity")),
            **_leg("pendingBelow", below, omitted=("side", "quantity")),
        }
        return await self._listed("otoco", parameters, orders=3)

    async def cancel_list(self, symbol: str, list_id: str) -> OrderListAnswer:
        """Cancel all orders of a list."""
        body = await self._rest.act(
            "DELETE",
            "/api/v3/orderList",
            {"symbol": symbol, "listClientOrderId": list_id},
            weight=1,
            urgency=Urgency.CANCEL,
        )
        return decoded(body, OrderListAnswer)

    async def _placed(self, path: str, symbol: str, order: SpotOrder) -> OrderAnswer:
        parameters: Parameters = {
            "symbol": symbol,
            **order.parameters(),
            "newOrderRespType": "FULL",
        }
        return decoded(
            await self._rest.act("POST", path, parameters, weight=1, orders=1), OrderAnswer
        )

    async def _listed(self, name: str, parameters: Parameters, *, orders: int) -> OrderListAnswer:
        given = {key: value for key, value in parameters.items() if value}
        body = await self._rest.act(
            "POST", f"/api/v3/orderList/{name}", given, weight=1, orders=orders
        )
        return decoded(body, OrderListAnswer)


_LEG_NAMES = {"newClientOrderId": "ClientOrderId", "timeInForce": "TimeInForce"}


def _leg(name: str, order: SpotOrder, *, omitted: tuple[str, ...] = ()) -> Parameters:
    """The parameters of one leg, each under the leg's own name.

    >>> limit = SpotOrder(side="SELL", type="LIMIT_MAKER", quantity="1", price="9", client_id="a")
    >>> _leg("above", limit, omitted=("side", "quantity"))
    {'aboveType': 'LIMIT_MAKER', 'abovePrice': '9', 'aboveClientOrderId': 'a'}
    """
    return {
        name + _LEG_NAMES.get(key, key[0].upper() + key[1:]): value
        for key, value in order.parameters().items()
        if key not in omitted
    }


def _partly(data: Mapping[str, object]) -> CancelReplaceAnswer:
    try:
        return msgspec.json.decode(msgspec.json.encode(data), type=CancelReplaceAnswer)
    except msgspec.DecodeError:
        raise OutsideError(
            "the answer to cancel and replace cannot be read", fault="theirs", retry=False
        ) from None
