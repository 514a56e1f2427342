"""The second factor: time-based codes (RFC 6238), their secret encrypted, and recovery codes."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_S = 30
RECOVERY_CODES = 8
ISSUER = "Tradewind"
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4


class SecondFactor:
    """Makes, keeps and checks secrets under one encryption key, and reads those of older keys.

    A ciphertext begins with the first bytes of its key's SHA-256, so that the key can be changed
    while older secrets stay readable. A code is good once: who asks keeps the step that was used.

    >>> factor = SecondFactor([b"k" * 32])
    >>> sealed, secret = factor.make("u1")
    >>> code = pyotp.TOTP(secret).at(1_700_000_000)
    >>> factor.step_of("u1", sealed, code, time_s=1_700_000_000, after=0)
    56666666
    >>> factor.step_of("u1", sealed, code, time_s=1_700_000_000, after=56666666)
    0
    """

    def __init__(self, keys: list[bytes]) -> None:
        self._ciphers = {_key_id(key): AESGCM(hashlib.sha256(key).digest()) for key in keys}
        self._current = _key_id(keys[0])

    def make(self, user_id: str) -> tuple[bytes, str]:
        """Return a new secret, encrypted for keeping and in base 32 for the user's device."""
        secret = pyotp.random_base32()
        return self.seal(user_id, secret), secret

    def seal_again(self, user_id: str, sealed: bytes) -> bytes | None:
        """The same secret under the present key; None where no key opens it."""
        secret = self.open(user_id, sealed)
        return None if secret is None else self.seal(user_id, secret)

    def step_of(self, user_id: str, sealed: bytes, code: str, *, time_s: int, after: int) -> int:
        """The step that a code is of: now's or one beside it, behind `after`; 0 where of none."""
        secret = self.open(user_id, sealed)
        if secret is None:
            return 0
        totp = pyotp.TOTP(secret)
        now = time_s // STEP_S
        for step in range(max(now - 1, after + 1), now + 2):
            if hmac.compare_digest(totp.at(step * STEP_S).encode(), code.encode()):
                return step
        return 0

    def seal(self, user_id: str, secret: str) -> bytes:
        """A text under the present key, bound to whom it belongs."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, secret.encode(), user_id.encode())
        return self._current + nonce + sealed

    def open(self, user_id: str, sealed: bytes) -> str | None:
        """A text that was sealed for the same; None where no key opens it."""
        cipher = self._ciphers.get(sealed[:_KEY_ID_BYTES])
        nonce_end = _KEY_ID_BYTES + _NONCE_BYTES
        if cipher is None:
            return None
        try:
            nonce, text = sealed[_KEY_ID_BYTES:nonce_end], sealed[nonce_end:]
            return cipher.decrypt(nonce, text, user_id.encode()).decode()
        except InvalidTag:
            return None


def address_for_device(name: str, secret: str) -> str:
    """The address that a device reads as a QR code.

    >>> address_for_device("ann", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")[:40]
    'otpauth://totp/Tradewind:ann?secret=JBSW'
    """
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def new_recovery_codes() -> list[str]:
    """Codes that stand in once each for a lost device."""
    return [f"{secrets.token_hex(5)}-{secrets.token_hex(5)}" for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> bytes:
    """What is kept of a recovery code; its 80 bits of chance need no slow hash."""
    return hashlib.sha256(code.strip().lower().encode()).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id" + key).digest()[:_KEY_ID_BYTES]
