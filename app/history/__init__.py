"""``dowel history``: many sessions of a person, and the way through the method."""
