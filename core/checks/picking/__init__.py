"""Choosing the entries that are worth a person's time: how doubtful, how new, and of which kind."""
