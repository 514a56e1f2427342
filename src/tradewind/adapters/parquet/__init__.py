"""Market data history as Parquet files."""
