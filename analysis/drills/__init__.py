"""The drills as data, the method's rules, the advice after a set, and what is in force."""
