"""``python -m dowel``: the program, also where its folder is not on the path."""

from __future__ import annotations

from dowel.commands import main

if __name__ == "__main__":
    main()
