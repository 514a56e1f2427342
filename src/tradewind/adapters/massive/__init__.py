"""Massive, once Polygon.io: market data of US equities, crypto and currencies."""
