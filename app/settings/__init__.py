"""What a person has chosen and keeps: preferences, trims, the way cues sound; the program's version."""
