"""One module a verb: parse, call, report, exit."""


def main() -> int:
    """Run the command line."""
    raise NotImplementedError
