"""What can go wrong, one class a kind, each with the place where it happened.

Every exception of the package is a :class:`TachlesError`. ``str(error)`` gives the place, the rule that was broken and
the value that broke it.
"""

from __future__ import annotations

from typing import Optional


class TachlesError(Exception):
    """An error of tachles.

    Attributes
    ----------
    kind : str
        A stable word for the kind, the same as the reason codes of quarantined records.
    message : str
        The rule and the value, without the place.
    file : str or None
        The file, or the name of the table.
    record : int or None
        The record, from 1.
    line : int or None
        The line on which the record starts, from 1.
    byte : int or None
        The byte at which it starts, from 0.
    """

    kind: str = ""

    def __init__(
        self,
        message: str,
        *,
        file: Optional[str] = None,
        record: Optional[int] = None,
        line: Optional[int] = None,
        byte: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.record = record
        self.line = line
        self.byte = byte

    def __str__(self) -> str:
        parts = [self.file] if self.file is not None else []
        places = (("record", self.record), ("line", self.line), ("byte", self.byte))
        parts += [f"{name} {place}" for name, place in places if place is not None]
        return f"{', '.join(parts)}: {self.message}" if parts else self.message

    def __reduce__(self) -> tuple:  # type: ignore[type-arg]
        return of, (self.kind, self.message, self.file, self.record, self.line, self.byte)


class FileError(TachlesError, OSError):
    """A file could not be opened, read or written."""

    kind = "io"


class EncodingError(TachlesError, ValueError):
    """Bytes are not text in the encoding they should be in."""

    kind = "encoding"


class LayoutError(TachlesError, ValueError):
    """A whole file or table has no usable layout: a column is missing or of a type that cannot be read."""

    kind = "layout"


class RecordError(TachlesError, ValueError):
    """One record is malformed: a text that is no string, a NUL byte."""

    kind = "record"


class TooLongError(TachlesError, ValueError):
    """One record is longer than the limit."""

    kind = "too-long"


class DamagedError(TachlesError, ValueError):
    """A file breaks off or is corrupt."""

    kind = "damaged"


class RottenError(TachlesError, ValueError):
    """More records are bad than is allowed."""

    kind = "rotten"


class EmptyTextError(TachlesError, ValueError):
    """One posting has no text to read: it is missing, empty or blank."""

    kind = "empty-text"


class LabelError(TachlesError, ValueError):
    """A label is not one of the words or numbers allowed."""

    kind = "label"


class TrainingError(TachlesError, ValueError):
    """Training data cannot be learned from."""

    kind = "training"


class ModelError(TachlesError, ValueError):
    """A model directory is missing a part, damaged, or of another version."""

    kind = "model"


class UsageError(TachlesError, ValueError):
    """An argument, or a combination of arguments, cannot be used."""

    kind = "usage"


class BadRecordsWarning(UserWarning):
    """Some postings could not be read, and the caller chose to go on without them."""


KINDS: dict[str, type[TachlesError]] = {
    cls.kind: cls
    for cls in (
        FileError,
        EncodingError,
        LayoutError,
        RecordError,
        TooLongError,
        DamagedError,
        RottenError,
        EmptyTextError,
        LabelError,
        TrainingError,
        ModelError,
        UsageError,
    )
}


def of(
    kind: str,
    message: str,
    file: Optional[str] = None,
    record: Optional[int] = None,
    line: Optional[int] = None,
    byte: Optional[int] = None,
) -> TachlesError:
    """The exception of `kind`."""
    return KINDS.get(kind, TachlesError)(message, file=file, record=record, line=line, byte=byte)
