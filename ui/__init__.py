"""The faces of Paraph."""
