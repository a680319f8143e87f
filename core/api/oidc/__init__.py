"""Sign-in by an OpenID provider: its routes, the client, and the renewal of sessions. Loaded at its first use."""
