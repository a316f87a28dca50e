"""Which certificates are believed, and why."""
