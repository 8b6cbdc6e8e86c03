"""A folder or archive with more than one recording's files in it: all is looked at, and what is not used is named."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from dowel.recordings.errors import InputError
from dowel.recordings.formats import Bundle, Told, decode, decode_alone
from tests.recordings.formats import format_files as written
from tests.recordings.formats import logger_files as logged
from tests.recordings.formats import suit_files as suits
from tests.recordings.formats.format_files import bundle, motion

S = motion(3.0)
WHOLE: dict[str, Callable[[], dict[str, bytes]]] = {
    "plain_csv": lambda: written.plain_csv(S),
    "phyphox": lambda: written.phyphox(S),
    "metamotion": lambda: written.metamotion(S),
    "sensor_logger": lambda: written.sensor_logger(S, platform="ios"),
    "witmotion": lambda: written.witmotion(S, app=True),
    "andro_sensor": lambda: logged.andro_sensor(S),
    "polar": lambda: logged.polar(S),
    "opal": lambda: suits.opal(S),
    "mvnx": lambda: suits.mvnx(S),
}


def beside(*parts: dict[str, bytes]) -> Bundle:
    """Exports of several programs in folders of one folder."""
    files = {f"{number}/{name}": data for number, part in enumerate(parts) for name, data in part.items()}
    return Bundle("monday", files, Told(sensor="sacrum"))


@pytest.mark.parametrize(("one", "other"), list(pairwise(WHOLE)))
def test_of_two_recordings_it_is_asked_which(one: str, other: str) -> None:
    with pytest.raises(InputError, match="monday holds 2 recordings") as refused:
        decode_alone(beside(WHOLE[one](), WHOLE[other]()))
    for name in (one, other):
        assert name.replace("_", " ") in str(refused.value)


def test_a_recording_is_named_by_its_samples() -> None:
    dated = {"a/Command.json": b"[]"} | {f"a/{name.split('/')[-1]}": data for name, data in written.x_imu3(S).items()}
    with pytest.raises(InputError, match=r"monday/0/a/Inertial.csv \(x imu3\)"):
        decode_alone(beside(dated, written.phyphox(S)))


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in ("opal", "mvnx")])
def test_two_of_one_kind_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        decode_alone(beside(WHOLE[name](), WHOLE[name]()))


def test_two_binary_files_are_two_recordings() -> None:
    with pytest.raises(InputError, match=r"holds 2 recordings: monday/0/20231114-231320_Walk.h5 .opal. and monday/1/"):
        decode_alone(beside(suits.opal(S), suits.opal(S)))


@pytest.mark.parametrize("name", WHOLE)
def test_a_recording_that_cannot_be_used_is_named_with_the_reason(name: str) -> None:
    lame = {"old.csv": b"Time (s),Acceleration x (m/s^2),Acceleration y (m/s^2),Acceleration z (m/s^2)\n0,0,0,9.8\n"}
    if name == "phyphox":
        lame = {"old.csv": logged.polar(S)["Polar_Sense_B64E_20250528_ACC.txt"]}
    whole = decode_alone(beside(WHOLE[name]()))
    recording = decode_alone(beside(WHOLE[name](), lame))
    assert recording.format == whole.format
    assert (recording.samples.acc_m_s2 == whole.samples.acc_m_s2).all()
    [said] = [each for each in recording.findings if "old.csv" in each]
    assert said.startswith("Not used beside it: monday/1/old.csv has no gyroscope data")


def test_other_files_are_named() -> None:
    files = written.phyphox(S) | {"notes.txt": b"felt good\n", "mine.csv": b"when,accX,accY,accZ\n1,0,0,1\n"}
    assert decode_alone(bundle(files)).findings == (
        "Not used, though it may be of a sensor too: export/mine.csv.",
        "Not used, as no acceleration or rate of turn is in it: export/meta/device.csv, export/notes.txt.",
    )


def test_a_watch_beside_its_phone_is_named_once() -> None:
    files = written.sensor_logger(S, platform="android") | written.sensor_logger_watch(S)
    said = [each for each in decode_alone(bundle(files)).findings if "WristMotion.csv" in each]
    assert said == ["export/WristMotion.csv is of the watch and was not read, as the phone's gyroscope lies beside it."]


def test_many_other_files_are_counted() -> None:
    notes = {f"notes {number}.txt": b"felt good\n" for number in range(9)}
    [said] = decode_alone(bundle(written.plain_csv(S) | notes)).findings
    assert said.endswith("export/notes 5.txt and 3 more.")


@pytest.mark.parametrize("name", ["plain_csv", "witmotion", "andro_sensor", "mvnx"])
def test_nothing_is_said_of_a_file_alone(name: str) -> None:
    files = WHOLE[name]()
    assert not [said for said in decode_alone(Bundle("x", files, Told(sensor="sacrum"))).findings if "Not used" in said]


def test_an_old_session_of_two_recordings_is_still_read() -> None:
    assert decode(beside(written.plain_csv(S), written.phyphox(S))).format == "plain_csv"


def test_a_text_with_a_bracket_at_its_beginning_is_no_json() -> None:
    with pytest.raises(InputError) as refused:
        decode_alone(bundle({"log.txt": b"[Data]\nt;a;b\n1;2;3\n"}))
    assert "JSON" not in str(refused.value)
    for text in (b'{"acc": [1, 2]}', b"[[1, 2], [3, 4]]", b'[ {"t": 1} ]', b"[1.5, -2]"):
        with pytest.raises(InputError, match="is JSON"):
            decode_alone(bundle({"log.txt": text}))
