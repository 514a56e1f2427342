"""The deterministic core: one step from events to commands; no I/O, clock or chance."""
