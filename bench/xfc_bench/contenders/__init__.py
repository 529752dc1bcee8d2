"""A module a runtime; each registers its contenders."""
