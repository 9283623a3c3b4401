"""Columns of a frame as arrays, remembered, and events found by key and time without a loop.

Moments are int64 wall-clock seconds, `MISSING` where there is none (see `reports.clocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.clocks import MISSING, Flags, Ints
from reports.conditions import filled, holds
from reports.facts import wall_time
from reports.frames import is_unread
from schemas.template import Condition

Texts = npt.NDArray[np.object_]

UNMET = np.iinfo(np.int64).max
_NEW = -2
_WIDE = 2**31
"""More than there are texts: two numbers of a vocabulary fit into one integer."""
_BASE, _SPAN = -(2**33), 2**35
"""Moments from the year 1697 fit into a stamp `code * _SPAN + moment - _BASE`."""


@dataclass
class Vocabulary:
    """Numbers for texts, the same in every table, so that keys of two tables compare as integers. Only ever grows."""

    _codes: dict[str | int, int] = field(default_factory=lambda: {"": -1})

    def __len__(self) -> int:
        return len(self._codes)

    def codes(self, texts: Sequence[str | int]) -> Ints:
        """The number of each text (or of a pair of numbers packed into one), all different; -1 for the empty text."""
        known = self._codes
        codes = np.fromiter(map(known.get, texts, repeat(_NEW)), np.int64, len(texts))
        places = np.flatnonzero(codes == _NEW)
        if places.size:
            numbers = range(len(known), len(known) + len(places))
            known.update(zip((texts[at] for at in places.tolist()), numbers, strict=True))
            codes[places] = numbers
        return codes

    def of_column(self, column: pd.Series) -> Ints:
        """The numbers of a column's texts; dates count as their ISO text. -1 where missing."""
        if pd.api.types.is_datetime64_any_dtype(column):
            column = column.dt.strftime("%Y-%m-%d")
        places, distinct = pd.factorize(column)
        texts = pd.Index(distinct).to_numpy(dtype=object).tolist()
        if not isinstance(column.dtype, pd.StringDtype):
            texts = list(map(str, texts))
        return np.asarray(np.append(self.codes(texts), -1)[places])

    def of_pairs(self, parts: Sequence[Ints]) -> Ints:
        """The number of each combination of numbers; -1 where one of them is."""
        joined = parts[0]
        for part in parts[1:]:
            pairs, places = np.unique(joined * _WIDE + part, return_inverse=True)
            joined = np.where((joined < 0) | (part < 0), -1, self.codes(pairs.tolist())[places])
        return joined


