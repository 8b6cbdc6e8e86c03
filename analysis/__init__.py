"""From samples to reps and verdicts: pure numpy, no files, no clock of its own."""
