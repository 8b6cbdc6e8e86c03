"""How a person is placed, standing or lying."""
