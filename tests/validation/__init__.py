"""How good it is: studies with known truth. ``python -m tests.validation`` writes docs/validation.md from them."""
