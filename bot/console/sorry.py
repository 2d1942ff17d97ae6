"""How a page says that something cannot be done."""

from __future__ import annotations

from fastapi import HTTPException


class Sorry(HTTPException):
    """This cannot be done, for a reason with a sentence of its own."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.sentence = sentence
