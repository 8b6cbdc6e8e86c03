"""The original bytes of one recording: safe reading of a file, a folder or a zip, and packing for a session file.

What comes from outside is not trusted. Sizes are checked before and while bytes are read, so that a small archive
that grows without end is never unpacked, and no name can point outside its folder.
"""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from dowel.recordings.errors import InputError
from dowel.recordings.ordinary_file import read_ordinary

MAX_TOTAL_BYTES: Final = 512 * 2**20
"""An hour of a 400 Hz phone in four CSV files is about 430 MB; more than this is not one practice."""

MAX_FILES: Final = 1000
"""A recording has a few dozen files; more means that the wrong folder was named."""

MAX_COMPRESSION_RATIO: Final = 200
"""Sensor text shrinks 3 to 20 times, a constant column 100 times; deflate bombs reach 1000."""

_RATIO_FREE_BYTES: Final = 2**20  # Small entries may shrink as they like: they cannot hurt.
_PEEK_BYTES: Final = 4096
_ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE: Final = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"mimetype")
_FIRST_NAME_AT: Final = 30  # in a zip, where the name of its first file begins
_UTF16_BOM: Final = (b"\xff\xfe", b"\xfe\xff")
HDF5: Final = b"\x89HDF\r\n\x1a\n"
XDF: Final = b"XDF:"
"""How the two formats begin that are read though they are no text."""
_PACK_MAGIC: Final = b"DWLB\x01"
_PACKED_BYTES: Final = 2**20
_PACK_LEVEL: Final = 1  # One hour of plain CSV: 0.2 s; level 3 takes twice as long for 6 % less.


@dataclass(frozen=True)
class Told:
    """What a person said of a recording that it does not say itself; it is kept with the recording.

    ``sensor`` names one of several sensors in it, or the place on the body; ``columns`` and ``units`` are those of a
    table that no known program wrote.
    """

    sensor: str = ""
    columns: str = ""
    units: str = ""


@dataclass(frozen=True)
class Bundle:
    """One recording as it was given. ``files`` maps each relative name (with ``/``) to its original bytes."""

    name: str
    files: Mapping[str, bytes]
    told: Told = Told()


