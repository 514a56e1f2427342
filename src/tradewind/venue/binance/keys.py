"""API keys of the local venue and the proof that a call was signed with one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from tradewind.model.errors import OutsideError
from tradewind.venue.accounts import Account


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an account: with a secret (HMAC-SHA256), or with an Ed25519 public key as PEM.

    `is_revoked` keys are refused like unknown ones; `may_trade` False may only read.
    """

    key: str
    account: Account
    secret: str = ""
    public_pem: str = ""
    may_trade: bool = True
    is_revoked: bool = False

    def __repr__(self) -> str:
        return f"ApiKey({self.key!r}, {self.account.name!r})"

    @property
    def is_ed25519(self) -> bool:
        """True where signatures are Ed25519's."""
        return bool(self.public_pem)

    def verifies(self, payload: bytes, signature: str) -> bool:
        """True where the signature is this key's of the payload.

        >>> key = ApiKey("k", Account("demo", 1), secret="NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjIn"
        ...     "ClVN65XAbvqqM6A7H5fATj0j")
        >>> key.verifies(b"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
        ...     b"&recvWindow=5000&timestamp=1499827319559",
        ...     "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71")
        True
        """
        if self.is_ed25519:
            return _verifies_ed25519(self.public_pem, payload, signature)
        expected = hmac.new(self.secret.encode(), payload, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.lower().encode())


def _verifies_ed25519(public_pem: str, payload: bytes, signature: str) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ModuleNotFoundError:
        raise OutsideError(
            "Ed25519 keys need cryptography: install tradewind[venues], or use an HMAC key",
            fault="ours",
            retry=False,
        ) from None
    key = load_pem_public_key(public_pem.encode())
    assert isinstance(key, Ed25519PublicKey)
    try:
        key.verify(base64.b64decode(signature, validate=True), payload)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def key_text(account: str, what: str) -> str:
    """Sixty-four letters and digits: keys of demo accounts are the same on every machine."""
    return hashlib.sha256(f"tradewind local venue {what} of {account}".encode()).hexdigest()
