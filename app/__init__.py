"""Dowel: the rod you wear."""
