"""HashiCorp Vault: secrets of its KV engine."""
