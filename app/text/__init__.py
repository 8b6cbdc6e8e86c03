"""Words for what the tables hold, and text made safe to show."""
