"""A form read as it arrives: text in memory, files straight into the job's own folder.

So an upload is written once, on the disk whose room is watched, and never as a temporary file of
the system. A visitor's file name is not looked at: a file is called as its field.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from emolib.web.errors import invalid

MAX_PARTS, MAX_FIELD_BYTES = 16, 16 * 2**10
YES, NO = ("true", "1", "on", "yes"), ("false", "0", "off", "no", "")


class Form:
    """A form's fields, each asked for as what it should be. Empty ones count as absent."""

    def __init__(self, data: dict[str, str | Path]):
        self._data = data

    def text(self, name: str) -> str | None:
        """A text field."""
        value = self._data.get(name, "")
        if isinstance(value, Path):
            raise invalid(f"{name} is a file", "send it as text")
        if "\0" in value:
            raise invalid(f"{name} holds a character that is no text")
        return value.strip() or None

    def file(self, name: str) -> Path | None:
        """A file, where it lies."""
        value = self._data.get(name)
        if isinstance(value, str) and value:
            raise invalid(f"{name} is text", "send it as a file")
        return value or None

    def flag(self, name: str) -> bool:
        """A yes or no."""
        value = (self.text(name) or "").lower()
        if value not in (*YES, *NO):
            raise invalid(f"{name} is neither true nor false", "send true or false")
        return value in YES

    def one_of(self, name: str, known: Collection[str], default: str) -> str:
        """A word from a list."""
        value = self.text(name) or default
        if value not in known:
            raise invalid(f"unknown {name}", "use one of " + ", ".join(known))
        return value


async def read_form(request: Request, folder: Path, files: Collection[str]) -> Form:
    """The fields of a request; those named in `files` may be files and then lie in `folder`.

    Raises:
        StudioError: it is no form, or has too many or too large fields. What has arrived may stay
            in `folder`: its owner removes it.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        bounds = {"max_files": 0, "max_fields": MAX_PARTS, "max_part_size": MAX_FIELD_BYTES}
        async with request.form(**bounds) as data:
            return Form({name: value for name, value in data.items() if isinstance(value, str)})
    reader = _Parts(folder, files)
    try:
        parser = MultipartParser(options.get(b"boundary", b""), reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            if reader.waiting:
                await asyncio.to_thread(reader.write_waiting)
        parser.finalize()
    except FormParserError as error:
        raise invalid("the form cannot be read", "send multipart/form-data") from error
    finally:
        reader.close()
    return Form(reader.found)


class _Parts:
    """What the parser calls while it reads a form."""

    def __init__(self, folder: Path, files: Collection[str]):
        self.folder, self.files = folder, files
        self.found: dict[str, str | Path] = {}
        self.waiting: list[tuple[BinaryIO, bytes]] = []
        self._open: list[BinaryIO] = []
        self._n_parts = 0

    def callbacks(self) -> dict:
        """By the names under which the parser knows them."""
        return {name: getattr(self, name) for name in dir(self) if name.startswith("on_")}

    def on_part_begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > MAX_PARTS:
            raise invalid("the form has too many fields")
        self._header, self._value, self._disposition = b"", b"", b""
        self._text, self._file, self._n_bytes = bytearray(), None, 0

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        options = parse_options_header(self._disposition)[1]
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._file_name = options.get(b"filename")
        if self._name in self.found:
            raise invalid("a field comes twice")
        if self._file_name is not None and self._name in self.files:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = (self.folder / self._name).open("xb")
            self._open.append(self._file)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._n_bytes += end - start
        if self._file is not None:
            self.waiting.append((self._file, data[start:end]))
        elif self._file_name is None:
            self._text += data[start:end]
            if len(self._text) > MAX_FIELD_BYTES:
                raise invalid("a field of the form is too long")

    def on_part_end(self) -> None:
        if self._file_name is None:
            self.found[self._name] = self._text.decode("utf-8", "replace")
        elif self._file is not None and (self._file_name or self._n_bytes):  # else: none chosen
            self.found[self._name] = self.folder / self._name

    def write_waiting(self) -> None:
        """Write what has come in."""
        for stream, data in self.waiting:
            stream.write(data)
        self.waiting.clear()

    def close(self) -> None:
        """Close all files."""
        for stream in self._open:
            stream.close()
