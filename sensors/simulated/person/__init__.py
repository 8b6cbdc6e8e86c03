"""The simulated lifter: plan, body, movement, and the truth about them."""
