"""The local venue that speaks like Massive (Polygon): market data only."""
