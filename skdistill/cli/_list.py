"""``skdistill models``: the names that ``--teacher`` and ``--student`` know."""

import argparse
import json

from skdistill.cli._registry import ROLES, Recipe, recipes

__all__ = ["run"]

_FOOT = """\
Parameters go behind a colon: tree:max_leaf_nodes=16, forest:n_estimators=3
Import paths do, too: sklearn.ensemble.ExtraTreesClassifier, my_module:make_it"""


def run(arguments: argparse.Namespace) -> int:
    """Print the list.

    Parameters
    ----------
    arguments : argparse.Namespace
        With `json`.

    Returns
    -------
    int
        The exit code, 0.
    """
    if arguments.json:
        print(json.dumps({f"{role}s": _as_json(role) for role in ROLES}))
        return 0
    for role in ROLES:
        print(f"{role}s")
        for one in recipes(role).values():
            needs = f' (pip install "skdistill[{one.extra}]")' if one.extra else ""
            print(f"  {one.name:<12}  {one.text}{needs}")
        print()
    print(_FOOT)
    return 0


def _as_json(role: str) -> list[dict[str, object]]:
    def as_row(one: Recipe) -> dict[str, object]:
        return {
            "name": one.name,
            "text": one.text,
            "class": one.path,
            "params": dict(one.params),
            "extra": one.extra or None,
        }

    return [as_row(one) for one in recipes(role).values()]
