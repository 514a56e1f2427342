"""Redis: what many workers count and know together, where losing it costs only a fresh count."""
