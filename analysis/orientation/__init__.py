"""How each sensor and each body segment stands: attitude, rotations, posture, slips."""
