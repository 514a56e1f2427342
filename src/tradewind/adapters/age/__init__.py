"""age: secrets of an encrypted file."""
