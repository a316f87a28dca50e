"""The ``paraph`` command."""
