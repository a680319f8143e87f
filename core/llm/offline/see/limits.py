"""From which scores on offline/see answers.

Chosen with the figures of both parts of ``bench/see.py`` in view, see docs/VISION.md. Those of
objects are about the CenterNet; another detector has other scores.
"""

PRESENT = 0.4
"""An object of this score is there."""
PROVES_ABSENCE = "centernet"
"""What the tool is called whose silence was measured: what it does not even suspect is not there."""
COUNTED = 0.5
"""The one object of its label, when no other is even suspected. More than one cannot be counted: some are missed."""
PLACED = 0.5
"""An object that is asked for by place or color."""
ALONE = 0.1
"""No other object of its label has this score."""
READ = 0.8
"""Of a line of text."""
TOLD = 0.95
"""Of each line of an answer to what is written: one wrong letter makes such an answer wrong."""
DOUBTED = 0.5
"""Lines below this are taken for noise; one between the two keeps the text from being told."""
CERTAIN_I = frozenset("çÇğĞıİşŞ")
"""Letters of a line that was read for ı and İ too; in another Turkish line an i may be either."""
COLOR_SHARE = 0.7
"""Of the inner part of a box that one color must cover."""
COLORS = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink")
"""Colors that are told. White, gray, brown and their like depend on the light: half of them were told wrong."""
MAX_LINES = 12
"""More lines than this are a page, which is not told in one answer."""
OFF_CENTER = 0.08
"""Of the width, from its middle: what is nearer is neither left nor right."""
