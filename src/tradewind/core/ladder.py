"""One side of a book: sizes by level, dense around the best level and a dict beyond."""

from __future__ import annotations

from array import array

NO_LEVEL = -(2**62)
"""What `Ladder.best` says where there is no level: below every key."""

LADDER_WIDTH = 8192
"""Levels kept in the dense window; 64 KiB a side."""

LADDER_LEVELS_MAX = 65_536
"""Levels a side holds; at one more the worst quarter is forgotten, and counted."""

BLOCK = 64
"""Levels a block counts together, so that looking for the next level skips empty stretches."""

# C integers when compiled (ladder.pxd)
_NONE = NO_LEVEL
_BLOCK = BLOCK
_BLOCK_BITS = BLOCK.bit_length() - 1


class Ladder:
    """Sizes by integer key, of which the highest is the best: bids by tick, asks by minus tick.

    The best level always lies in the window `[base, base + width)`, three quarters up when it
    moves there; what lies outside is in `far`, always worse than the best. So a row near the
    market costs the same however deep the book is. Where the window stands never shows. It is
    made at the first level: a side that never has one costs nothing.

    >>> bids = Ladder()
    >>> bids.set(100, 5), bids.set(101, 7), bids.set(101, 0)
    (0, 0, 7)
    >>> bids.best, bids.best_size, bids.levels(3)
    (100, 5, [(100, 5)])
    """

    __slots__ = (
        "base",
        "best",
        "best_size",
        "blocks",
        "count",
        "far",
        "forgotten",
        "levels_max",
        "sizes",
        "width",
        "window",
    )

    def __init__(self, width: int = LADDER_WIDTH, levels_max: int = LADDER_LEVELS_MAX) -> None:
        assert width > 0, "a window needs a width"
        assert width % (4 * _BLOCK) == 0, "the width is not a multiple of 256"
        assert levels_max >= 4, "a side needs room for four levels"
        self.window = width
        self.width = 0  # that of the window that is there
        self.levels_max = levels_max
        self.sizes = self.blocks = array("q")
        self.far: dict[int, int] = {}
        self.base = 0
        self.count = 0
        self.forgotten = 0
        self.best = _NONE
        self.best_size = 0

    def set(self, key: int, size: int) -> int:
        """Set the size of a level, 0 to remove it; answers the size it had (0 = no level)."""
        if size != 0 and key > self.best:
            self._rise(key)
        offset = key - self.base
        if 0 <= offset < self.width:
            old = self._set_near(offset, size)
        else:
            old = self._set_far(key, size)
        if key == self.best:
            self.best_size = size
            if size == 0:
                self._fall(key)
        if self.count > self.levels_max:
            self._forget()
        return old

    def size_at(self, key: int) -> int:
        """The size of a level, 0 where there is none."""
        offset = key - self.base
        if 0 <= offset < self.width:
            return self.sizes[offset]
        return self.far.get(key, 0)

    def levels(self, limit: int) -> list[tuple[int, int]]:
        """At most `limit` levels as (key, size), the best first."""
        found: list[tuple[int, int]] = []
        key = self.best
        while key != _NONE and len(found) < limit:
            found.append((key, self.sizes[key - self.base]))
            key = self._next_near(key - 1)
        if len(found) < limit and self.far:
            for key in sorted(self.far, reverse=True)[: limit - len(found)]:
                found.append((key, self.far[key]))
        return found

    def clear(self) -> None:
        """Remove every level; the window stays where it is."""
        for block in range(len(self.blocks)):
            if self.blocks[block] != 0:
                self.blocks[block] = 0
                for offset in range(block * _BLOCK, (block + 1) * _BLOCK):
                    self.sizes[offset] = 0
        self.far.clear()
        self.count = 0
        self.best = _NONE
        self.best_size = 0

    def _rise(self, key: int) -> None:
        """A level above all others comes: make it the best, inside the window."""
        if self.width == 0:
            self.width = self.window
            self.sizes = array("q", bytes(8 * self.width))
            self.blocks = array("q", bytes(8 * (self.width // _BLOCK)))
        offset = key - self.base
        if offset < 0 or offset >= self.width:
            self._move(key)
        self.best = key

    def _fall(self, key: int) -> None:
        """The best level is gone: the next one becomes the best, inside the window."""
        best = self._next_near(key - 1)
        if best == _NONE and self.far:
            best = max(self.far)
        self.best = best
        if best == _NONE:
            return
        # a best level low in the window leaves too little of the book behind it near
        if best - self.base < self.width // 4:
            self._move(best)
        self.best_size = self.sizes[best - self.base]

    def _set_near(self, offset: int, size: int) -> int:
        old = self.sizes[offset]
        self.sizes[offset] = size
        if old == 0 and size != 0:
            self.blocks[offset >> _BLOCK_BITS] += 1
            self.count += 1
        elif old != 0 and size == 0:
            self.blocks[offset >> _BLOCK_BITS] -= 1
            self.count -= 1
        return old

    def _set_far(self, key: int, size: int) -> int:
        old = self.far.get(key, 0)
        if size != 0:
            self.far[key] = size
            if old == 0:
                self.count += 1
        elif old != 0:
            del self.far[key]
            self.count -= 1
        return old

    def _next_near(self, key: int) -> int:
        """The highest level at or below a key in the window, `NO_LEVEL` where there is none."""
        offset = key - self.base
        while offset >= 0:
            if self.blocks[offset >> _BLOCK_BITS] == 0:
                offset = offset // _BLOCK * _BLOCK - 1
            elif self.sizes[offset] != 0:
                return self.base + offset
            else:
                offset -= 1
        return _NONE

    def _move(self, key: int) -> None:
        """Move the window so that a key stands three quarters up."""
        for block in range(len(self.blocks)):
            if self.blocks[block] != 0:
                self.blocks[block] = 0
                self._empty_block(block * _BLOCK)
        self.base = key - self.width // 4 * 3
        top = self.base + self.width
        near = [level for level in self.far if self.base <= level < top]
        for level in near:
            offset = level - self.base
            self.sizes[offset] = self.far.pop(level)
            self.blocks[offset >> _BLOCK_BITS] += 1

    def _empty_block(self, start: int) -> None:
        for offset in range(start, start + _BLOCK):
            size = self.sizes[offset]
            if size != 0:
                self.far[self.base + offset] = size
                self.sizes[offset] = 0

    def _forget(self) -> None:
        """Remove the worst quarter of the levels, counted in `forgotten`."""
        kept = self.levels_max - self.levels_max // 4
        for key, _size in self.levels(self.count)[kept:]:
            self.forgotten += 1
            offset = key - self.base
            if 0 <= offset < self.width:
                self._set_near(offset, 0)
            else:
                self._set_far(key, 0)
