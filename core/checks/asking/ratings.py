"""FineVision's four ratings of each entry, which the FineVision format exports; see :mod:`core.checks.asking.judge`."""

from core.checks.asking.judge import Judge
from core.checks.judging.rubric import FINEVISION

CHECK = Judge("ratings", "FineVision's ratings", FINEVISION)
