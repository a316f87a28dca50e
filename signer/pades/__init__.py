"""PDF signatures: preflight, sign, check, validate. With ``signer.trust`` the only importer of pyHanko."""
