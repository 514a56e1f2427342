"""Files that people have: CSV, Parquet, public dumps, zipped archives, in and out."""
