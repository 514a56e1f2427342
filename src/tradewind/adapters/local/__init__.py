"""The local venue of paper trading: the seeded market and the simulated venue, in process."""
