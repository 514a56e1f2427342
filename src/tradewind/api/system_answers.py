"""Answers about the platform itself and who may use it: health, status, users, keys, audit."""

from __future__ import annotations

from typing import Any

from tradewind.api.answer import Aged, Answer, Page
from tradewind.api.market_answers import Price
from tradewind.api.trading_answers import (
    Account,
    Difference,
    Order,
    Position,
    StandingHalt,
    Strategy,
    Venue,
)


class EngineHealth(Answer, frozen=True, kw_only=True):
    """Whether the engine does its work; `degraded` names what fails beside trading."""

    ok: bool
    reasons: list[str]
    degraded: list[str]
    venues: list[Venue]


class Health(EngineHealth, frozen=True, kw_only=True):
    """The engine's health and the gateway's version."""

    version: str


class Part(Answer, frozen=True, kw_only=True):
    """One part of the platform, and one sentence for each thing that is wrong with it."""

    ok: bool
    reasons: list[str]


class Ready(Answer, frozen=True, kw_only=True):
    """Whether requests can be answered."""

    ready: bool
    parts: dict[str, Part]


class HealthMatrix(Answer, frozen=True, kw_only=True):
    """The state of every part: engine, venues, stores, queues."""

    ok: bool
    parts: dict[str, Part]
    version: str


class Status(Aged, frozen=True, kw_only=True):
    """Everything at a glance; `mode` is `stopped` where it is what the last run left."""

    version: str
    mode: str
    time_ns: int
    time: str
    uptime_s: int
    market: list[Price]
    orders: list[Order]
    positions: list[Position]
    accounts: list[Account]
    strategies: list[Strategy]
    venues: list[Venue]
    differences: list[Difference]
    halts: list[StandingHalt]
    counts: dict[str, int]
    health: EngineHealth


class Tokens(Answer, frozen=True, kw_only=True):
    """The access token for requests, the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    expires_in_s: int
    token_type: str


class Me(Answer, frozen=True, kw_only=True):
    """Who one is and what one may do."""

    name: str
    permissions: list[str]
    accounts: list[str]
    means: str
    second_factor: bool


class DeviceSecret(Answer, frozen=True, kw_only=True):
    """The secret for one's device, by itself and as the address that devices read."""

    secret: str
    address: str


class RecoveryCodes(Answer, frozen=True, kw_only=True):
    """Codes for when the device is lost; they are shown once."""

    recovery_codes: list[str]


class Administrator(Answer, frozen=True, kw_only=True):
    """The first administrator."""

    name: str
    role: str


class Session(Answer, frozen=True, kw_only=True):
    """One login."""

    session_id: str
    user_id: str
    created_time_ns: int
    created_time: str
    used_time_ns: int
    used_time: str
    expire_time_ns: int
    expire_time: str
    address: str
    agent: str
    revoked_time_ns: int
    revoked_time: str
    second_factor: bool
    is_this: bool


class Sessions(Answer, frozen=True, kw_only=True):
    """One's sessions, newest first."""

    sessions: list[Session]


class Key(Answer, frozen=True, kw_only=True):
    """An API key without its text."""

    key_id: str
    user_id: str
    name: str
    scopes: list[str]
    networks: list[str]
    created_time_ns: int
    created_time: str
    expire_time_ns: int
    expire_time: str
    used_time_ns: int
    used_time: str
    revoked_time_ns: int
    revoked_time: str


class Keys(Answer, frozen=True, kw_only=True):
    """One's API keys, newest first."""

    keys: list[Key]


class MadeKey(Key, frozen=True, kw_only=True):
    """A new API key; `key` is shown once."""

    key: str


class Roles(Answer, frozen=True, kw_only=True):
    """What each role may do, and what needs a second factor."""

    roles: dict[str, list[str]]
    needs_second_factor: list[str]


class User(Answer, frozen=True, kw_only=True):
    """A user without secrets."""

    name: str
    role: str
    accounts: list[str]
    is_disabled: bool
    second_factor: bool
    created_time_ns: int
    created_time: str


class Users(Answer, frozen=True, kw_only=True):
    """All users by name."""

    users: list[User]


class AuditEntry(Answer, frozen=True, kw_only=True):
    """Who did what; `link` chains it to the entry before, in hexadecimal."""

    number: int
    time_ns: int
    time: str
    actor: str
    action: str
    target: str
    outcome: str
    address: str
    detail: dict[str, Any]
    link: str


class AuditPage(Page, frozen=True, kw_only=True):
    """Entries of the audit trail, newest first."""

    entries: list[AuditEntry]


class AuditVerification(Answer, frozen=True, kw_only=True):
    """Whether the trail is as it was written; else the number of the first entry that is not."""

    is_whole: bool
    first_break: int


class Setting(Answer, frozen=True, kw_only=True):
    """A setting's value and where it came from; secrets are masked."""

    name: str
    value: str
    source: str


class Configuration(Answer, frozen=True, kw_only=True):
    """Every setting as it took effect."""

    settings: list[Setting]
