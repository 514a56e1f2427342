"""Binance's protocol as the local venue speaks it, written from the venue's documents."""
