"""The rules of clock, reps and contact once more: plain, slow, obvious, one point at a time, from all the data so far.

They share constants with the fast code, and nothing else.
"""
