"""Emulated devices, written from the protocol text and never from our decoders; most of them live in the tests."""
