"""The reference agency server: one implementation of the API in docs/api."""
