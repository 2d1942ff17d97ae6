"""Texts as vectors: kept in a file by what they were made from, and the nearest of many found without numpy.

Twenty thousand vectors of 1,536 numbers take a second to multiply in Python. Whether each number is above the mean is a
bit, and two texts that mean the same have most bits in common; counting these takes 3 milliseconds, and only the few
hundred nearest are then multiplied.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from operator import mul
from pathlib import Path
from typing import TypeAlias

Vector: TypeAlias = "array[float]"
_NAME = 16  # bytes of a digest
_HEAD = struct.Struct("<4sI")
_MARK = b"CSV1"
_MULTIPLIED = 256
# Enough to know the mean of all.
_SAMPLED = 512


class BadVector(ValueError):
    """It is no vector of the length the others have."""


def digest(text: str) -> bytes:
    """A text's name among the vectors."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:_NAME]


def unit(numbers: Iterable[float]) -> Vector:
    """The vector in this direction whose length is 1. Raises `BadVector` for what has none."""
    try:
        vector = array("f", numbers)
    except (TypeError, OverflowError) as error:
        raise BadVector from error
    length = math.sqrt(math.fsum(map(mul, vector, vector)))
    if not (0 < length < math.inf):
        raise BadVector
    return array("f", (number / length for number in vector))


class Nearest:
    """Finds the nearest of these vectors. They all have the same length."""

    def __init__(self, vectors: Sequence[Vector]) -> None:
        self._vectors = vectors
        step = max(1, len(vectors) // _SAMPLED)
        sample = vectors[::step]
        self._mean = array("f", (math.fsum(column) / len(sample) for column in zip(*sample, strict=True)))
        self._bits = [self._sketch(vector) for vector in vectors]

    def search(self, vector: Vector, most: int) -> list[tuple[int, float]]:
        """The places of the nearest and the cosines of their angles, best first. Raises `BadVector`."""
        if not self._vectors:
            return []
        if len(vector) != len(self._mean):
            raise BadVector
        bits = self._sketch(vector)
        near = nsmallest(
            max(most, _MULTIPLIED), range(len(self._bits)), key=lambda at: (self._bits[at] ^ bits).bit_count()
        )
        asked = vector.tolist()
        scored = ((sum(map(mul, asked, self._vectors[at])), at) for at in near)
        return [(at, score) for score, at in sorted(scored, reverse=True)[:most]]

    def _sketch(self, vector: Vector) -> int:
        return int("".join("1" if a > b else "0" for a, b in zip(vector, self._mean, strict=True)) or "0", 2)


class VectorFile:
    """Vectors by digest, in a file that only grows until too much of it is out of use.

    It can be thrown away at any time: then all is asked for again. A file that is broken counts as empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, names: Iterable[bytes]) -> dict[bytes, Vector]:
        """Those of these vectors that are there. Raises `OSError`."""
        wanted = set(names)
        found: dict[bytes, Vector] = {}
        data = self._path.read_bytes() if self._path.exists() else b""
        length = _length(data)
        size = _NAME + 4 * length
        whole = (len(data) - _HEAD.size) // size if length else 0
        for at in range(_HEAD.size, _HEAD.size + whole * size, size):
            if (name := data[at : at + _NAME]) in wanted:
                found[name] = _from_bytes(data[at + _NAME : at + size])
        if whole > 2 * len(found) + 1000:
            self.write(found)
        return found

    def add(self, vectors: Mapping[bytes, Vector]) -> None:
        """Write these behind the others. Raises `OSError`."""
        if not self._path.exists():
            self.write(vectors)
            return
        with self._path.open("r+b") as file:
            length = _length(file.read(_HEAD.size))
            if any(len(vector) != length for vector in vectors.values()):
                self.write(vectors)  # the model behind this name gives others by now
                return
            # What a crash left half written is overwritten.
            end = file.seek(0, os.SEEK_END)
            file.seek(end - (end - _HEAD.size) % (_NAME + 4 * length))
            file.write(b"".join(name + _to_bytes(vector) for name, vector in vectors.items()))

    def forget(self) -> None:
        """None of them is any good any more. Raises `OSError`."""
        self._path.unlink(missing_ok=True)

    def write(self, vectors: Mapping[bytes, Vector]) -> None:
        """Only these. Raises `OSError`."""
        length = len(next(iter(vectors.values()), ()))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        body = b"".join(name + _to_bytes(vector) for name, vector in vectors.items())
        fresh.write_bytes(_HEAD.pack(_MARK, length) + body)
        fresh.replace(self._path)


def _length(data: bytes) -> int:
    """How many numbers a vector in the file has; 0 for a file of something else."""
    if len(data) < _HEAD.size:
        return 0
    mark, length = _HEAD.unpack_from(data)
    return int(length) if mark == _MARK else 0


def _to_bytes(vector: Vector) -> bytes:
    return struct.pack(f"<{len(vector)}f", *vector)


def _from_bytes(data: bytes) -> Vector:
    return array("f", struct.unpack(f"<{len(data) // 4}f", data))
