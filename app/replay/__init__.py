"""A recorded session played again."""
