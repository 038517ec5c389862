"""Which actions hard calls and trail events need: a corpus from AWS's pages, and who knows how much of it.

`operations/` and `events/` are the truth, written by hand, each row with AWS's page. They are independent of guestpass's
own catalogue: a row changes when AWS's page says so, never because a mapping fails it.
"""
