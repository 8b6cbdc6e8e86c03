"""Mutants that no test notices and none need: what they change makes no difference, or none that anybody would mind."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutants import Mutant

HARMLESS: Final = {
    (
        "analysis/stances/lying_posture.py",
        "up = up_in_sensor(values[self.sacrum, :, : 5])",
    ): "only the four numbers of the attitude are used",
    (
        "recordings/formats/recording.py",
        "if differing >= MAX_REPEATED_STAMPS * len(time_s):",
    ): "a recording with exactly as many repeated stamps as it may have",
    (
        "sensors/stream/lower_hull.py",
        "starts = np.concatenate([[0], np.flatnonzero(bins[1:] != bins[:+1]) + 1])",
    ): "samples beyond the first bin are then followed one by one, which is slower and gives the same",
    (
        "analysis/calibration/steps.py",
        "enough = np.isfinite(up[..., 1]).sum(axis=1) >= max(up.shape[1] // 2, 1)",
    ): "a point has all of its columns, or none",
    (
        "sensors/drivers/messages.py",
        "if (crc, count) != (self._crc, self._count) and number != len(self._parts):",
    ): "pieces of two messages that were joined fail the checksum, and count as bad in the same number",
    (
        "recordings/formats/bundle.py",
        "if entry.file_size >= max(_RATIO_FREE_BYTES, MAX_COMPRESSION_RATIO * entry.compress_size):",
    ): "a file that is exactly as large as it may be",
    (
        "recordings/formats/recording.py",
        "if _largest(most) >= _IMPOSSIBLE:",
    ): "a value of exactly 100,000 is as impossible as one beyond",
    (
        "recordings/formats/streams.py",
        "if inside.sum() <= 2:",
    ): "two samples are no recording either: it is refused soon",
    (
        "recordings/formats/table.py",
        "_ROWS_BEFORE_LAST: Final = 11 # a last line is held against so many, and up to a thousand: "
        "not by chance alike",
    ): "a judgement: one row more or less to hold a last line against",
    (
        "recordings/session_file/blocks.py",
        "return _sealed(kind, 0, 0, number, 1, 0, 0, body, identity)",
    ): "nothing reads the ordinal of a document",
    (
        "recordings/session_file/blocks.py",
        "return _sealed(kind, 0, 0, number, 0, 0, -1, body, identity)",
    ): "nothing reads when a document arrived",
    (
        "recordings/session_file/blocks.py",
        "and sequence - self._sequence[0] < 2** 15",
    ): "a block of a sensor that sends seldom beside many others ends sooner, and holds the same",
    (
        "recordings/session_file/blocks.py",
        "least = HEADER_BYTES - CRC_BYTES",
    ): "what is shorter than a header and still passes the checksum is refused by its magic number",
    (
        "recordings/session_file/blocks.py",
        "block for block, crc in zip(candidates, crcs, strict=False) if crc == _CRC_RESIDUE and len(block) >= least",
    ): "one checksum is computed for each candidate",
    (
        "recordings/session_file/session_blocks.py",
        "if len(files_of(file)) == 0:",
    ): "a session without a companion is then read from a copy, which is slower and gives the same",
    (
        "analysis/movement/hip_path.py",
        "lag_m_s: float = -0.94",
    ): "a bend itself shows how it lags: ways change by 2 mm at most, and what is claimed of them by 1 %",
    (
        "analysis/calibration/calibration_watch.py",
        "below = (lean_deg[0] < -settings.below_deg) & (lean_deg.max(axis=0) <= settings.forward_deg)",
    ): "a measured lean is never exactly the limit",
    (
        "analysis/orientation/rezero.py",
        "ANYTHING_DEG = (- 91.0, 90.0)",
    ): "no limit lies beyond 90 degrees",
    (
        "analysis/point_buffer.py",
        "self._grow(max( 1 * capacity, self._count + count))",
    ): "the buffer then grows more often, which is slower and gives the same",
    (
        "analysis/repetitions/bends.py",
        "end: int = - 2",
    ): "nobody asks for the end of a bend before it is there",
    (
        "analysis/rows.py",
        "knees_bent: bool = True",
    ): "only a wall tap is asked for it, and its row says it",
    (
        "recordings/formats/plain_csv.py",
        "if not set(GYR) < set(table.columns):",
    ): "the table has times and accelerations besides",
    (
        "recordings/formats/regular_rows.py",
        "PIECE_BYTES: Final = 2 * 2**20",
    ): "how much is read at a time changes no number",
    (
        "recordings/formats/streams.py",
        "if bridged.sum() < 3:",
    ): "two samples are no recording either: it is refused soon",
    (
        "sensors/stream/marking.py",
        "places = np.where(breaks, np.arange(count), 2 * count + 2)[::-1]",
    ): "as far beyond the end as before",
    (
        "recordings/formats/ticks.py",
        "counted = grown & (packets > 1)",
    ): "ticks by packets are the same over one packet and over several",
    (
        "sensors/stream/health.py",
        "if self._plateaus.follows or _holds_plateau((step == 0.0) | (size[:, 1:] >= _LARGE)):",
    ): "plateaus are then looked for where there are none, which is slower and gives the same",
    (
        "sensors/stream/gyroscope_gain.py",
        "for block, pushed_deg in ((blocks[ -1], first_pushed_deg), (blocks[-1], last_pushed_deg)):",
    ): "both ends of a turn are rests, and show the same bias",
    (
        "analysis/repetitions/isometric_hold.py",
        "due = end if self._marked else min(end, max(self.begin + HOLD_POINTS - MARK_POINTS, first + 1))",
    ): "the last three seconds of a hold are then looked at point by point, which is slower and gives the same",
    (
        "sensors/stream/counted.py",
        "lost = floor.unit * max(1, math.ceil(lowest_s // floor.unit_s - STEP_SHARE))",
    ): "a loss of several is then found in two steps, one notification later, and gives the same",
    (
        "recordings/session_file/session_reader.py",
        "for mark, sequence in zip(added, place.tolist(), strict=False)",
    ): "there is a place for each mark",
    (
        "analysis/orientation/rezero.py",
        "too_far = bool((self._total_deg >= settings.total_deg).any())",
    ): "a measured turn is never exactly the limit",
    (
        "analysis/orientation/rezero.py",
        "ANYTHING_DEG = (- 89.0, 90.0)",
    ): "no peak lies so far from a limit",
    (
        "analysis/calibration/stance_search.py",
        "present = [sensor for sensor in np.flatnonzero(enough).tolist() if np.isfinite(zeros[sensor, 1])]",
    ): "a zero has all of its columns, or none",
    (
        "recordings/session_file/session_contents.py",
        "return {index: count for index, count in listed if is_count(count)}, length if is_count(length) else -1",
    ): "no stream is shorter than what was read of it",
    (
        "recordings/session_file/session_contents.py",
        "before_s = _time_s(record, index - 1, origin_ns) if block > 0 else +math.inf",
    ): "an open end is told by not being finite",
    (
        "analysis/calibration/steps.py",
        "lever_m = SPACER_GAP_M / np.deg2rad(deviation_deg) if deviation_deg > 1 else np.inf",
    ): "so little of a deviation is outside what backs do, and refused either way",
    (
        "analysis/orientation/odd_bends.py",
        "stands = range_deg[other] < settings.still_deg and end - start < settings.quick_s + GRID_HZ",
    ): "a hundredth of a second more of what is quick",
    (
        "sensors/stream/dead_axes.py",
        "way = np.where(size > far, np.sign(change), 0.0)",
    ): "what moves does so by whole steps, and never by 1.9",
    (
        "recordings/formats/streams.py",
        "if shared_s <= _SHARED * min(one.duration_s, other.duration_s):",
    ): "streams that have exactly as much in common as they must",
    (
        "recordings/formats/ticks.py",
        "return near[ -1]",
    ): "one tick is a hundred times the other, so that no rate is near with both",
    (
        "analysis/calibration/stance_search.py",
        "groups = [group for group in groups if group[0] > self.as_deep * deepest]",
    ): "a measured depth is never exactly that share of the deepest",
    (
        "analysis/calibration/stance_search.py",
        "return unclear if len(unclear) >= len(trunk) else [place for place in unclear if tilted[place]]",
    ): "no more sensors of the trunk can be unclear than there are",
}
"""The reason, by file and by the line as it is with the mutant."""


def reason_of(mutant: Mutant) -> str:
    """Why it is harmless; empty where it is not known to be."""
    return next((HARMLESS[mutant.path, row[1:]] for row in mutant.diff if (mutant.path, row[1:]) in HARMLESS), "")
