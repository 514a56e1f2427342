"""The words of the platform: numbers, instruments, market data, orders, messages, errors, codec."""
