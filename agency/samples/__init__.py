"""Sample contracts in Dutch, French and German: real in form, made up in content."""
