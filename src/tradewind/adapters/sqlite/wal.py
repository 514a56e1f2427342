"""The write-ahead log as a file: tells a torn tail after a crash from damage in the middle.

SQLite reads a log up to its first bad frame and silently forgets the rest. With
`synchronous=FULL` a power cut can spoil the frames of one transaction only, the last. Commits
behind that were acknowledged, so their loss must not go unsaid. The file's layout and checksum
are described at https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct(">8I")
FRAME = struct.Struct(">6I")
MAGIC_LITTLE, MAGIC_BIG = 0x377F0682, 0x377F0683
PAGE_BYTES = 4096
"""The page size our databases have; a log with a damaged header is counted with it."""
_MASK = 0xFFFFFFFF
_Words = NDArray[np.uint32]


class WalScan(msgspec.Struct, frozen=True):
    """What a log holds: bytes SQLite will read, bytes of this log behind, commits among those."""

    whole_bytes: int
    spoiled_bytes: int
    spoiled_commits: int


def scan_wal(path: Path) -> WalScan:
    """Read a log that no process writes; a missing or empty one is whole."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < HEADER.size or not any(data[: HEADER.size]):
        return WalScan(0, 0, 0)
    header = HEADER.unpack_from(data)
    order = "<" if header[0] == MAGIC_LITTLE else ">"
    sums = _advance((0, 0), np.frombuffer(data[:24], f"{order}u4"))
    if header[0] not in (MAGIC_LITTLE, MAGIC_BIG) or sums != header[6:8]:
        return _spoiled(data, 0, PAGE_BYTES, None)
    return _scan_frames(data, header, sums, order)


def _scan_frames(
    data: bytes, header: tuple[int, ...], sums: tuple[int, int], order: str
) -> WalScan:
    page_bytes, salts = header[2], header[4:6]
    size = FRAME.size + page_bytes
    for start in range(HEADER.size, len(data) - size + 1, size):
        frame = FRAME.unpack_from(data, start)
        covered = data[start : start + 8] + data[start + FRAME.size : start + size]
        sums = _advance(sums, np.frombuffer(covered, f"{order}u4"))
        if frame[2:4] != salts or frame[4:6] != sums:
            return _spoiled(data, start, page_bytes, salts)
    return WalScan(len(data), 0, 0)


def _spoiled(
    data: bytes, whole_bytes: int, page_bytes: int, salts: tuple[int, ...] | None
) -> WalScan:
    """Count what stands behind the first bad frame; frames of an older log do not count."""
    spoiled_bytes, commits = 0, 0
    size = FRAME.size + page_bytes
    for start in range(max(whole_bytes, HEADER.size), len(data) - size + 1, size):
        frame = FRAME.unpack_from(data, start)
        if salts is None or frame[2:4] == salts:
            spoiled_bytes = start + size - whole_bytes
            commits += frame[1] != 0
    return WalScan(whole_bytes, spoiled_bytes, commits)


def _advance(sums: tuple[int, int], words: _Words) -> tuple[int, int]:
    """The running checksum behind an even number of 32-bit words.

    SQLite adds word by word: s0 += x + s1; s1 += y + s0. That is linear, so the sums behind n
    pairs are a matrix power times the old ones plus the words times weights known beforehand.
    """
    matrix, weights = _weights(len(words) // 2)
    native = words.astype(np.uint32)
    first, second = sums
    return (
        (matrix[0] * first + matrix[1] * second + int((weights[0] * native).sum())) & _MASK,
        (matrix[1] * first + matrix[2] * second + int((weights[1] * native).sum())) & _MASK,
    )


@lru_cache(maxsize=4)
def _weights(pairs: int) -> tuple[tuple[int, int, int], tuple[_Words, _Words]]:
    """The symmetric matrix [[1, 1], [1, 2]] to the power of `pairs`, and each word's weights."""
    power = (1, 0, 1)
    first, second = [0] * (2 * pairs), [0] * (2 * pairs)
    for pair in reversed(range(pairs)):
        first[2 * pair] = (power[0] + power[1]) & _MASK
        first[2 * pair + 1] = power[1]
        second[2 * pair] = (power[1] + power[2]) & _MASK
        second[2 * pair + 1] = power[2]
        a, b, c = power
        power = ((a + b) & _MASK, (b + c) & _MASK, (b + 2 * c) & _MASK)
    return power, (np.array(first, np.uint32), np.array(second, np.uint32))
