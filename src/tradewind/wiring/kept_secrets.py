"""Secrets of this installation: those that settings give, else one made once and kept."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from tradewind.model.errors import OutsideError
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings

SECRET_BYTES = 32
READ_AGAIN = 50
"""How often a secret that another process is just writing is looked at."""


def secrets_of(
    settings: Settings, setting: Setting[str], previous: Setting[str], home: Path
) -> tuple[bytes, ...]:
    """The present secret and the one before; one that nobody set is made once and kept."""
    path = home / file_name(setting)
    present = settings[setting].encode() or kept_secret(path)
    before = settings[previous].encode() or _kept_before(path)
    return (present, before) if before else (present,)


def file_name(setting: Setting[str]) -> str:
    """The name of the file in which a secret is kept that no setting gives."""
    return setting.name.rpartition(".")[2]


def renew_kept_secret(path: Path) -> Path:
    """Make a new secret; the present one stays beside it as the one before. Returns the new's file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     old = kept_secret(Path(folder, "key"))
    ...     new = kept_secret(renew_kept_secret(Path(folder, "key")))
    ...     old == _kept_before(Path(folder, "key")), old == new
    (True, False)
    """
    old = kept_secret(path)
    before = _before(path)
    draft = path.with_name(f"{path.name}.new")
    for place, secret in ((before, old), (draft, secrets.token_bytes(SECRET_BYTES))):
        place.unlink(missing_ok=True)
        with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
    draft.replace(path)
    return path


def _before(path: Path) -> Path:
    return path.with_name(f"{path.name}.previous")


def _kept_before(path: Path) -> bytes:
    return _read_secret(_before(path)) if _before(path).exists() else b""


def kept_secret(path: Path) -> bytes:
    """The secret of a file that only its owner can read, made if there is none.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept_secret(Path(folder, "key")) == kept_secret(Path(folder, "key"))
    True
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _read_secret(path)
    except OSError as error:
        raise OutsideError(
            f"{path} cannot be made: {error.strerror}", fault="ours", retry=False
        ) from None
    secret = secrets.token_bytes(SECRET_BYTES)
    with os.fdopen(made, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


def _read_secret(path: Path) -> bytes:
    """Read what is there; another process may be just about to write it."""
    for _ in range(READ_AGAIN):
        found = path.read_bytes()
        if len(found) == SECRET_BYTES:
            return found
        time.sleep(0.02)
    raise OutsideError(
        f"{path} is not {SECRET_BYTES} bytes long: restore it from a backup; without it second "
        "factors cannot be read, and removing it logs everybody out",
        fault="ours",
        retry=False,
    )
