"""Words for what the tables hold, the same wherever a person reads them: terminal, HTML report, live view.

Names and notes come from files of unknown origin: they are told as plain text, without control characters. HTML is
escaped where it is made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from dowel.analysis.calibration.calibration import Calibration
from dowel.analysis.contact.given_limits import POINTS, GivenLimits
from dowel.analysis.contact.judged import SYNC_MS
from dowel.analysis.contact.lag_readings import SYNC_SURE_MS
from dowel.analysis.contact.limits import FloorLimits, Limits
from dowel.analysis.drills.drills import DRILLS
from dowel.analysis.events import CalibrationDoubted, Notice, SensorCameOff, StandChanged, StepRefused
from dowel.analysis.rows import Rep, SetSummary
from dowel.recordings.grid_points import GRID_HZ
from dowel.sensors.stream.pause_limit import LONGEST_PAUSES_S
from dowel.text.sanitise import plain
from dowel.text.unjudged import REASONS, unjudged_in_set

NO_PREDICTION: Final = "Technique feedback, not injury prediction."
DISCLAIMER: Final = f"{NO_PREDICTION}\nThe limits have no human validation yet."

_Legend = tuple[tuple[str, str], ...]
LEGENDS: Final[Mapping[str, tuple[_Legend, _Legend]]] = {
    "rod": (
        (
            ("peak", "largest deviation that was held: + rounding, - arching"),
            ("hinge", "largest lean of the sacrum; tempo: lowering-pause-rising in seconds"),
            ("median", "of a set's rounding peaks; drift: their rise over the set"),
        ),
        (
            ("gap", "between the rod and the body at that peak, in mm"),
            ("hips", "how far they went down (drop) and back (travel), in cm, and the standard deviation of that"),
            ("side", "+ bend to the right; twist: + turn to the left; trunk: largest lean of the upper back"),
        ),
    ),
    "floor": (
        (
            ("peak", "largest tilt of the pelvis that was held: - arching, the low back comes off the floor"),
            ("ribs", "largest angle of the breastbone against the pelvis; roll: of the pelvis to one side"),
        ),
        (),
    ),
}
"""Columns of the tables and what they mean, by what the back keeps contact with; then those of a wide table."""

BY_EYE_LEGEND: Final = ("by eye", "how a person judged the rep; the program's verdict stays beside it")
"""Told where a person judged any."""

MOVEMENT_LEGEND: Final = {
    "between": "between hinge and squat, as from the floor",
    "spine": "the hips hardly took part",
    "unsure": "hinge and squat cannot be told apart",
}
"""What movements are called in a table, but for those that say it themselves."""

NAMED_LOST: Final = 3
"""So many lost reps are named in a set's summary, the first ones: nobody remembers more of what is spoken."""

VERDICT_STYLES: Final = {"held": "bright_blue", "warned": "yellow", "lost": "bold red", "not_judged": "dim"}
"""The colour of a verdict on a terminal, which only repeats what its word says; pages and pictures have the same."""

VERDICTS: Final = tuple(VERDICT_STYLES)
"""In the order in which they are counted."""
_NAMED_OTHERWISE: Final = {"warned": "close"}
"""What comes near a limit has one word wherever a person reads it, live and afterwards."""

_MOVEMENT_WORDS: Final = {"unsure": "hinge or squat?"}
"""Where the name alone, beside a verdict, would say something else."""

TAP_WORDS: Final = {"tapped": "tapped", "none": "no tap", "unsure": "tap unsure"}

_BASIS_WORDS: Final = {
    "rod": "Rod calibration.",
    "rod+spacer": "From your own spacer block.",
    "stance": "Wider, as no rod showed where straight is.",
    "loaded": "For a loaded set.",
    "coach": "Given by a coach.",
    "given": "Given to this analysis.",
    "personal": "From this person's own reps with a rod",
}


def words(name: str) -> str:
    """A name from the tables as words: ``upper_back+sacrum`` as ``upper back + sacrum``, ``warned`` as ``close``."""
    return _NAMED_OTHERWISE.get(name) or plain(name).replace("_", " ").replace("+", " + ")


def counted(number: int, word: str) -> str:
    """So many of something: ``1 rep``, ``2 reps``."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def joined(parts: Sequence[str]) -> str:
    """Things in a row: ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def date_words(started_at: str) -> str:
    """A day and a time of day; what is no date as it stands."""
    try:
        return f"{datetime.fromisoformat(started_at):%Y-%m-%d %H:%M}"
    except ValueError:
        return plain(started_at)


