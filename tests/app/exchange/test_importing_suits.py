"""A file of several sensors becomes a session, and the session reads the same sensors of it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dowel.exchange.importing import ImportOptions, import_recordings
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.formats import decode, unpack
from dowel.recordings.session_file.session_reader import open_session
from dowel.recordings.types import Placement
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
    told = {"columns": "ms,a1,a2,a3,w1,w2,w3", "units": "ms, m/s2, rad/s"}
    import_recordings(ImportOptions(sources, tmp_path / "b.dowel", **told))
    again = decode(unpack([open_session(tmp_path / "b.dowel").notifications(0).payload]))
    np.testing.assert_allclose(again.samples.gyr_rad_s, MOTION.gyr_rad_s, atol=1e-5)
    with pytest.raises(UsageError, match="three units"):
        import_recordings(ImportOptions(sources, tmp_path / "c.dowel", columns=told["columns"]))
