"""Frames: messages of several byte strings each, in a stream of bytes.

A message is the number of its frames and the length of each, as four little-endian bytes each,
and then the frames.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

from tradewind.adapters.zeromq.wire import MESSAGE_BYTES_MAX
from tradewind.model.errors import BadMessage

FRAMES_MAX = 16
_NUMBER = struct.Struct("<I")


def encoded(frames: Sequence[bytes]) -> bytes:
    """A message of frames."""
    count = len(frames)
    return b"".join([_numbers(count + 1).pack(count, *map(len, frames)), *frames])


class Frames:
    """Messages out of bytes, in whatever pieces they come.

    >>> frames = Frames()
    >>> data = encoded([b"b", b"", b"xyz"])
    >>> frames.feed(data[:9])
    >>> frames.next() is None
    True
    >>> frames.feed(data[9:])
    >>> frames.next()
    [b'b', b'', b'xyz']
    """

    def __init__(self, frames_max: int = FRAMES_MAX) -> None:
        self._frames_max = frames_max
        self._data: bytes | bytearray = b""
        self._place = 0

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        if self._place == len(self._data):
            self._data = data
        else:  # a long message comes in many pieces, which are not copied for each one more
            if self._place or isinstance(self._data, bytes):
                self._data = bytearray(self._data[self._place :])
            self._data += data
        self._place = 0

    def next(self) -> list[bytes] | None:
        """The next message, None where it is not whole yet; `BadMessage` where it can be none."""
        data, start = self._data, self._place
        if len(data) < start + 4:
            return None
        count = _NUMBER.unpack_from(data, start)[0]
        if not 1 <= count <= self._frames_max:
            raise BadMessage(f"a message of {count} frames")
        place = start + 4 * (count + 1)
        if len(data) < place:
            return None
        sizes = _numbers(count).unpack_from(data, start + 4)
        total = sum(sizes)
        if total > MESSAGE_BYTES_MAX:
            raise BadMessage(f"a message of {total} bytes")
        if len(data) < place + total:
            return None
        found = []
        for size in sizes:
            found.append(bytes(data[place : place + size]))
            place += size
        self._place = place
        return found


@lru_cache(64)
def _numbers(count: int) -> struct.Struct:
    """So many numbers."""
    return struct.Struct(f"<{count}I")
