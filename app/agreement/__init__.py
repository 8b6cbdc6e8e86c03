"""Agreement with a real rod: truth beside verdicts, and the figures of both."""
