"""The file of the control socket: bound for its owner alone, in the place of a dead engine's."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tradewind.model.errors import OutsideError
from tradewind.runtime.control_client import socket_address
from tradewind.runtime.control_messages import SOCKET_NAME


def listen(home: Path, backlog: int) -> socket.socket:
    """Bind control.sock for its owner alone; a socket that a dead engine left is replaced.

    Raises `OutsideError` where another engine serves the home, or the file cannot be made.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        with socket_address(home) as address:
            _remove_stale(home, address)
            listening.bind(address)
        listening.listen(backlog)
    except OSError as error:
        listening.close()
        sentence = f"{home / SOCKET_NAME} cannot be made: {error.strerror}"
        raise OutsideError(sentence, fault="ours", retry=False) from None
    except OutsideError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    listening.settimeout(0.0)
    return listening


def _remove_stale(home: Path, address: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            (home / SOCKET_NAME).unlink(missing_ok=True)
            return
        except (BlockingIOError, TimeoutError):
            pass  # Its queue of callers is full, so somebody serves it.
    raise OutsideError(f"another engine runs in {home}: stop it first", fault="ours", retry=False)
