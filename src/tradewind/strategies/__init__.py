"""Strategies: the base class people write against, and a library of known ones."""
