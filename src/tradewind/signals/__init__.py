"""Incremental signals and bars: each value from the last one, nothing recomputed."""
