"""Live practices of the simulated lifter over the simulated Bluetooth, measured against what really happened.

``python -m tests.live`` prints the figures; the tests hold the targets on a smaller run.
"""