# ------------------------------------------------------------------------------------------ calibration, limits, data


def calibration_words(calibration: Calibration | None) -> str:
    """What the zero and the limits rest on."""
    if calibration is None:
        return "none, so contact cannot be judged"
    if calibration.basis == "pressed":
        range_deg = calibration.range_deg
        return "lying, the low back pressed flat" + (f"; relaxed it is {range_deg:.0f}° away" if range_deg else "")
    if calibration.basis == "stance":
        return "stance: an upright stand and free bends, no rod"
    parts = [f"rod, neutral back known down to a hinge of {calibration.neutral.deepest_deg:.0f}°"]
    if calibration.sigma_rod_deg:
        parts.append(f"scatter {calibration.sigma_rod_deg:.1f}°")
    if calibration.lever_m is not None:
        parts.append(f"spacer lever {100 * calibration.lever_m:.0f} cm")
    if calibration.range_deg is not None:
        parts.append(f"flexion range {calibration.range_deg:.0f}°")
    return ", ".join(parts)


def limit(angle_deg: float) -> str:
    """A limit, as fine as it can matter."""
    return f"{round(angle_deg, 1):g}°"


def limits_words(limits: Limits, *, with_head: bool) -> str:
    """The limits in force and where they come from; those of the head where a sensor is on it."""
    if isinstance(limits, FloorLimits):
        return (
            f"arching: close over {limit(limits.arching_warn_deg)}, lost over {limit(limits.arching_lost_deg)}; ribs "
            f"against pelvis: over {limit(limits.bent_warn_deg)} and {limit(limits.bent_lost_deg)}; pelvis rolled: "
            f"over {limit(limits.roll_warn_deg)} and {limit(limits.roll_lost_deg)}; held for "
            f"{limits.hold_points / GRID_HZ:.1f} s."
        )
    head = f"head: over {limit(limits.head_warn_deg)} and {limit(limits.head_lost_deg)}; " if with_head else ""
    return (
        f"rounding: close over {limit(limits.warn_deg)}, lost over {limit(limits.lost_deg)}; "
        f"arching: over {limit(limits.arching_warn_deg)} and {limit(limits.arching_lost_deg)}; {head}"
        f"held for {limits.hold_points / GRID_HZ:.1f} s. {_BASIS_WORDS[limits.basis]}"
        + (f" ({plain(limits.evidence)})." if limits.evidence else "")
    )


def given_words(given: GivenLimits | None) -> str:
    """Limits that were given in place of the program's."""
    if given is None:
        return "the program's own"
    told = [(each, getattr(given, each)) for each in POINTS]
    hold = "" if given.hold_s is None else f"; held for {given.hold_s:g} s"
    lost = joined([f"{name} over {limit(value)}" for name, value in told if value is not None])
    return f"lost: {lost or 'unchanged'}{hold}. {_BASIS_WORDS[given.basis]}" + (
        f" ({plain(given.evidence)})." if given.evidence else ""
    )


def notice_words(notice: Notice) -> str:
    """A refused calibration step, a calibration that does not fit, or a sensor that is not where it was."""
    at = f" ({words(notice.placement)})" if notice.placement else ""
    if isinstance(notice, StepRefused):
        return f"{words(notice.step)}{at}: {plain(notice.reason)}"
    if isinstance(notice, CalibrationDoubted):
        return f"the calibration may not fit{at}: {plain(notice.reason)}; calibrate again, nothing is judged until then"
    where = words(notice.placement)
    if isinstance(notice, SensorCameOff):
        return f"the sensor on the {where} came off or was turned over; strap it on and calibrate again"
    if isinstance(notice, StandChanged):
        if not where and notice.judged:
            return "upper back and sacrum bend the same way again"
        if not where:
            return (
                f"bend after bend, upper back and sacrum go ways {notice.step_deg:.0f}° apart: a sensor turned round "
                "the body, or you twist; calibrate again: until then only reps that it does not affect are judged"
            )
        if notice.judged:
            return f"the sensor on the {where} has not slid: you stood differently; reps are judged again"
        return (
            f"the {where} stands {notice.step_deg:.1f}° differently: the sensor slid, or you do; stand as in the "
            "calibration, or repeat it: until then only reps that it does not affect are judged"
        )
    after = "zeroed again" if notice.judged else "too far in all; calibrate again"
    return f"the sensor on the {where} turned by {notice.step_deg:.1f}° on the skin; {after}"


