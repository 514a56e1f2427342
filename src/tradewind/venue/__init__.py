"""The local venue: our simulated market behind the wire protocols of real venues, with faults."""
