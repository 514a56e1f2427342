"""Google Cloud: secrets of its Secret Manager."""
