"""``python -m skdistill``: the same as the command ``skdistill``."""

import sys

from skdistill.cli import main

# The guard keeps worker processes, which import the main module again, from
# starting the command a second time.
if __name__ == "__main__":
    sys.exit(main())
