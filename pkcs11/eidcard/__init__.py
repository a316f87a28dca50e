"""The hardware: everything that touches a reader, a card or a PKCS#11 module."""
