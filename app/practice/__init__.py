"""A live session: sensors found and bound, the calibration guided, reps counted and judged as they happen."""
