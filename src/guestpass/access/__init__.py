"""COULD: one meaning of a policy."""
