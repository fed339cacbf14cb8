"""Hebrew in plots."""

import matplotlib
from bidi.algorithm import get_display

# From version 3.11 on matplotlib lays text out itself, in both directions.
_LAYS_OUT = tuple(int(part) for part in matplotlib.__version__.split(".")[:2]) >= (3, 11)


def rtl(text: str) -> str:
    """`text` in the order in which matplotlib must draw it."""
    return text if _LAYS_OUT else get_display(text)
