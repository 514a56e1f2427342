"""A venue and a market from pure functions and a seed."""
