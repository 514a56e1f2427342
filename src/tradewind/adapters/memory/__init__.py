"""Stores without a disk, for tests and the storm simulator, with faults on demand."""
