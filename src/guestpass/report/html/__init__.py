"""The loan's story as one HTML file.

Enters: a `Story`. Leaves: one page that needs nothing else. It runs no script, loads nothing, and holds no string of
foreign origin as anything but text: elements are values, and one function writes them (`element.render`).
"""

from guestpass.report.html.page import story_html

__all__ = ["story_html"]
