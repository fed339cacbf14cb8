"""How the notebooks look: colours, plain axes, and tables whose cells run the way their text does."""

import html
import warnings

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib_inline.backend_inline import set_matplotlib_formats

VAGUE, CONCRETE, UNSURE, OTHER = "#c0392b", "#1e8449", "#b7950b", "#85929e"
INK, SOFT = "#34495e", "#b0b8bf"
VERDICTS = {"vague": VAGUE, "unsure": UNSURE, "concrete": CONCRETE, "out_of_scope": OTHER}

# Matplotlib draws Hebrew from right to left by itself from version 3.11 on.
plt.rcParams.update(
    {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "figure.constrained_layout.use": True,
        "legend.frameon": False,
        "font.family": "DejaVu Sans",
    }
)


def _warn(message, *_, told=set()):  # noqa: B006
    """Tells a warning of the program in one line, once, without the place in the notebook."""
    if str(message) not in told:
        told.add(str(message))
        print(f"warning: {message}")


warnings.showwarning = _warn
set_matplotlib_formats("png", metadata={"Software": None})


class Table:
    """A table for reading: each cell runs in the direction of its own text, and only its numbers are set to the right."""

    def __init__(self, frame, index=True, digits=2):
        self._frame = frame.reset_index() if index else frame
        self._frame = self._frame.rename(columns={"index": ""})
        self._digits = digits

    def _text(self, value):
        if isinstance(value, (list, tuple)):
            return ", ".join(map(self._text, value))
        if pd.isna(value):
            return ""
        return f"{value:,.{self._digits}f}" if isinstance(value, float) else str(value)

    def _repr_html_(self):
        def cell(value, tag="td"):
            side = "right" if isinstance(value, (int, float)) or hasattr(value, "dtype") else "start"
            return f'<{tag} dir="auto" style="text-align:{side};vertical-align:top">{html.escape(self._text(value))}</{tag}>'

        head = "".join(cell(name, "th") for name in map(str, self._frame.columns))
        rows = (f"<tr>{''.join(map(cell, row))}</tr>" for row in self._frame.itertuples(index=False))
        return f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(rows) + "\n</tbody></table>"

    def __repr__(self):
        return self._frame.map(self._text).to_string(index=False)
