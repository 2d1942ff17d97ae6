"""Styles, scripts and pictures, under an address that changes with their content, so that a browser may keep them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

FOLDER = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
KEEP = "public, max-age=31536000, immutable"


class Assets:
    """The files of `static/`, read once. One digest over all of them, because scripts import each other."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.files = {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.suffix in KINDS}
        digest = hashlib.sha256()
        for name, body in self.files.items():
            digest.update(f"{name} {len(body)} ".encode() + body)
        self.digest = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file. Raises `KeyError` when there is none of that name."""
        if name not in self.files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def door(self) -> APIRouter:
        """The route that serves them."""
        router = APIRouter()

        @router.get("/static/{digest}/{name}")
        async def asset(digest: str, name: str) -> Response:
            body = self.files.get(name)
            if body is None:
                raise HTTPException(404)
            # A page from before an update asks under the old digest: it gets the new file, but may not keep it.
            keep = KEEP if digest == self.digest else "no-cache"
            kind = KINDS[Path(name).suffix]
            return Response(body, media_type=kind, headers={"cache-control": keep})

        return router