def read_bundle(path: Path) -> Bundle:
    """Read one file, a folder with its subfolders, or a zip archive.

    In a folder or an archive only text, HDF5 and XDF are kept: pictures, sound, video and Office documents beside the
    sensor files are neither unpacked nor stored. Raises `InputError` for what is missing, too large, unsafe or
    unreadable.
    """
    try:
        if path.is_dir():
            return Bundle(path.resolve().name, _folder_files(path))
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder. Check the path.")
        if not path.is_file():
            raise InputError(f"{path} is not an ordinary file. Give a file, a folder or a zip archive.")
        if path.stat().st_size > MAX_TOTAL_BYTES:
            raise _too_large(str(path))
        data = read_ordinary(path, MAX_TOTAL_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not data:
        raise InputError(f"{path} is empty. Export the recording again.")
    if data.startswith(_ZIP_MAGIC):
        return Bundle(path.name, _zip_files(path.name, data))
    return Bundle(path.name, {path.name: data})


def pack(bundle: Bundle) -> Iterator[bytes]:
    """The bundle as compressed bytes, piece by piece as they are made; the same bundle always gives the same bytes."""
    names = sorted(bundle.files)
    told = {key: words for key, words in asdict(bundle.told).items() if words}
    index = json.dumps([bundle.name, [[name, len(bundle.files[name])] for name in names], *([told] if told else [])])
    head = index.encode()
    compressor = zlib.compressobj(_PACK_LEVEL)
    yield _PACK_MAGIC
    yield compressor.compress(len(head).to_bytes(4, "little") + head)
    for name in names:
        for start in range(0, len(bundle.files[name]), _PACKED_BYTES):
            yield compressor.compress(bundle.files[name][start : start + _PACKED_BYTES])
    yield compressor.flush()


def unpack(pieces: Iterable[bytes]) -> Bundle:
    """The bundle that `pack` stored. Raises `InputError` if the bytes are damaged or larger than a bundle may be."""
    try:
        packed = _Inflated(pieces)
        head = packed.take(int.from_bytes(packed.take(4), "little"))
        name, entries, *more = json.loads(head)
        told = Told(**{key: str(words) for key, words in dict(*more).items()})
        files = {str(entry): packed.take(length) for entry, length in entries}
        packed.end()
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise InputError("The stored original of an import is damaged. Import the recording again.") from error
    return Bundle(str(name), files, told)


class _Inflated:
    """Compressed bytes that are taken apart as they are asked for, so that nothing of a large file is held twice.

    Raises ValueError or ``zlib.error`` where they are not what `pack` made.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._inflater = zlib.decompressobj()
        self._left = MAX_TOTAL_BYTES + _RATIO_FREE_BYTES  # the index comes on top of the files
        begun = b""
        while len(begun) < len(_PACK_MAGIC):
            begun += self._next_piece()
        if not begun.startswith(_PACK_MAGIC):
            raise ValueError("no bundle")
        self._waiting = begun[len(_PACK_MAGIC) :]

    def take(self, count: int) -> bytes:
        """The next so many bytes."""
        if not 0 <= count <= self._left:
            raise ValueError("larger than a bundle may be")
        self._left -= count
        taken = io.BytesIO()
        while (lacking := count - taken.tell()) > 0:
            taken.write(self._inflater.decompress(self._waiting, lacking))
            self._waiting = self._inflater.unconsumed_tail
            if taken.tell() < count and not self._waiting:
                self._waiting = self._next_piece()
        return taken.getvalue()

    def end(self) -> None:
        """Nothing comes any more."""
        while not self._inflater.eof:
            if self._inflater.decompress(self._waiting, 1):
                raise ValueError("more than its index says")
            self._waiting = self._inflater.unconsumed_tail or (b"" if self._inflater.eof else self._next_piece())

    def _next_piece(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise ValueError("cut short")


def _folder_files(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    budget = MAX_TOTAL_BYTES
    seen = 0
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in (*folders, *sorted(names)):
            path = Path(parent, name)
            seen += 1
            if seen > MAX_FILES:
                raise _too_many(str(folder))
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise InputError(f"{path} is a link. Put the file itself into the folder.")
            if not stat.S_ISREG(mode) or _is_litter(path.relative_to(folder).as_posix()):
                continue
            try:
                with path.open("rb") as stream:
                    data = _read_text(stream, budget, str(folder))
            except OSError as error:
                raise _unreadable(path, error) from error
            if data is not None:
                budget -= len(data)
                files[path.relative_to(folder).as_posix()] = data
    if not files:
        raise InputError(f"{folder} holds no text file. Give the folder that holds the exported CSV files.")
    return files


def _zip_files(name: str, data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_archive(name, archive)
    # What zipfile raises on damaged or hostile archives is not documented in one place; these were met by fuzzing.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{name}: the zip archive is damaged ({error}). Export or copy it again.") from error


def _read_archive(name: str, archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise _too_many(name)
    files: dict[str, bytes] = {}
    budget = MAX_TOTAL_BYTES
    if len({entry.filename for entry in entries}) < len(entries):
        raise InputError(f"{name}: the archive holds two files of one name. Unpack it and import the folder.")
    for entry in entries:
        _refuse_unsafe(name, entry)
        if entry.filename == "[Content_Types].xml":
            raise InputError(f"{name} is an Excel or Office file. Choose CSV in the app's export and import that.")
        if entry.is_dir() or _is_litter(entry.filename):
            continue
        with archive.open(entry) as stream:
            data = _read_text(stream, budget, name)
        if data is not None:
            budget -= len(data)
            files[entry.filename] = data
    if not files:
        raise InputError(f"{name} holds no text file. Export the recording as CSV and import that.")
    return files


def _refuse_unsafe(name: str, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename[:2]:
        raise InputError(f"{name}: the entry {entry.filename!r} points outside the archive. Do not trust this file.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InputError(f"{name}: the entry {entry.filename!r} is a link. Pack the files themselves.")
    if entry.flag_bits & 0x1:
        raise InputError(f"{name} is protected by a password. Unpack it and import the folder.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(
            f"{name}: the compression of {entry.filename!r} is not supported. Unpack it and import the folder."
        )
    if entry.file_size > max(_RATIO_FREE_BYTES, MAX_COMPRESSION_RATIO * entry.compress_size):
        raise InputError(
            f"{name}: {entry.filename!r} would unpack to {entry.file_size / 2**20:.0f} MB, over "
            f"{MAX_COMPRESSION_RATIO} times its packed size. This is no recording; it was not unpacked."
        )


def _is_litter(name: str) -> bool:
    """Whether an operating system left this file there: hidden files and the Mac's resource forks."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _read_text(stream: IO[bytes], budget: int, name: str) -> bytes | None:
    """The whole file if it can be a recording, `None` if not; never reads more than ``budget`` bytes and one."""
    head = stream.read(min(_PEEK_BYTES, budget + 1))
    if head.startswith(_ZIP_MAGIC) and not head.startswith(_OFFICE, _FIRST_NAME_AT):
        raise InputError(f"{name} holds an archive inside. Unpack it and import what is in it.")
    if b"\0" in head and not head.startswith((*_UTF16_BOM, HDF5, XDF)):
        return None
    data = head + stream.read(budget + 1 - len(head))
    if len(data) > budget:
        raise _too_large(name)
    return data


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{error.filename or path} cannot be read ({error.strerror or error}). Check the disk and its access."
    )


def _too_large(name: str) -> InputError:
    return InputError(
        f"{name} holds more than {MAX_TOTAL_BYTES // 2**20} MB of text. Cut the recording into single practices."
    )


def _too_many(name: str) -> InputError:
    return InputError(f"{name} holds more than {MAX_FILES} files. Give the folder of one recording only.")


def _raise(error: OSError) -> None:
    raise error
