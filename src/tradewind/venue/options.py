"""What a user chooses of a local venue: where its market comes from and how fast it goes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class VenueOptions(NamedTuple):
    """`still` is a market that does not move, `replay` a recorded capture; else it is generated."""

    seed: int = 7
    speed: float = 1.0
    replay: Path | None = None
    still: bool = False
