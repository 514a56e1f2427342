"""Secrets of a file that age encrypted: `age:/etc/tradewind/secrets.age#JWT_SECRET`.

The file holds `NAME=value` lines; the identity that opens it is in a file of its own.
"""

from __future__ import annotations

from pathlib import Path

import pyrage

from tradewind.model.errors import OutsideError
from tradewind.ports.secrets import SecretReference, field_of

FILE_BYTES_MAX = 1 << 20


class AgeSecrets:
    """Reads with the identities of a file, as `age-keygen -o FILE` writes it."""

    def __init__(self, identity_file: Path) -> None:
        self._identity_file = identity_file

    def read(self, reference: SecretReference) -> str:
        """The value of a name."""
        lines = self._opened(Path(reference.path)).splitlines()
        pairs = (line.partition("=") for line in lines if line.strip()[:1] not in ("", "#"))
        values: dict[str, object] = {
            name.strip(): value.strip().strip("\"'") for name, _, value in pairs
        }
        value = field_of(reference, values)
        if value is None:
            raise _failed(f"{reference.path} has no {reference.field or 'single value'}")
        return value

    def _opened(self, path: Path) -> str:
        try:
            sealed = path.read_bytes()[:FILE_BYTES_MAX]
            words = self._identity_file.read_text().splitlines()
        except OSError as error:
            raise _failed(f"{error.filename} cannot be read: {error.strerror}") from None
        try:
            identities = [
                pyrage.x25519.Identity.from_str(word) for word in words if word.startswith("AGE-")
            ]
            return pyrage.decrypt(sealed, identities).decode()
        except (pyrage.IdentityError, pyrage.DecryptError, UnicodeDecodeError):
            raise _failed(f"{self._identity_file} does not open {path}") from None


def _failed(sentence: str) -> OutsideError:
    return OutsideError(sentence, fault="ours", retry=False)