@dataclass
class Columns:
    """A frame's columns as arrays. A column the frame lacks is missing throughout."""

    frame: pd.DataFrame
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    _seconds: dict[str, Ints] = field(default_factory=dict)
    _texts: dict[str, Texts] = field(default_factory=dict)
    _keys: dict[tuple[str, ...], Ints] = field(default_factory=dict)
    _events: dict[tuple[object, ...], Events] = field(default_factory=dict)
    _remembered: dict[tuple[object, ...], Flags] = field(default_factory=dict)
    _before: tuple[Columns, Ints] | None = None
    """The columns of an earlier frame, and the places of its rows with which this one begins."""

    def grown(self, frame: pd.DataFrame, kept: Ints) -> Columns:
        """The columns of a frame that begins with these rows; what is known of them is not worked out again."""
        self._before = None  # keep one generation only
        return Columns(frame, self.vocabulary, _before=(self, kept))

    def _grown(self, known: Callable[[Columns], Ints], name: str, made: Callable[[pd.Series], Ints]) -> Ints:
        """A column's numbers: of the kept rows as known, of the others made anew."""
        if self._before is None:
            return made(self.frame[name])
        before, kept = self._before
        return np.concatenate([known(before)[kept], made(self.frame[name].iloc[len(kept) :])])

    def __len__(self) -> int:
        return len(self.frame)

    def with_column(self, name: str, values: pd.Series) -> Columns:
        """These columns and one more; what is known of the others is kept."""
        kept = {names: codes for names, codes in self._keys.items() if name not in names}
        return Columns(
            self.frame.assign(**{name: values}), self.vocabulary,
            {key: column for key, column in self._seconds.items() if key != name},
            {key: column for key, column in self._texts.items() if key != name}, kept,
        )  # fmt: skip

    def seconds(self, name: str) -> Ints:
        """A date or datetime column as moments; a date is its first second."""
        if name not in self._seconds:
            self._seconds[name] = self._as_seconds(name)
        return self._seconds[name]

    def _as_seconds(self, name: str) -> Ints:
        if name not in self.frame.columns or not len(self.frame):
            return np.full(len(self.frame), MISSING, dtype=np.int64)
        return self._grown(lambda before: before.seconds(name), name, _moments)

    def latest(self, names: Sequence[str]) -> Ints:
        """The latest of several columns; MISSING where one of them is missing."""
        columns = [self.seconds(name) for name in names]
        missing = np.logical_or.reduce([column == MISSING for column in columns])
        return np.where(missing, MISSING, np.maximum.reduce(columns))

    def first(self, names: Sequence[str]) -> Ints:
        """The first of several columns that is not missing."""
        found = np.full(len(self.frame), MISSING, dtype=np.int64)
        for name in names:
            found = np.where(found == MISSING, self.seconds(name), found)
        return found

    def texts(self, name: str) -> Texts:
        """A text column; "" where missing. Dates are their ISO text."""
        if name not in self._texts:
            if name in self.frame.columns:
                self._texts[name] = _texts_of(self.frame[name])
            else:
                self._texts[name] = np.full(len(self.frame), "", dtype=object)
        return self._texts[name]

    def numbers(self, name: str, default: int) -> Ints:
        """A whole-number column; `default` where missing."""
        if name not in self.frame.columns:
            return np.full(len(self.frame), default, dtype=np.int64)
        return np.asarray(pd.to_numeric(self.frame[name]).fillna(default).to_numpy(dtype=np.int64))

    def filled(self, names: Sequence[str]) -> Flags:
        """Where all of the columns hold something."""
        absent = [name for name in names if name not in self.frame.columns]
        if absent:
            return np.zeros(len(self.frame), dtype=np.bool_)
        return np.asarray(np.logical_and.reduce([filled(self.frame[name]) for name in names]))

    def unread(self, names: Sequence[str]) -> Flags:
        """Rows where something stands in one of the cells that could not be understood."""
        return np.asarray(
            np.logical_or.reduce(
                [np.zeros(len(self.frame), np.bool_), *(is_unread(self.frame, name) for name in names)]
            )
        )

    def remember(self, name: tuple[object, ...], make: Callable[[], Flags]) -> Flags:
        """What `make` finds about these columns under the name, made once."""
        if name not in self._remembered:
            self._remembered[name] = make()
        return self._remembered[name]

    def keys(self, names: Sequence[str]) -> Ints:
        """Numbers of the rows' keys; -1 where a part of the key is empty."""
        wanted = tuple(names)
        if wanted not in self._keys:
            self._keys[wanted] = self._as_keys(wanted)
        return self._keys[wanted]

    def _as_keys(self, names: tuple[str, ...]) -> Ints:
        if len(names) > 1:
            return self.vocabulary.of_pairs([self.keys((name,)) for name in names])
        if names[0] not in self.frame.columns:
            return np.full(len(self.frame), -1, dtype=np.int64)
        return self._grown(lambda before: before.keys(names), names[0], self.vocabulary.of_column)

    def events(
        self, match: Sequence[str], at: Sequence[str], where: Condition | None, needed: Sequence[str], today: date
    ) -> Events:
        """The rows as events by key. `where` must not speak of today if the index is to be reused on another day."""
        asked = (tuple(match), tuple(at), where and where.model_dump_json(), tuple(needed))
        if asked not in self._events:
            wanted = holds(where, self.frame, today)
            if needed:
                wanted &= self.filled(needed)
            codes = self.keys(match)
            moments = self.latest(at) if at else np.full(len(self.frame), _BASE, dtype=np.int64)
            self._events[asked] = Events.of(codes[wanted], moments[wanted])
        return self._events[asked]


def _moments(column: pd.Series) -> Ints:
    stamps = wall_time(column).to_numpy(dtype="datetime64[s]")
    return np.asarray(stamps.astype(np.int64))  # NaT is the least integer, which is MISSING


def _texts_of(column: pd.Series) -> Texts:
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    return np.asarray(column.astype("object").fillna("").to_numpy(dtype=object))


@dataclass(frozen=True)
class Events:
    """Moments by key, sorted, so that the first in a stretch of time is found for a whole column at once."""

    stamps: Ints
    undated: Ints
    """Keys, sorted, of events whose moment was not recorded."""

    @classmethod
    def of(cls, codes: Ints, moments: Ints) -> Events:
        """codes: key of each event, -1 for none."""
        keyed = codes >= 0
        known = keyed & (moments != MISSING)
        undated = np.unique(codes[keyed & (moments == MISSING)])
        return cls(np.sort(codes[known] * _SPAN + (moments[known] - _BASE)), undated)

    def first(self, codes: Ints, low: Ints | int, high: Ints | int, count: Ints | int = 1) -> Ints:
        """The moment of the `count`-th event from `low` to `high`, both included; UNMET where there is none."""
        floor = codes * _SPAN + (np.maximum(low, _BASE) - _BASE)
        ceiling = codes * _SPAN + (np.minimum(high, _BASE + _SPAN - 1) - _BASE)
        at = np.searchsorted(self.stamps, floor, side="left") + count - 1
        stamp = np.append(self.stamps, UNMET)[np.minimum(at, len(self.stamps))]
        return np.asarray(np.where((codes >= 0) & (stamp <= ceiling), stamp % _SPAN + _BASE, UNMET))

    def has_undated(self, codes: Ints) -> Flags:
        """Where an event happened at an unknown moment."""
        return np.isin(codes, self.undated) if len(self.undated) else np.zeros(len(codes), dtype=np.bool_)
