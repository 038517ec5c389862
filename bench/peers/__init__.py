"""Engines of other houses, each run in a process of its own."""
