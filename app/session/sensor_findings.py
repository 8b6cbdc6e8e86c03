"""What was found of a sensor while its samples came: live, in a replay and in a report alike."""

from __future__ import annotations

from dataclasses import dataclass

from dowel.sensors.stream.sensor_track import Track


@dataclass(frozen=True, slots=True)
class SensorFindings:
    """What of a sensor was no measurement.

    Parameters
    ----------
    impossible_samples
        Samples that no trunk and no chip can have given.
    frozen_s
        For how long it repeated itself instead of measuring.
    clipped_samples
        Samples at the end of its range.
    hangs
        Whether it repeats itself at the latest sample.
    gyr_gain, gyr_gain_sd
        How many times as far as gravity its gyroscope turns, where that is surely not once; NaN otherwise.
    doubtful
        Whether no angle can be judged because of it.
    """

    impossible_samples: int
    frozen_s: float
    clipped_samples: int
    hangs: bool
    gyr_gain: float
    gyr_gain_sd: float
    doubtful: bool


def findings_of(track: Track) -> SensorFindings:
    """What a track has found so far."""
    counts, gain = track.health.counts, track.gain
    told = gain.told or gain.doubtful
    return SensorFindings(
        counts.impossible,
        counts.frozen * track.period_s,
        track.clipped_samples,
        counts.frozen_now,
        gain.gain if told else float("nan"),
        gain.sd if told else float("nan"),
        track.doubtful,
    )
