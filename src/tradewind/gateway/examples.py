"""Examples: what stands in the documents for every field, by the field's name."""

from __future__ import annotations

from typing import Any

TIME_NS = 1_767_225_600_000_000_000
TIME = "2026-01-01T00:00:00.000000000Z"
EXAMPLES: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    "account": "paper",
    "accounts": ["paper"],
    "actor": "ann",
    "address": "127.0.0.1",
    "agent": "tradewind/1",
    "allowed_instruments": ["BTC/USDT.SIM"],
    "ask": "60000.10",
    "ask_size": "0.40",
    "average_price": "59875.1000",
    "base": "BTC",
    "bid": "59999.90",
    "bid_size": "0.25",
    "by": "ann",
    "calendar": "24/7",
    "cash": "100000",
    "circuit": "closed",
    "close": "60010.00",
    "code": "123456",
    "columns": {},
    "concentration": "0.5",
    "confirm": "RESUME",
    "currency": "USDT",
    "detail": {"reason": "a test"},
    "end": "20240201",
    "equity": "100012.50",
    "event": "OrderAccepted",
    "exit_ids": ["j0-person-2b9c4d7ek"],
    "exposure": "6000.01",
    "fast": "10",
    "fee": "0.06",
    "fee_currency": "USDT",
    "fill": "next_open",
    "fill_id": "f-1",
    "filled_notional": "5987.51",
    "filled_quantity": "0.10",
    "form": "rows",
    "format": "csv",
    "gross": "6000.01",
    "high": "60020.00",
    "id": "BTC/USDT.SIM",
    "instrument": "BTC/USDT.SIM",
    "instruments": ["BTC/USDT.SIM"],
    "journal_hash": "9d1f0c",
    "journal_id": "j0",
    "key": "tw_k1_c2VjcmV0",
    "key_id": "k1",
    "kind": "bars",
    "last": "60000.10",
    "leaves_quantity": "0.00",
    "leg": "NET",
    "leverage": "0.06",
    "limit": "10000",
    "limit_price": "60000.00",
    "limits": {"position_notional": "10000"},
    "link": "00" * 32,
    "liquidity": "TAKER",
    "lot": "0.001",
    "low": "59990.00",
    "market_price": "60000.10",
    "means": "session",
    "mode": "paper",
    "name": "ann",
    "net": "6000.01",
    "networks": ["10.0.0.0/8"],
    "new_password": "another long secret",
    "next_after": "",
    "next_before": 0,
    "open": "60000.00",
    "order_id": "j0-person-w1400w5or",
    "order_ids": ["j0-person-w1400w5or"],
    "ours": "0.10",
    "outcome": "ok",
    "parameters": {"fast": "10", "slow": "30"},
    "password": "correct horse battery",
    "permissions": ["market:read", "trading:read"],
    "position_notional": "10000",
    "price": "60000.10",
    "price_digits": 2,
    "quantity": "0.10",
    "quantity_digits": 3,
    "raw": "7b7d",
    "realised": "0.00",
    "reason": "a test",
    "reasons": [],
    "recovery_codes": ["abcd-efgh"],
    "refresh_token": "s1.c2VjcmV0",
    "resumed_by": "",
    "role": "trader",
    "rule": "max_position",
    "scope": "all",
    "scopes": ["market:read"],
    "secret": "JBSWY3DPEHPK3PXP",
    "sentence": "max_position saw 3 and allows 2",
    "sequence": 71,
    "session_id": "s1",
    "side": "BUY",
    "size": "0.10",
    "source": "history",
    "start": "20240101",
    "state": "FILLED",
    "status": 404,
    "stop_price": "",
    "strategy": "ma_crossover",
    "subject": "position BTC/USDT.SIM",
    "summary": "Follows the faster of two averages.",
    "target": "j0-person-w1400w5or",
    "theirs": "0.10",
    "tick": "0.01",
    "time_in_force": "GTC",
    "timeframe": "1m",
    "timerange": "20240101-20240201",
    "title": "Not found",
    "token": "0123456789abcdef",
    "token_type": "Bearer",
    "type": "MARKET",
    "unrealised": "12.50",
    "user_id": "u1",
    "value": "3",
    "venue": "SIM",
    "venue_order_id": "1",
    "version": "0.1.0",
    "volume": "12.5",
}
"""A name means the same everywhere; where the schema does not allow this value, its own is made."""
BY_TYPE: dict[str, Any] = {"string": "text", "boolean": False, "number": 0.5}
TEXT_OF = {"side": 1, "detail": "there is no order j0-person-1", "instruments": {}}


def example_of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    """Return an example of a JSON schema, of a field by its name where it has one.

    >>> example_of({"type": "array", "items": {"type": "string"}}, {}, "order_ids")
    ['j0-person-w1400w5or']
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        if choice.get("type") != "null":
            return example_of(choice, schemas, name)
    for one in (schema.get("const"), *schema.get("enum", ())[:1], *schema.get("examples", ())[:1]):
        if one is not None:
            return one
    if "properties" in schema:
        fields = schema["properties"]
        return {each: example_of(inner, schemas, each) for each, inner in fields.items()}
    return _leaf(schema, schemas, name)


def _leaf(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    kind = schema.get("type")
    for known in (EXAMPLES.get(name), TEXT_OF.get(name)):
        if known is not None and _is_of(known, schema):
            return known
    if "default" in schema and name not in EXAMPLES:
        return schema["default"]
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas)]
    if kind == "object":
        inner = schema.get("additionalProperties")
        return {"name": example_of(inner, schemas)} if isinstance(inner, dict) and inner else {}
    if kind == "integer":
        return TIME_NS if name.endswith("_ns") else max(1, schema.get("minimum", 1))
    if kind == "string" and name.endswith("time"):
        return TIME
    return BY_TYPE.get(str(kind), "text")


def _is_of(value: Any, schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    if kind == "array" and isinstance(value, list):
        inner = schema.get("items", {})
        return "$ref" not in inner and all(_is_of(each, inner) for each in value)
    if kind == "object" and isinstance(value, dict):
        inner = schema.get("additionalProperties", {})
        return not isinstance(inner, dict) or all(_is_of(each, inner) for each in value.values())
    kinds: dict[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
    return kind is None or (kind in kinds and isinstance(value, kinds[kind]))
