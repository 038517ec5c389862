"""`python -m guestpass` is the command `guestpass`."""

from guestpass.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
