"""Reading files, folders and zips that nobody vouches for."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, bundle, decode, pack, read_bundle, unpack
from tests.recordings.formats import format_files as written

FILES = written.sensor_logger(written.motion(3.0), platform="ios")


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_bundle(path)
    return str(caught.value)


def archive(path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for info, data in entries:
            file.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


def test_file_folder_and_zip_give_the_same_recording(tmp_path: Path) -> None:
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    for name, data in FILES.items():
        (tmp_path / "folder" / "deep" / name).write_bytes(data)
    (tmp_path / "folder" / "Camera.jpg").write_bytes(b"\xff\xd8\xff" + bytes(1000))
    (tmp_path / "folder" / ".DS_Store").write_bytes(b"text")
    (tmp_path / "export.dat").write_bytes(written.zipped({**FILES, "Microphone.mp4": bytes(5000), "__MACOSX/x": b"y"}))
    from_folder, from_zip = read_bundle(tmp_path / "folder"), read_bundle(tmp_path / "export.dat")
    assert set(from_folder.files) == {f"deep/{name}" for name in FILES}
    assert dict(from_zip.files) == FILES
    assert decode(from_folder).samples.acc_m_s2.tobytes() == decode(from_zip).samples.acc_m_s2.tobytes()


def test_what_lies_beside_a_folder_or_litter_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/deep.csv", "._a.csv", "a.csv", "z.csv"):
        (tmp_path / name).write_bytes(b"time,x\n0,1\n")
    assert sorted(read_bundle(tmp_path).files) == ["a.csv", "b/deep.csv", "z.csv"]


def test_missing_and_empty(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing.csv")
    (tmp_path / "empty.csv").touch()
    assert "is empty" in refusal(tmp_path / "empty.csv")
    (tmp_path / "folder").mkdir()
    assert "holds no text file" in refusal(tmp_path / "folder")
    assert "holds no text file" in refusal(archive(tmp_path / "a.zip", ("a.png", b"\x89PNG\0\0")))
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "..\\a.csv", "C:\\a.csv", "C:a.csv"])
def test_zip_that_climbs_out(tmp_path: Path, name: str) -> None:
    assert "points outside the archive" in refusal(archive(tmp_path / "a.zip", (name, b"1,2\n")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "is a link" in refusal(archive(tmp_path / "a.zip", (link, b"/etc/passwd")))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.csv").symlink_to("/etc/passwd")
    assert "is a link" in refusal(tmp_path / "folder")


def test_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_unpacking(*_: object) -> None:
        raise AssertionError("unpacked")

    path = archive(tmp_path / "bomb.zip", ("a.csv", b" " * 50_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "open", no_unpacking)
    assert "would unpack to 48 MB" in refusal(path)


def test_zip_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.zip", ("a.csv", b"1,2,3\n" * 5_000_000))
    data = path.read_bytes()
    for offset in (data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24):
        data = data[:offset] + struct.pack("<I", 1000) + data[offset + 4 :]
    path.write_bytes(data)
    assert "damaged" in refusal(path)


def test_limits_of_size_and_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_TOTAL_BYTES", 20_000)
    monkeypatch.setattr(bundle, "MAX_FILES", 5)
    noise = os.urandom(9_000).hex().encode()
    (tmp_path / "one.csv").write_bytes(noise * 2)
    assert "holds more than" in refusal(tmp_path / "one.csv")
    assert "holds more than" in refusal(archive(tmp_path / "a.zip", ("a.csv", noise), ("b.csv", noise)))
    (tmp_path / "folder").mkdir()
    for name in "ab":
        (tmp_path / "folder" / name).write_bytes(noise)
    assert "holds more than" in refusal(tmp_path / "folder")
    (tmp_path / "many").mkdir()
    for name in "abcdef":
        (tmp_path / "many" / name).write_bytes(b"1")
    assert "more than 5 files" in refusal(tmp_path / "many")
    assert "more than 5 files" in refusal(archive(tmp_path / "b.zip", *((name, b"1") for name in "abcdef")))


def test_a_thousand_files_are_taken(tmp_path: Path) -> None:
    names = [f"{number}.txt" for number in range(1001)]
    read_bundle(archive(tmp_path / "full.zip", *((name, b"1") for name in names[:1000])))
    assert "more than 1000 files" in refusal(archive(tmp_path / "over.zip", *((name, b"1") for name in names)))


def test_two_files_of_one_name(tmp_path: Path) -> None:
    data = written.zipped({"a.csv": b"1,2\n", "b.csv": b"3,4\n"})
    (tmp_path / "a.zip").write_bytes(data.replace(b"b.csv", b"a.csv"))
    assert "two files of one name" in refusal(tmp_path / "a.zip")


def test_office_documents_beside_the_sensor_files_are_passed_over(tmp_path: Path) -> None:
    document = written.zipped({"[Content_Types].xml": b"<x/>"})
    beside = archive(tmp_path / "a.zip", ("a.csv", b"1,2\n"), ("reps.xlsx", document))
    assert list(read_bundle(beside).files) == ["a.csv"]
    assert "holds no text file" in refusal(archive(tmp_path / "b.zip", ("reps.xlsx", document)))


def test_other_archives(tmp_path: Path) -> None:
    inner = written.zipped({"a.csv": b"1\n"})
    assert "holds an archive inside" in refusal(archive(tmp_path / "a.zip", ("b.zip", inner)))
    assert "Excel" in refusal(archive(tmp_path / "b.xlsx", ("[Content_Types].xml", b"<x/>")))
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_LZMA) as file:
        file.writestr("a.csv", b"1,2\n")
    assert "compression" in refusal(tmp_path / "c.zip")
    locked = bytearray(written.zipped({"a.csv": b"1,2\n"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "d.zip").write_bytes(locked)
    assert "password" in refusal(tmp_path / "d.zip")


@given(st.data())
def test_damaged_zip_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(written.zipped({"a.csv": b"1,2,3\n" * 50, "b/c.csv": b"4\n"}))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "fuzz.zip"
    path.write_bytes(whole[: data.draw(st.integers(4, len(whole)))])
    with contextlib.suppress(InputError):
        assert read_bundle(path).files


@given(st.text(), st.dictionaries(st.text(), st.binary(max_size=300), max_size=5))
def test_pack_keeps_every_byte(name: str, files: dict[str, bytes]) -> None:
    packed = b"".join(pack(Bundle(name, files)))
    assert unpack([packed]) == Bundle(name, files)
    assert unpack(packed[at : at + 5] for at in range(0, len(packed), 5)) == Bundle(name, files)
    assert b"".join(pack(Bundle(name, dict(reversed(files.items()))))) == packed


@given(st.data())
def test_damaged_pack_is_refused(data: st.DataObject) -> None:
    packed = bytearray(b"".join(pack(Bundle("x", {"a.csv": b"1,2,3\n" * 20}))))
    position = data.draw(st.integers(0, len(packed) - 1))
    if data.draw(st.booleans()):
        del packed[position:]
    else:
        packed[position] ^= 0xFF
    with pytest.raises(InputError, match="damaged"):
        unpack([bytes(packed)])


def test_what_goes_on_behind_a_bundle_is_no_bundle() -> None:
    """An index that tells less than there is."""
    plain = json.dumps(["x", [["a.csv", 3]]]).encode()
    packed = b"DWLB\x01" + zlib.compress(len(plain).to_bytes(4, "little") + plain + b"1,2,3")
    with pytest.raises(InputError, match="damaged"):
        unpack([packed])


def test_unpack_has_a_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = b"".join(pack(Bundle("x", {"a.csv": bytes(5_000_000)})))
    monkeypatch.setattr(bundle, "MAX_TOTAL_BYTES", 1_000_000)
    with pytest.raises(InputError, match="damaged"):
        unpack([packed])
