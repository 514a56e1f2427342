"""Protocols the shell knows the outside by, one file a need, each with a suite in testing."""
