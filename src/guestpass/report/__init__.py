"""Values in, text out: terminal pages, JSON and Markdown.

Enters: plans, decisions, comparisons, standings, verdicts, errors. Leaves: pages that fit 80 columns with
and without
colour, JSON values with a schema, Markdown. It never asks anybody anything, and no string that passes
through it can command a terminal or begin markup.
"""

from guestpass.report.inert import inert, inert_markdown
from guestpass.report.page import Page, text_of

__all__ = ["Page", "inert", "inert_markdown", "text_of"]
