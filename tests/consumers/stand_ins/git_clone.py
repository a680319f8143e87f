"""``git clone`` and ``git -C DIRECTORY checkout`` of a README, from the checkouts in CONSUMERS_DIR."""

import os
import shutil
import sys
from pathlib import Path

checkouts = Path(os.environ.get("CONSUMERS_DIR", "nowhere"))
match sys.argv[1:]:
    case ["clone", url]:
        name = url.rpartition("/")[2]
        if not (checkouts / name).is_dir():
            sys.exit(f"not run: there is no checkout of {url}")
        shutil.copytree(checkouts / name, name)
    case ["-C", name, "checkout", "-q", commit]:
        stored = (checkouts / f"{name}.version").read_text().split()[0]
        if not commit.startswith(stored) and not stored.startswith(commit):
            sys.exit(f"the checkout of {name} is {stored}, not {commit}")
    case words:
        sys.exit(f"no command of a README: git {' '.join(words)}")
