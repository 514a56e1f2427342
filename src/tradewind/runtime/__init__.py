"""The imperative shell around the core: what owns threads, files and clocks."""
