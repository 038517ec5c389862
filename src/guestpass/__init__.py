"""guestpass lends an AWS account to an outside developer and takes it back.

Read the rooms in the order of `docs/architecture.md`: what AWS is (`catalog`), what could be done (`access`),
what was done (`trail`), what is (`account`); then what a job needs (`needs`), what was agreed and its acts
(`loan`), and how they are shown (`report`), kept (`ledger`), carried out (`aws`), rehearsed (`local`) and asked for (`cli`).
"""

__version__ = "0.1.0"