_LEFT_OUT: Final = {
    "ended": "the session ended in it",
    "step": "a calibration step began in it",
    "sideways": "it went more to the side than forward",
}


def left_out_words(reason: str) -> str:
    """Why a bend became no row."""
    return _LEFT_OUT[reason]


def too_long_pause_words() -> str:
    """Why nothing is used any more, and what to do."""
    hours = LONGEST_PAUSES_S / 3600.0
    return f"before it no sensor sent anything for over {hours:g} hours in all. After such a pause begin a new session."


def silence_words(start_s: float, end_s: float) -> str:
    """From when to when a sensor was silent."""
    return f"{clock(start_s)} to {clock(end_s)} ({end_s - start_s:.1f} s)"


def sync_words(sync_ms: float, source: str) -> str:
    """How well the sensors' clocks agree, and what that forbids."""
    if sync_ms == 0.0:
        return "the files are taken to share one clock"
    sentence = f"the sensors' clocks are taken to agree within {sync_ms:.0f} ms"
    if source == "measured":
        sentence = f"the sensors' clocks agree to about {sync_ms:.0f} ms, as their movement shows"
    if sync_ms > SYNC_MS:
        return f"{sentence}; above {SYNC_MS:.0f} no rep is judged"
    if sync_ms > SYNC_SURE_MS:
        return f"{sentence}; above {SYNC_SURE_MS:.0f} a rep is judged only where that cannot change its verdict"
    return sentence


# ------------------------------------------------------------------------------------------------------ rows, numbers


def rep_name(row: Mapping[str, Any]) -> str:
    """The number of a rep; the kind of anything else."""
    return f"{row['rep']:.0f}" if row["kind"] == "rep" and row["rep"] is not None else words(str(row["kind"]))


def rep_words(row: Rep) -> str:
    """A row as it is spoken of: ``rep 5 of set 2``; anything else by its kind."""
    if row.rep is None:
        return f"the {words(row.kind)}"
    return f"rep {row.rep}" if row.set is None else f"rep {row.rep} of set {row.set}"


def why(row: Mapping[str, Any]) -> str:
    """Where contact was lost or nearly so, and the further reasons."""
    reasons = [reason for reason in str(row["verdict_reason"] or "").split("+") if reason]
    if row["verdict"] == "lost":
        lost = words(str(row["contact_lost"]))
        at = number(row["first_lost_hinge_deg"], 0)
        first = [f"{lost} at hinge {at}°" if at else lost]
        # sacrum and upper back say what happened; the head and the floor are lost in several ways
        told = ("rounded", "arched") if lost != "floor" else ()
        reasons = [reason for reason in reasons if reason not in told]
    else:
        first = []
        at = number(row["depth_before_rounding_deg"], 0)
        if row["verdict"] == "warned" and "rounded" in reasons and at:
            first = [f"rounded at hinge {at}°"]
            reasons.remove("rounded")
    return ", ".join([*first, *(REASONS[each].brief if each in REASONS else words(each) for each in reasons)])


def todo_words(row: Mapping[str, Any]) -> str:
    """What to do about the first reason of a verdict, in the words of the row's drill; empty where all was well."""
    drill = DRILLS.get(str(row["drill"]))
    reasons = str(row["verdict_reason"] or "").split("+") if row["verdict"] in ("warned", "lost") else []
    found = [drill.words.todo(reason, float(row["load_kg"] or 0)) for reason in reasons] if drill is not None else []
    return next(filter(None, found), "")


def off_words(points: str) -> str:
    """Points that were lost: ``sacrum off``; lying ``off the floor``."""
    return "off the floor" if points == "floor" else f"{words(points)} off"


def movement_words(movement: str) -> str:
    """Hinge, squat, ... as it is told beside a verdict."""
    return _MOVEMENT_WORDS.get(movement, movement)


def tap_words(row: Mapping[str, Any]) -> str:
    """Whether the wall was tapped; empty in drills without one."""
    return TAP_WORDS.get(str(row["tap"]), "")


def done_with(row: Mapping[str, Any]) -> list[str]:
    """The load and the distance to the wall of a row, in words."""
    load_kg, wall_cm = row["load_kg"], row.get("wall_cm")
    loaded = [f"{load_kg:g} kg"] if load_kg else []
    return [*loaded, f"{wall_cm:.3g} cm from the wall"] if wall_cm is not None and known(wall_cm) else loaded


