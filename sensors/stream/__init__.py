"""From a sensor's samples to one time base: clock, gaps, grid, replay."""
