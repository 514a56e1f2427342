"""Whether this run only repeats, as plain Python, what the compiled build has shown before."""

import os

IS_REPETITION = os.environ.get("TRADEWIND_PURE") == "1"
"""Searches then take a part of their examples, as both builds are of one source."""
