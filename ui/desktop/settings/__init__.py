"""The page on which somebody settles how Paraph works here, a part for each thing that it is about."""
