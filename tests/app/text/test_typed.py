"""Commands that can be typed as they are told."""

from __future__ import annotations

import pytest

from dowel.text.typed import typed


@pytest.mark.parametrize(
    ("path", "platform", "told"),
    [
        ("/home/me/a.dowel", "linux", "/home/me/a.dowel"),
        ("/home/me/my sets/it's.dowel", "darwin", "'/home/me/my sets/it'\"'\"'s.dowel'"),
        (r"C:\Users\me\a.dowel", "win32", r"C:\Users\me\a.dowel"),
        (r"C:\Users\me\my sets\a.dowel", "win32", r'"C:\Users\me\my sets\a.dowel"'),
    ],
)
def test_a_path_is_quoted_as_its_system_does(path: str, platform: str, told: str) -> None:
    assert typed(path, platform) == told
