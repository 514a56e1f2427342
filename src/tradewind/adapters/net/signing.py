"""Signing: what proves to a venue that a request is ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Protocol

from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import UserError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PEM_MARK = "-----BEGIN"


class Signer(Protocol):
    """Signs a payload; the signature is text that still has to be percent-encoded in a query."""

    def sign(self, payload: str) -> str:
        """The signature of a payload."""


class HmacSigner:
    """HMAC-SHA256 in hexadecimal digits.

    >>> signer = HmacSigner(Secret("key"))
    >>> signer.sign("a=1")[:16], signer
    ('b17f9ae9ca05727a', HmacSigner(***))
    """

    __slots__ = ("_key",)

    def __init__(self, secret: Secret) -> None:
        self._key = hmac.new(secret.reveal().encode(), digestmod=hashlib.sha256)

    def sign(self, payload: str) -> str:
        """64 hexadecimal digits."""
        signing = self._key.copy()
        signing.update(payload.encode())
        return signing.hexdigest()

    def __repr__(self) -> str:
        return "HmacSigner(***)"


class Ed25519Signer:
    """Ed25519 in base64, from a private key in PEM; needs the package `cryptography`."""

    __slots__ = ("_key",)

    def __init__(self, pem: Secret) -> None:
        self._key = _ed25519_key(pem)

    def sign(self, payload: str) -> str:
        """88 characters of base64."""
        return base64.b64encode(self._key.sign(payload.encode())).decode()

    def __repr__(self) -> str:
        return "Ed25519Signer(***)"


def signer_of(secret: Secret) -> Signer:
    """The signer that a secret is for: a private key in PEM signs Ed25519, any other text HMAC.

    >>> signer_of(Secret("some text"))
    HmacSigner(***)
    """
    if not secret:
        raise UserError("the API secret is empty: give the one that belongs to the API key")
    is_pem = secret.reveal().lstrip().startswith(PEM_MARK)
    return Ed25519Signer(secret) if is_pem else HmacSigner(secret)


def _ed25519_key(pem: Secret) -> Ed25519PrivateKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise UserError(
            "Ed25519 keys need the package cryptography: pip install 'tradewind[venues]'"
        ) from None
    try:
        key = load_pem_private_key(pem.reveal().strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # the reason may quote the key, so it is not passed on
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UserError("the private key cannot be read: give an unencrypted Ed25519 key in PEM")
    return key
