"""From samples to reps and verdicts: numbers in, numbers out, no files, no clock of its own."""
