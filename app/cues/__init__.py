"""Cues: what a person hears and feels of their practice, and on what it is played."""
