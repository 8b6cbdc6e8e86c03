"""The errors a person can meet, each with the exit code of its command."""

from __future__ import annotations


class DowelError(Exception):
    """An error whose text is one or two sentences for the user: what, where, and what to do next."""

    exit_code = 1


class UsageError(DowelError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class InputError(DowelError):
    """A file or recording cannot be used. The text names the file, what is wrong and what to do."""

    exit_code = 3


class LinkError(DowelError):
    """Bluetooth or a sensor is not available."""

    exit_code = 4
