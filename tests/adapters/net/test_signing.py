"""Signing, encoding and secrets: the venue's own vectors, and that nothing shows a secret."""

from __future__ import annotations

import base64
import copy
import pickle
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tradewind.adapters.net.query import encode_query
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.signing import Ed25519Signer, HmacSigner, signer_of
from tradewind.model.errors import UserError

# published as an example in Binance's documents
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
ORDER = {
    "symbol": "LTCBTC",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1",
    "price": "0.1",
    "recvWindow": 5000,
    "timestamp": 1499827319559,
}


@pytest.mark.parametrize(
    ("symbol", "signature"),
    [
        ("LTCBTC", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
        ("１２３４５６", "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"),
    ],
)
def test_hmac_gives_the_signatures_of_the_documents(symbol: str, signature: str) -> None:
    signer = HmacSigner(Secret(SECRET))
    for _ in range(2):
        assert signer.sign(encode_query({**ORDER, "symbol": symbol})) == signature


def pem_of(key: object) -> Secret:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    return Secret(private.decode())


def test_an_ed25519_signature_is_verified_by_the_public_key() -> None:
    key = Ed25519PrivateKey.generate()
    signer = signer_of(pem_of(key))
    assert isinstance(signer, Ed25519Signer)
    key.public_key().verify(base64.b64decode(signer.sign("a=1&b=2")), b"a=1&b=2")


@pytest.mark.parametrize("kind", ["broken", "rsa"])
def test_a_key_that_cannot_sign_is_refused_without_quoting_it(kind: str) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\ncanary-hunter2\n-----END PRIVATE KEY-----\n"
    secret = Secret(pem) if kind == "broken" else pem_of(generate_private_key(65537, 2048))
    with pytest.raises(UserError, match="Ed25519 key in PEM") as raised:
        signer_of(secret)
    shown = "".join(traceback.format_exception(raised.value))
    assert "canary" not in shown
    assert "canary" not in repr(raised.value.__context__)


def test_an_empty_secret_is_refused_before_anything_is_signed() -> None:
    with pytest.raises(UserError, match="is empty"):
        signer_of(Secret(""))


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", repr([secret])]
    shown += [repr(HmacSigner(secret)), repr(vars(type(secret)).keys())]
    assert "hunter2" not in "".join(shown)
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not written"):
            write(secret)
