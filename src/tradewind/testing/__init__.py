"""Shipped test suites: an adapter's test class inherits the suite of its port."""
