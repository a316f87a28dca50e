"""The core of Paraph: what a signing is, without a window, a reader or a middleware."""
