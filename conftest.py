"""What pytest leaves out where an optional library is not installed."""

from importlib.util import find_spec
from pathlib import Path

collect_ignore = []
if not (find_spec("torch") and find_spec("skorch")):
    # Doctests import the modules they stand in; CI runs these with torch.
    collect_ignore = ["skdistill/nn", "tests/nn"]
    collect_ignore.append("skdistill/diagnostics/complexity/_torch.py")
if not (find_spec("skl2onnx") and find_spec("skops")):
    # Of export, what is said without its libraries; CI runs the rest with them.
    found = Path(__file__).parent.glob("tests/export/test_*.py")
    collect_ignore += [one for one in found if one.stem != "test_export_extra"]
    collect_ignore.append("skdistill/export")
