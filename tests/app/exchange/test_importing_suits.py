"""A file of several sensors becomes a session, and the session reads the same sensors of it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.formats import decode, unpack
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Placement, Samples
from tests.recordings.formats import format_files as written
from tests.recordings.formats import suit_files as suits

MOTION = written.motion(6.0)


def test_each_place_gets_its_sensor_again_and_again(tmp_path: Path) -> None:
    [(name, data)] = suits.mvnx(MOTION, sensors=("T8", "Pelvis")).items()
    suit = tmp_path / name
    suit.write_bytes(data)
    out = tmp_path / "walk.dowel"
    sources = {Placement.UPPER_BACK: suit, Placement.SACRUM: suit}
    findings = import_recordings(ImportOptions(sources, out)).sentences
    assert [words for words in ("sensor T8;", "sensor Pelvis;") if any(words in each for each in findings)]
    session = open_session(out)
    assert session.facts["alignment"]["method"] == "sync"
    back, sacrum = (decode(unpack([session.notifications(index).payload])) for index in range(2))
    assert (back.sensor, sacrum.sensor) == ("T8", "Pelvis")
    np.testing.assert_allclose(sacrum.samples.acc_m_s2, MOTION.acc_m_s2, atol=2e-5)


def test_a_named_sensor_and_a_board_of_ones_own(tmp_path: Path) -> None:
    [(name, data)] = suits.delsys_discover(MOTION).items()
    (tmp_path / name).write_bytes(data)
    sources = {Placement.UPPER_BACK: tmp_path / name}
    with pytest.raises(InputError, match="--pick upper_back="):
        import_recordings(ImportOptions(sources, tmp_path / "a.dowel"))
    import_recordings(ImportOptions(sources, tmp_path / "a.dowel", pick={Placement.UPPER_BACK: "Sacrum (55240)"}))
    assert decode(unpack([open_session(tmp_path / "a.dowel").notifications(0).payload])).sensor == "Sacrum (55240)"

    board = tmp_path / "board.csv"
    rows = np.column_stack([MOTION.time_s * 1e3, MOTION.acc_m_s2, MOTION.gyr_rad_s])
    board.write_text(
        "ms,a1,a2,a3,w1,w2,w3\n" + "".join(",".join(f"{v:.6f}" for v in row) + "\n" for row in rows.tolist())
    )
    sources = {Placement.SACRUM: board}
    columns, units = {Placement.SACRUM: "ms,a1,a2,a3,w1,w2,w3"}, "ms, m/s2, rad/s"
    import_recordings(ImportOptions(sources, tmp_path / "b.dowel", columns=columns, units=units))
    again = decode(unpack([open_session(tmp_path / "b.dowel").notifications(0).payload]))
    np.testing.assert_allclose(again.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=1e-5)
    with pytest.raises(UsageError, match="three units"):
        import_recordings(ImportOptions(sources, tmp_path / "c.dowel", columns=columns))
    with pytest.raises(UsageError, match="seven columns"):
        import_recordings(ImportOptions(sources, tmp_path / "c.dowel", units=units))


def test_two_sensors_side_by_side_in_one_table(dowel: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    slower = written.motion_at(0.7 * MOTION.time_s)
    other = Samples(MOTION.time_s, slower.acc_m_s2, 0.7 * slower.gyr_rad_s)
    rows = np.column_stack([MOTION.time_s, MOTION.acc_m_s2, MOTION.gyr_rad_s, other.acc_m_s2, other.gyr_rad_s])
    names = [f"{what}{axis}{number}" for number in (1, 2) for what in "aw" for axis in "xyz"]
    text = "".join(",".join(f"{value:.6f}" for value in row) + "\n" for row in rows.tolist())
    (tmp_path / "board.csv").write_text(",".join(["t", *names]) + "\n" + text)
    both = [f"--sensor={place}={tmp_path / 'board.csv'}" for place in ("upper_back", "sacrum")]
    told = [f"--columns={','.join(['t', *names[:6]])}", f"--columns=sacrum={','.join(['t', *names[6:]])}"]
    options = [*both, *told, "--units", "s, m/s2, rad/s", "--align", "start", "--out", tmp_path / "b.dowel"]
    code, _, err = dowel("import", *options)
    assert code == 0, err
    with open_session(tmp_path / "b.dowel") as session:
        back, sacrum = (decode(unpack([session.notifications(index).payload])) for index in range(2))
    np.testing.assert_allclose(back.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=1e-6)
    np.testing.assert_allclose(sacrum.samples.gyr_rad_s, other.gyr_rad_s, atol=1e-6)
    assert dowel("import", *options, "--columns", "1,2,3,4,5,6,7")[2].startswith("dowel: --columns 1,2,3,4,5,6,7: for ")
