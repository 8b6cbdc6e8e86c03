"""Words and numbers as large as a terminal allows, to be read from across a room."""

from __future__ import annotations

from typing import Final

_LETTERS: Final = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    "A": (" # ", "# #", "###", "# #", "# #"),
    "B": ("## ", "# #", "## ", "# #", "## "),
    "C": ("###", "#  ", "#  ", "#  ", "###"),
    "D": ("## ", "# #", "# #", "# #", "## "),
    "E": ("###", "#  ", "## ", "#  ", "###"),
    "F": ("###", "#  ", "## ", "#  ", "#  "),
    "G": ("###", "#  ", "# #", "# #", "###"),
    "H": ("# #", "# #", "###", "# #", "# #"),
    "I": ("#", "#", "#", "#", "#"),
    "J": ("  #", "  #", "  #", "# #", "###"),
    "K": ("# #", "# #", "## ", "# #", "# #"),
    "L": ("#  ", "#  ", "#  ", "#  ", "###"),
    "M": ("#   #", "## ##", "# # #", "#   #", "#   #"),
    "N": ("#  #", "## #", "# ##", "#  #", "#  #"),
    "O": ("###", "# #", "# #", "# #", "###"),
    "P": ("###", "# #", "###", "#  ", "#  "),
    "Q": ("###", "# #", "# #", "###", "  #"),
    "R": ("## ", "# #", "## ", "# #", "# #"),
    "S": ("###", "#  ", "###", "  #", "###"),
    "T": ("###", " # ", " # ", " # ", " # "),
    "U": ("# #", "# #", "# #", "# #", "###"),
    "V": ("# #", "# #", "# #", "# #", " # "),
    "W": ("#   #", "#   #", "# # #", "## ##", "#   #"),
    "X": ("# #", "# #", " # ", "# #", "# #"),
    "Y": ("# #", "# #", " # ", " # ", " # "),
    "Z": ("###", "  #", " # ", "#  ", "###"),
}
BIG_ROWS: Final = 5


def big(text: str, full: str, wide: int = 2) -> list[str]:
    """A text, five rows high; a point is ``wide`` columns of ``full``, as columns are half as wide as high."""
    letters = [_LETTERS.get(letter, ("  ",) * BIG_ROWS) for letter in text]
    points = [" ".join(letter[row] for letter in letters) for row in range(BIG_ROWS)]
    return ["".join(wide * (full if point == "#" else " ") for point in row) for row in points]


def big_words(text: str, width: int, most_rows: int, full: str) -> list[str]:
    """The same as large as there is room: in one line, with narrow letters, a line for each word, else as it is."""
    words = [big(word, full, 1) for word in text.split()]
    below = [row for word in words for row in (*word, "")][:-1]
    for rows in (big(text, full), big(text, full, 1), below):
        if len(rows) <= most_rows and max(map(len, rows), default=0) <= width:
            return rows
    return [text]
