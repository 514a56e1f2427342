"""Amazon Web Services: secrets of its Secrets Manager."""
