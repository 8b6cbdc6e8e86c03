"""Parts of Dowel that are installed only when asked for, and what is said where one is missing."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from dowel.recordings.errors import UsageError

MODULES: Final = {
    "simulate": ("bumble",),
    "phone": ("cryptography", "httpx", "segno"),
    "export": ("pyarrow", "foxglove"),
    "lsl": ("pylsl",),
    "cluster": ("aiohttp", "distributed", "fsspec"),
}
"""What each extra of the distribution brings (``pyproject.toml``; a test holds both together)."""


def check_extra(extra: str, what: str, part: str = "") -> None:
    """``UsageError``, with what to install, where something that an extra brings is not there.

    ``what`` needs it, as the subject of a sentence in the plural; where it needs one module
    alone, that is the ``part``.
    """
    missing = [module for module in MODULES[extra] if find_spec(module) is None and part in ("", module)]
    if missing:
        raise UsageError(
            f"{what} need {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed. Install "
            f"dowel with its extra: pip install 'dowel-rod[{extra}]'."
        )
