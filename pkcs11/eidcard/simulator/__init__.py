"""A simulated Belgian eID card: applet, personalisation, test PKI and link to PC/SC.

Everything it makes is marked TEST: issuers' names, holders, cards. Its keys are made at run time.
"""
