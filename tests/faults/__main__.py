"""Prints the page of faults: `cd tests && python -m faults > ../docs/faults.md`."""

from __future__ import annotations

import sys

from faults.table import page

sys.stdout.write(page())
