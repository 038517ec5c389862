"""What `tools/distill_catalogue.py` makes the catalogue of: one module a part, each reading pinned wheels.

A part is a module with `members(wheels) -> dict[str, object]`: JSON values by the member's name in the catalogue's file.
Nothing is installed or run from the wheels, nothing is looked up anywhere else.
"""
