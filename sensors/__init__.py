"""Where samples come from: drivers, session clock, grid, replay, simulated lifter."""
