"""Every measurement runs in a process of its own, so that none pays for what another imported or left in memory."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

Result = dict[str, Any]


def ask(measure: Callable[..., Result], **values: Any) -> Result:
    """Call a function of a module in a fresh process and return what it returns; everything passes as JSON."""
    said = json.dumps([measure.__module__, measure.__name__, values])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-m", __name__, said], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{measure.__module__}.{measure.__name__} failed:\n{done.stderr}")
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    module, name, given = json.loads(sys.argv[1])
    print(json.dumps(getattr(importlib.import_module(module), name)(**given)))
