"""Market data between processes over ZeroMQ, with CURVE wherever it leaves the machine."""
