"""The short, slow evaluator that `access.evaluate` must agree with: one function a rule, with AWS's page.

In come the same `Request` and `Layers`; out comes one word. It reads policy values and shares no code with
`access`.
"""

from spec.decide import Answer, decide

__all__ = ["Answer", "decide"]
