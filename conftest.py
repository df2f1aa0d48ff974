"""What pytest leaves out where an optional library is not installed."""

from importlib.util import find_spec

collect_ignore = []
if not (find_spec("torch") and find_spec("skorch")):
    # Doctests import the modules they stand in; CI runs these with torch.
    collect_ignore = ["skdistill/nn", "tests/nn"]
