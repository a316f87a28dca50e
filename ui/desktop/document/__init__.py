"""The contract as it is read: its pages painted by PDFium, its text to find, copy and hear, and whether it was read.

Outside, only ``view.DocumentView`` is used. It imports PDFium, so import it after the window's first paint.
"""
