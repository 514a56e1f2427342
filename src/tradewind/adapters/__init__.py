"""One folder per outside system, each behind the ports it serves."""
