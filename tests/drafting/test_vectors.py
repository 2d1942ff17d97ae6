"""The nearest of many vectors, and the file they are kept in."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drafting.knowledge.vectors import BadVector, Nearest, VectorFile, digest, unit


def drawn(count: int, wide: int, seed: int = 1) -> list[list[float]]:
    """Vectors around a few directions, far from the origin, as embeddings are."""
    draw = random.Random(seed)
    topics = [[draw.gauss(0.5, 1) for _ in range(wide)] for _ in range(40)]
    return [[number + draw.gauss(0, 0.7) for number in draw.choice(topics)] for _ in range(count)]


def test_among_many_the_nearest_are_found_as_by_multiplying_them_all() -> None:
    """Nineteen times in twenty the same one is the first."""
    (*vectors,) = (unit(numbers) for numbers in drawn(3_060, 96))
    questions, vectors = vectors[:60], vectors[60:]
    nearest = Nearest(vectors)
    same = 0
    for asked in questions:
        cosines = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
        at, score = nearest.search(asked, 4)[0]
        assert score == pytest.approx(cosines[at], abs=1e-5)
        same += cosines[at] == max(cosines)
    assert same >= 57


@given(st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), max_size=6))
def test_a_vector_has_a_direction_or_is_none(numbers: list[float]) -> None:
    """Nothing that a server can say becomes a vector of another length than one."""
    try:
        vector = unit(numbers)
    except BadVector:
        return
    assert sum(number * number for number in vector) == pytest.approx(1, abs=1e-4)


def test_vectors_of_another_length_are_told_apart() -> None:
    """They are from another model."""
    nearest = Nearest([unit([1.0, 0.0])])
    with pytest.raises(BadVector):
        nearest.search(unit([1.0, 0.0, 0.0]), 1)
    assert Nearest([]).search(unit([1.0]), 1) == []


def test_the_file_gives_back_what_was_put_in(tmp_path: Path) -> None:
    """What was added later too, after a crash in the middle of a write, and only what is asked for."""
    file = VectorFile(tmp_path / "a" / "x.vectors")
    names = [digest(str(number)) for number in range(4)]
    vectors = [unit(numbers) for numbers in drawn(4, 5)]
    assert file.read(names) == {}
    file.add({names[0]: vectors[0]})
    file.add({names[1]: vectors[1]})
    path = tmp_path / "a" / "x.vectors"
    path.write_bytes(path.read_bytes() + b"half of a vec")
    file.add({names[2]: vectors[2]})
    assert file.read([names[0], names[2], names[3]]) == {names[0]: vectors[0], names[2]: vectors[2]}
    file.forget()
    assert file.read(names) == {}


def test_a_file_mostly_out_of_use_gets_small_again(tmp_path: Path) -> None:
    """Articles come and go for years."""
    file, vector = VectorFile(tmp_path / "x.vectors"), unit([1.0, 2.0])
    file.add({digest(str(number)): vector for number in range(3_000)})
    before = (tmp_path / "x.vectors").stat().st_size
    assert len(file.read([digest("7")])) == 1
    assert (tmp_path / "x.vectors").stat().st_size < before / 100
    assert file.read([digest("7")]) == {digest("7"): vector}
