"""`python -m tests.walls` prints every finding as path:line and fails when there is one."""

import sys
from pathlib import Path

from tests.walls.checks import CHECKS, findings

found = list(findings(Path(__file__).parents[2]))
for finding in found:
    print(finding)
print(f"Walls: {len(CHECKS)} checks, {len(found)} findings.")
sys.exit(1 if found else 0)
