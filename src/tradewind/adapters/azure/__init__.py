"""Microsoft Azure: secrets of its Key Vault."""
