"""The interfaces of batches, one file each; ``providers.toml`` says which provider has which."""
