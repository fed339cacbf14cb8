"""Flags vague job postings in Hebrew and English, and says why.

>>> import tachles
>>> model = tachles.load()
>>> scored = model.score(["We want a social media guru with a big smile!", "Edit 3 reels a week for TikTok; 9,000 NIS."])
>>> scored.column_names[:5]
['id', 'title', 'lang', 'verdict', 'p_vague']
"""

from __future__ import annotations

from typing import Optional

from . import _core
from .errors import (
    BadRecordsWarning,
    DamagedError,
    EmptyTextError,
    EncodingError,
    FileError,
    LabelError,
    LayoutError,
    ModelError,
    RecordError,
    RottenError,
    TachlesError,
    TooLongError,
    TrainingError,
    UsageError,
)
from .model import Model, Review, load
from .verbs import audit, batch, evaluate, suggest, tokens, train, why

__version__: str = _core.__version__

REASONS = ("generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone")
"""The six reasons, in the order of the article they come from."""
COLUMNS = tuple(_core.columns())
"""The columns of scored records, in order."""


def reasons(id: Optional[str] = None) -> dict[str, str]:
    """What the reasons mean, where they fire, and known false alarms, in Markdown.

    Parameters
    ----------
    id : str, optional
        One reason; all six by default.
    """
    return {name: _core.reason(name) for name in ([id] if id is not None else REASONS)}


__all__ = [
    "COLUMNS",
    "REASONS",
    "BadRecordsWarning",
    "DamagedError",
    "EmptyTextError",
    "EncodingError",
    "FileError",
    "LabelError",
    "LayoutError",
    "Model",
    "ModelError",
    "RecordError",
    "Review",
    "RottenError",
    "TachlesError",
    "TooLongError",
    "TrainingError",
    "UsageError",
    "__version__",
    "audit",
    "batch",
    "evaluate",
    "load",
    "reasons",
    "suggest",
    "tokens",
    "train",
    "why",
]
