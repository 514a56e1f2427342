"""Access tokens: JWT for five minutes, signed with HS256, checked once and then remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import jwt
import msgspec

ACCESS_S = 300
ISSUER = "tradewind"
ALGORITHM = "HS256"
REMEMBERED_MAX = 10_000
"""Checked tokens remembered; beyond it all are forgotten and checked again."""
TOKEN_LENGTH_MAX = 2_048
SECOND_NS = 1_000_000_000


class Access(msgspec.Struct, frozen=True):
    """What an access token says."""

    user_id: str
    session_id: str
    expire_time_ns: int


class AccessTokens:
    """Issues tokens under the first secret and takes those of all, so that it can be changed.

    >>> tokens = AccessTokens([b"x" * 32])
    >>> token = tokens.issue("u1", "s1", time_ns=0)
    >>> tokens.read(token, time_ns=299 * SECOND_NS).user_id
    'u1'
    >>> tokens.read(token, time_ns=300 * SECOND_NS) is None
    True
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        assert secrets, "a secret is needed"
        self._secrets = {_key_id(secret): secret for secret in secrets}
        self._current = _key_id(secrets[0])
        self._remembered: dict[str, Access] = {}

    def issue(self, user_id: str, session_id: str, *, time_ns: int) -> str:
        """Return a token for a session."""
        issued_s = time_ns // SECOND_NS
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": user_id,
            "sid": session_id,
            "iat": issued_s,
            "exp": issued_s + ACCESS_S,
        }
        secret = self._secrets[self._current]
        return jwt.encode(claims, secret, ALGORITHM, headers={"kid": self._current})

    def read(self, token: str, *, time_ns: int) -> Access | None:
        """What a token says, or None where it is forged, over, or not ours."""
        found = self._remembered.get(token)
        if found is None:
            found = self._checked(token)
            if found is None:
                return None
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[token] = found
        return found if time_ns < found.expire_time_ns else None

    def _checked(self, token: str) -> Access | None:
        if len(token) > TOKEN_LENGTH_MAX:
            return None
        try:
            secret = self._secrets[jwt.get_unverified_header(token).get("kid", "")]
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=ISSUER,
                issuer=ISSUER,
                # Time is an argument here, so the caller compares it.
                options={
                    "require": ["exp", "iat", "sub", "sid"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            return Access(str(claims["sub"]), str(claims["sid"]), int(claims["exp"]) * SECOND_NS)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            return None


def _key_id(secret: bytes) -> str:
    return hashlib.sha256(b"key id" + secret).hexdigest()[:8]
