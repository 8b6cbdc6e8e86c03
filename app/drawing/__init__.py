"""The lifter as lines, standing and lying."""
