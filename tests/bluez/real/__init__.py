"""A real bluetoothd on a real kernel, without a radio: Debian's, in a machine that QEMU emulates.

::

    dowel, bleak -- D-Bus over TCP --> dbus-daemon --> bluetoothd --> kernel --> /dev/vhci
                                                                                    |
    lifter, sensors <-- the simulated air <-- a controller <-- HCI over TCP --------+

What is left of the line runs here, unmodified and at full speed; only what is right of D-Bus, and ``/dev/vhci``, is in
the machine. ``python -m tests.bluez.real`` does all of it: :mod:`~tests.bluez.real.packages` fetches what is needed,
:mod:`~tests.bluez.real.initrd` makes the machine's only file, :mod:`~tests.bluez.real.machine` runs it,
:mod:`~tests.bluez.real.air` is the other end, and :mod:`~tests.bluez.real.service` is what tests speak to, as they do
to the stand-in of :mod:`tests.bluez`.
"""
