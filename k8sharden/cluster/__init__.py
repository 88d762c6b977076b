"""The only place that talks to an API server or a keyring."""
