"""When the rod would have come off: the limits, the verdict of a rep, the watch for a limit crossed now."""
