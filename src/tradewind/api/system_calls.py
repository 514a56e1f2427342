"""Calls about the platform and who may use it: health, logins, sessions, keys, users, audit."""

from __future__ import annotations

from typing import Any

from tradewind.api import system_answers as told
from tradewind.api.connection import Connection


class Login:
    """Oneself: tokens, second factor, sessions, keys."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def login(self, name: str, password: str, code: str = "") -> told.Tokens:
        """Tokens of a new session."""
        body = {"name": name, "password": password, "code": code}
        return self._ask.send("POST", "/api/v1/auth/login", told.Tokens, body=body)

    def refresh(self, refresh_token: str) -> told.Tokens:
        """The next pair of tokens; the old refresh token is used up."""
        body = {"refresh_token": refresh_token}
        return self._ask.send("POST", "/api/v1/auth/refresh", told.Tokens, body=body)

    def logout(self) -> None:
        """End this session."""
        self._ask.drop("POST", "/api/v1/auth/logout")

    def me(self) -> told.Me:
        """Who one is and what one may do."""
        return self._ask.get("/api/v1/auth/me", told.Me)

    def change_password(self, password: str, new_password: str) -> None:
        """Change one's own password; all other sessions end."""
        body = {"password": password, "new_password": new_password}
        self._ask.drop("POST", "/api/v1/auth/password", body=body)

    def begin_second_factor(self) -> told.DeviceSecret:
        """A secret for one's device."""
        return self._ask.send("POST", "/api/v1/auth/second-factor", told.DeviceSecret)

    def confirm_second_factor(self, code: str) -> told.RecoveryCodes:
        """Use the device from here on; recovery codes are shown once."""
        path = "/api/v1/auth/second-factor/confirm"
        return self._ask.send("POST", path, told.RecoveryCodes, body={"code": code})

    def setup(self, token: str, name: str, password: str) -> told.Administrator:
        """Make the first administrator."""
        body = {"token": token, "name": name, "password": password}
        return self._ask.send("POST", "/api/v1/setup", told.Administrator, body=body)

    def sessions(self) -> told.Sessions:
        """One's own sessions."""
        return self._ask.get("/api/v1/sessions", told.Sessions)

    def end_session(self, session_id: str) -> None:
        """End one of one's sessions."""
        self._ask.drop("DELETE", "/api/v1/sessions/{session_id}", session_id=session_id)

    def keys(self) -> told.Keys:
        """One's own API keys."""
        return self._ask.get("/api/v1/keys", told.Keys)

    def make_key(self, name: str, **asked: Any) -> told.MadeKey:
        """Make an API key; `asked` are scopes, networks, days. Its text is shown once."""
        return self._ask.send("POST", "/api/v1/keys", told.MadeKey, body={"name": name, **asked})

    def revoke_key(self, key_id: str) -> None:
        """Revoke one of one's API keys."""
        self._ask.drop("DELETE", "/api/v1/keys/{key_id}", key_id=key_id)


class System:
    """Health, configuration, users, audit."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def health(self) -> told.Health:
        """The engine's health; `ApiError` with 503 where it is not well."""
        return self._ask.get("/health", told.Health)

    def ready(self) -> told.Ready:
        """Whether requests can be answered."""
        return self._ask.get("/ready", told.Ready)

    def parts(self) -> told.HealthMatrix:
        """The state of every part."""
        return self._ask.get("/api/v1/health", told.HealthMatrix)

    def configuration(self) -> told.Configuration:
        """Every setting as it took effect, secrets masked."""
        return self._ask.get("/api/v1/configuration", told.Configuration)

    def roles(self) -> told.Roles:
        """What each role may do."""
        return self._ask.get("/api/v1/roles", told.Roles)

    def users(self) -> told.Users:
        """All users."""
        return self._ask.get("/api/v1/users", told.Users)

    def add_user(self, name: str, role: str, **asked: Any) -> told.User:
        """Add a user; `asked` are accounts and password."""
        body = {"name": name, "role": role, **asked}
        return self._ask.send("POST", "/api/v1/users", told.User, body=body)

    def change_user(self, name: str, **asked: Any) -> told.User:
        """Change a user; what is left out stays."""
        return self._ask.send("PATCH", "/api/v1/users/{name}", told.User, body=asked, name=name)

    def audit(self, *, limit: int = 100, before: int = 0) -> told.AuditPage:
        """Who did what, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/audit", told.AuditPage, query=query)

    def verify_audit(self) -> told.AuditVerification:
        """Whether the trail is as it was written."""
        return self._ask.get("/api/v1/audit/verification", told.AuditVerification)
