"""A BlueZ-shaped D-Bus service over the simulated sensors, so that bleak's own Linux backend runs unmodified.

``python -m tests.bluez`` is the service; :mod:`tests.bluez.processes` starts it, with a bus of its own, for a test.
What it answers, and in what order, follows BlueZ 5.87 (its documentation of the D-Bus interfaces and its source) and
5.66, which :mod:`tests.bluez.real` runs itself.

Differences from the real one: no pairing, no advertising, no AcquireNotify and AcquireWrite, one adapter.
"""
