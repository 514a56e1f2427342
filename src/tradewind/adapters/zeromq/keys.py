"""Keys of the bus: this installation's own pair, and the public keys that may connect to it.

$TRADEWIND_HOME/bus/key.json       {"public": 40 characters, "secret": 40 characters}
$TRADEWIND_HOME/bus/allowed.json   {"NAME": public key, ...}
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
import zmq
from zmq.utils import z85

from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import UserError

FOLDER = "bus"
KEY_NAME = "key.json"
ALLOWED_NAME = "allowed.json"
KEY_BYTES = 32
ALLOWED_MAX = 1_000
FILE_BYTES_MAX = 256 << 10
OTHERS_MAY_MASK = 0o077
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class KeyPair(msgspec.Struct, frozen=True):
    """A public key for others and the secret that belongs to it, as CURVE wants them."""

    public: str
    secret: Secret


class _KeyFile(msgspec.Struct, frozen=True):
    public: str
    secret: str


class BusKeys:
    """The keys in a home; every answer is read from the files as they are now."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def make(self) -> KeyPair:
        """Make a pair where there is none; `UserError` where there is one already."""
        path = self.folder / KEY_NAME
        if path.exists():
            raise UserError(
                f"{path} is there already: remove it first, and tell the new public key to all "
                "who connect"
            )
        public, secret = zmq.curve_keypair()
        while public.startswith(b"-"):  # a command line would take it for an option
            public, secret = zmq.curve_keypair()
        self._write(KEY_NAME, _KeyFile(public.decode(), secret.decode()))
        return self.pair()

    def pair(self) -> KeyPair:
        """Our own pair; `UserError` where there is none or others may read it."""
        path = self.folder / KEY_NAME
        if not path.exists():
            raise UserError(f"{path} is not there: make it with `tradewind keys make`")
        if path.stat().st_mode & OTHERS_MAY_MASK:
            raise UserError(f"others may read {path}: chmod 600 {path}")
        try:
            found = msgspec.json.decode(path.read_bytes()[:FILE_BYTES_MAX], type=_KeyFile)
            checked_key(found.secret)
        except (msgspec.DecodeError, UserError):
            raise UserError(f"{path} is not a key: remove it, then `tradewind keys make`") from None
        return KeyPair(checked_key(found.public), Secret(found.secret))

    def allowed(self) -> dict[str, str]:
        """Public keys by the name they were given."""
        path = self.folder / ALLOWED_NAME
        try:
            data = path.read_bytes()[:FILE_BYTES_MAX]
            return msgspec.json.decode(data, type=dict[str, str])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError:
            raise UserError(
                f"{path} is not a list of keys: mend or remove it, nobody may connect until then"
            ) from None

    def allow(self, name: str, public: str) -> None:
        """Let whoever holds the secret of a public key connect."""
        if not _NAME.fullmatch(name):
            raise UserError(f"{name!r} is no name of a key: use letters, digits, '-' and '.'")
        known = self.allowed()
        holder = {key: one for one, key in known.items()}.get(checked_key(public), name)
        if holder != name:
            raise UserError(f"this key is allowed already, as {holder}")
        if name in known and known[name] != public:
            raise UserError(f"{name} has another key: `tradewind keys revoke {name}` first")
        if len(known) >= ALLOWED_MAX:
            raise UserError(f"{ALLOWED_MAX} keys are allowed already: revoke one first")
        self._write(ALLOWED_NAME, known | {name: public})

    def revoke(self, name: str) -> None:
        """Let a key in no more; a running publisher drops its connection."""
        known = self.allowed()
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UserError(f"no key is named {name!r}: allowed are {names}")
        self._write(ALLOWED_NAME, {one: key for one, key in known.items() if one != name})

    def _write(self, name: str, content: object) -> None:
        """Write a file as a whole, 0600 in a folder of 0700."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f"{name}.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(content))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / name)


def checked_key(text: str) -> str:
    """A key as text, or a `UserError`.

    >>> checked_key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
    'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
    """
    try:
        if len(text) == KEY_BYTES * 5 // 4 and len(z85.decode(text)) == KEY_BYTES:
            return text
    except (KeyError, ValueError, UnicodeError):
        pass
    raise UserError("a key of the bus has 40 characters, as `tradewind keys show` prints them")
