"""The live page: the session in a browser, on this computer or on a phone beside it."""
