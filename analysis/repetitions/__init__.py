"""From angles to repetitions, rows and sets."""
