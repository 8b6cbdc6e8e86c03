"""Recordings in from other programs, tables out to them."""
