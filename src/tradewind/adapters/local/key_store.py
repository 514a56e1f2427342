"""API keys on disk: one encrypted file a venue, AES-GCM, the key's id in front of the bytes.

A file is {"format": 1, "key_id": "...", "sealed": base64 of nonce and ciphertext}. The id says
which encryption key sealed it, so that a wrong or a newer one is named, not guessed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradewind.model.errors import UserError

FOLDER = "keys"
FORMAT = 1
NONCE_BYTES = 12
FILE_BYTES_MAX = 64 * 1024


class SealedFile(msgspec.Struct, frozen=True):
    """What a file holds; `sealed` opens with the encryption key of `key_id` alone."""

    format: int
    key_id: str
    sealed: str


class KeyStore:
    """Keys by venue under a home: the first encryption key seals, all of them open."""

    def __init__(self, home: Path, encryption_keys: Sequence[bytes]) -> None:
        self._folder = home / FOLDER
        self._keys = {_key_id(key): hashlib.sha256(key).digest() for key in encryption_keys}
        self.key_id = _key_id(encryption_keys[0])

    def save(self, venue: str, values: dict[str, str]) -> Path:
        """Seal and write, 0600 in a folder of 0700; an older file is replaced as a whole."""
        nonce = os.urandom(NONCE_BYTES)
        plain = msgspec.json.encode(values)
        cipher = AESGCM(self._keys[self.key_id])
        sealed = nonce + cipher.encrypt(nonce, plain, _context(self.key_id, venue))
        text = msgspec.json.encode(
            SealedFile(FORMAT, self.key_id, base64.b64encode(sealed).decode())
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{venue}.json"
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return path

    def load(self, venue: str) -> dict[str, str] | None:
        """What was saved for a venue, None where nothing was; `UserError` where it cannot open."""
        path = self._folder / f"{venue}.json"
        if not path.exists():
            return None
        try:
            found = msgspec.json.decode(path.read_bytes()[:FILE_BYTES_MAX], type=SealedFile)
            sealed = base64.b64decode(found.sealed, validate=True)
        except (msgspec.DecodeError, binascii.Error):
            raise _unusable(path, "it is not a file of keys") from None
        if found.key_id not in self._keys:
            raise _unusable(
                path, f"API_ENCRYPTION_KEY is not the key {found.key_id} it was made with"
            )
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            cipher = AESGCM(self._keys[found.key_id])
            plain = cipher.decrypt(nonce, text, _context(found.key_id, venue))
        except InvalidTag:
            raise _unusable(path, "it was changed") from None
        return msgspec.json.decode(plain, type=dict[str, str])


def has_keys(home: Path, venue: str) -> bool:
    """Whether keys of a venue were saved."""
    return (home / FOLDER / f"{venue}.json").exists()


def saved_venues(home: Path) -> list[str]:
    """The venues of which keys were saved."""
    return sorted(path.stem for path in (home / FOLDER).glob("*.json"))


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"tradewind venue keys " + key).hexdigest()[:16]


def _context(key_id: str, venue: str) -> bytes:
    return f"tradewind keys {FORMAT} {key_id} {venue}".encode()


def _unusable(path: Path, why: str) -> UserError:
    return UserError(f"{path} cannot be opened: {why}; run tradewind connect {path.stem} again")