def way(row: Mapping[str, Any], name: str) -> str:
    """A way of the hips in cm, with one standard deviation."""
    way_cm, sd_cm = number(row.get(f"{name}_cm"), 0), number(row.get(f"{name}_sd_cm"), 0)
    return f"{way_cm} ± {sd_cm}" if way_cm and sd_cm else ""


def drill_words(name: str) -> str:
    """What a drill is called; its name where it is not known, in a file from elsewhere."""
    drill = DRILLS.get(name)
    return drill.words.title if drill is not None else words(name)


def rules_words(changes: Mapping[str, object]) -> str:
    """What a ``rules`` mark changes: each rule's name in a file, and its number; a stranger's may hold anything."""
    return ", ".join(f"{plain(name)} {plain(value)}" for name, value in changes.items()) or "as they come"


def sentence(text: str) -> str:
    """A phrase as a sentence: with a capital letter and a full stop."""
    text = plain(text)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""


def peak(row: Mapping[str, Any]) -> str:
    """The larger of the two deviation peaks, with its sign."""
    held = [float(row[name]) for name in ("flexion_peak_deg", "extension_peak_deg") if known(row[name])]
    return signed(max(held, key=abs)) if held else ""


def gap(row: Mapping[str, Any]) -> str:
    """The gap in mm at the larger of the two deviation peaks, at the point of the rod that it names."""
    held = [
        (abs(float(row[angle])), float(row[name]))
        for angle, name in (("flexion_peak_deg", "gap_sacrum_mm"), ("extension_peak_deg", "gap_upper_back_mm"))
        if known(row[angle])
    ]
    return number(max(held)[1], 0) if held else ""


def signed(value_deg: float) -> str:
    """An angle with its sign; nothing has no minus in front."""
    return f"{round(value_deg, 1) + 0.0:+.1f}"


def tempo(row: Mapping[str, Any]) -> str:
    """Lowering, pause and rising in seconds."""
    parts = [number(row[name], 1) for name in ("lowering_s", "pause_s", "rising_s")]
    return "-".join(parts) if all(parts) else ""


def number(value: float | None, digits: int) -> str:
    """A number, or nothing where nothing was measured; nothing has no minus in front."""
    return f"{round(value, digits) + 0.0:.{digits}f}" if value is not None and known(value) else ""


def known(value: float | None) -> bool:
    """Whether something was measured."""
    return value is not None and not math.isnan(value)


def clock(time_s: float) -> str:
    """Session time as minutes and seconds."""
    tenths = round(time_s * 10)
    sign = "-" if tenths < 0 else ""
    minutes, rest = divmod(abs(tenths), 600)
    return f"{sign}{minutes}:{rest // 10:02d}.{rest % 10}"


def summary_words(summary: SetSummary, rows: Sequence[Rep] = ()) -> str:
    """A set in one sentence, to be shown or spoken: "8 reps: 6 held, 2 lost; rep 5: sacrum off at 52 degrees".

    ``rows`` are those of the set, as far as they are known; without them those that were lost or not judged are only
    counted.
    """
    verdicts = {
        "held": summary.held,
        words("warned"): summary.warned,
        "lost": summary.lost,
        "not judged": summary.not_judged,
    }
    told = [f"{count} {name}" for name, count in verdicts.items() if count]
    if summary.reps and not summary.held and summary.lost + summary.warned:
        told.insert(0, "none held")
    head = counted(summary.reps, "rep")
    besides = [f"plus {counted(summary.half, 'half rep')}"] if summary.half else []
    taps = [row.tap for row in rows if row.kind == "rep" and row.tap]
    besides += [f"{taps.count('tapped')} tapped"] if taps else []
    lost = [row for row in rows if row.kind == "rep" and row.verdict == "lost"]
    besides += [_lost_words(row) for row in lost[:NAMED_LOST]]
    besides += [f"and {len(lost) - NAMED_LOST} more"] if len(lost) > NAMED_LOST else []
    unjudged = unjudged_in_set(row.verdict_reason for row in rows if row.kind == "rep" and row.verdict == "not_judged")
    besides += [unjudged] if unjudged else []
    return "; ".join([f"{head}: {', '.join(told)}" if told else head, *besides])


def _lost_words(row: Rep) -> str:
    at = number(row.first_lost_hinge_deg, 0)
    where = off_words(row.contact_lost)
    return f"rep {row.rep}: {where} at {at} degrees" if at else f"rep {row.rep}: {where}"
