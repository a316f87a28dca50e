"""The agency's API as the client sees it: the wire schema and the calls."""
