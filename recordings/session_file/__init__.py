"""The session file: blocks, writing, reading, salvage."""
