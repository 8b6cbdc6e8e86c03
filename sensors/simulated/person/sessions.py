"""Whole sessions: the calibration, sets, and random sessions to try the analysis on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dowel.recordings.types import MarkKind
from dowel.sensors.simulated.person.movement import Fidget, KnockTogether, Moment, Stand, Step, Walk
from dowel.sensors.simulated.person.plan import Piece
from dowel.sensors.simulated.person.simulated_bends import Hinge, PickUp, SetDown, Slump, SpineBend


def calibration_pieces(
    rod: bool = True, hinges: int = 3, slump: bool = False, *, depth_deg: float = 75.0, clap: bool = False
) -> tuple[Piece, ...]:
    """The calibration of a session with its marks; about 40 s.

    With the rod: still stand, rod hold, ``hinges`` rod hinges to ``depth_deg``, and the slump if asked. Without: still
    stand, stance hold, and as many slow bends. ``clap``: the sensors are knocked together first.
    """
    knocks: tuple[Piece, ...] = (KnockTogether(), Stand(3.0)) if clap else ()
    hold, bends = (MarkKind.ROD_HOLD, MarkKind.ROD_HINGES) if rod else (MarkKind.STANCE_HOLD, MarkKind.STANCE_BENDS)
    slumping: tuple[Piece, ...] = (Step(MarkKind.SLUMP, (Slump(),)),) if slump else ()
    return (
        *knocks,
        Stand(1.0),
        Step(MarkKind.STILL, (Stand(5.0),)),
        Stand(2.0),
        Stand(2.0, rod=rod),
        # The rod is taken up before the hold begins, so the hold itself only stands.
        Step(hold, (Stand(5.0),)),
        Stand(1.0),
        Step(bends, slow_hinges(hinges, rod=rod, depth_deg=depth_deg)),
        *slumping,
        Stand(2.0),
    )


def slow_hinges(hinges: int = 3, *, rod: bool = True, depth_deg: float = 75.0) -> tuple[Piece, ...]:
    """The hinges of the calibration, with the rod or without."""
    return (Hinge(depth_deg, 3.0, 0.5, 2.5, 1.5, rod=rod, kind="rod_hinge" if rod else "stance_bend"),) * hinges


def set_of_hinges(
    reps: int = 8,
    *,
    seed: int = 0,
    depth_deg: float = 70.0,
    lowering_s: float = 2.5,
    pause_s: float = 0.5,
    rising_s: float = 1.8,
    rest_s: float = 1.0,
    peaks_deg: Sequence[float] = (),
    creep_deg: float = 0.0,
    variation: float = 0.05,
    load_kg: float | None = None,
    set_marks: bool = True,
) -> tuple[Piece, ...]:
    """One set of hinges, with a stand before and after.

    ``peaks_deg``: the deviation at the bottom of each rep, repeated as often as needed (neutral without it).
    ``creep_deg``: on top, rising evenly from 0 at the first rep to this at the last. ``variation``: relative sd of
    tempo and depth from rep to rep. ``set_marks``: set_start and set_end marks around it (with ``load_kg`` in the
    detail of the first, if given).
    """
    rng = np.random.default_rng(seed)
    hinges = []
    for rep in range(reps):
        peak_deg = peaks_deg[rep % len(peaks_deg)] if peaks_deg else 0.0
        quicker, deeper = np.exp(rng.normal(0.0, variation, 2))
        hinges.append(
            Hinge(
                depth_deg * deeper,
                lowering_s * quicker,
                pause_s,
                rising_s * quicker,
                rest_s,
                peak_deg + creep_deg * rep / max(reps - 1, 1),
                rng.uniform(1.5, 3.5),
            )
        )
    detail = {} if load_kg is None else {"load_kg": load_kg}
    opening: tuple[Piece, ...] = (Moment(MarkKind.SET_START, detail),) if set_marks else ()
    closing: tuple[Piece, ...] = (Moment(MarkKind.SET_END),) if set_marks else ()
    return (*opening, Stand(1.5), *hinges, Stand(1.5), *closing)


def random_peak_deg(rng: np.random.Generator) -> float:
    """The deviation of one rep: mostly neutral, else rounding or arching (sources#simulated-lifter)."""
    fate = rng.uniform()
    if fate < 0.5:
        return 0.0
    return float(rng.uniform(3.0, 25.0) if fate < 0.8 else -rng.uniform(4.0, 15.0))


def mixed_session(
    rng: np.random.Generator, *, sets: int = 3, longest_set: int = 100, set_marks: bool = False
) -> tuple[Piece, ...]:
    """A random session as in sources#counting (without calibration).

    Sets of 5 to ``longest_set`` reps (log-uniform) of 1-8 s with pauses of up to 2 s, 6 % half reps, neutral, rounding,
    arching and creeping; between the sets standing, walking, fidgeting of 2-6 deg, and a bar that is picked up before
    and set down after a set.
    """
    pieces: list[Piece] = [Stand(4.0)]
    for _ in range(sets):
        bar = rng.uniform() < 0.5
        if bar:
            pieces += [PickUp(), Stand(rng.uniform(6.0, 10.0))]
        if set_marks:
            pieces.append(Moment(MarkKind.SET_START))
        pieces += [Stand(rng.uniform(1.5, 3.0)), *_random_reps(rng, longest_set), Stand(rng.uniform(1.5, 3.0))]
        if set_marks:
            pieces.append(Moment(MarkKind.SET_END))
        if bar:
            pieces += [Stand(rng.uniform(6.0, 10.0)), SetDown()]
        # Long enough a rest to part the sets by itself (20 s or more, sources#set-rest).
        pieces += [
            Stand(rng.uniform(8.0, 12.0)),
            Walk(rng.uniform(6.0, 20.0), turn_deg=rng.uniform(-180.0, 180.0)),
            Fidget(rng.uniform(5.0, 15.0), rng.uniform(2.0, 6.0)),
            Stand(rng.uniform(5.0, 8.0)),
        ]
    return tuple(pieces)


def _random_reps(rng: np.random.Generator, longest_set: int) -> list[Hinge]:
    reps = round(float(np.exp(rng.uniform(np.log(5.0), np.log(longest_set)))))
    tempo_s = float(np.exp(rng.uniform(np.log(1.0), np.log(8.0))))
    depth_deg = rng.uniform(50.0, 80.0)
    pause_s = rng.uniform(0.0, min(2.0, 0.25 * tempo_s))
    creep_deg = 18.0 if rng.uniform() < 0.15 else 0.0
    hinges = []
    for rep in range(reps):
        rep_s = tempo_s * float(np.exp(rng.normal(0.0, 0.06)))
        down = rng.uniform(0.45, 0.6)
        hinges.append(
            Hinge(
                depth_deg * float(np.exp(rng.normal(0.0, 0.04))),
                down * (rep_s - pause_s),
                pause_s,
                (1.0 - down) * (rep_s - pause_s),
                rng.uniform(0.1, 0.6) if tempo_s < 2.0 else rng.uniform(0.3, 2.0),
                creep_deg * rep / max(reps - 1, 1) if creep_deg else random_peak_deg(rng),
                rng.uniform(1.5, 3.5),
                half=rep > 0 and rng.uniform() < 0.06,
            )
        )
    return hinges


def restless_session(
    rng: np.random.Generator,
    *,
    sets: int = 2,
    reps: int = 10,
    lockout: bool = True,
    sticking: bool = True,
    pulses: bool = True,
    fidget_deg: float = 11.0,
    spine_reps: bool = False,
) -> tuple[Piece, ...]:
    """The restless lifter: the stress sets of sources#counting, each of them optional.

    Incomplete lockout (the top stays at 0-42 % of the depth), sticking points of 4-10 deg, pulses of 10-20 deg at the
    bottom of 35 % of the reps, fidgeting of ``fidget_deg`` rms between the sets (8-14 deg there; 0: none), and reps
    done with the spine only.
    """
    pieces: list[Piece] = [Stand(4.0)]
    for _ in range(sets):
        depth_deg = rng.uniform(55.0, 80.0)
        pieces.append(Stand(2.0))
        for rep in range(reps):
            if spine_reps and rng.uniform() < 0.1:
                pieces.append(SpineBend(flexion_deg=rng.uniform(35.0, 55.0), sacrum_lean_deg=rng.uniform(10.0, 16.0)))
                continue
            pieces.append(
                Hinge(
                    depth_deg * float(np.exp(rng.normal(0.0, 0.05))),
                    rng.uniform(1.2, 2.5),
                    rng.uniform(0.0, 0.8),
                    rng.uniform(1.0, 2.0),
                    rng.uniform(0.2, 1.0),
                    random_peak_deg(rng),
                    rng.uniform(1.5, 3.5),
                    lockout_deg=depth_deg * rng.uniform(0.0, 0.42) if lockout and rep < reps - 1 else 0.0,
                    sticking_deg=rng.uniform(4.0, 10.0) if sticking and rng.uniform() < 0.4 else 0.0,
                    pulses=int(rng.integers(1, 3)) if pulses and rng.uniform() < 0.35 else 0,
                    pulse_deg=rng.uniform(10.0, 20.0),
                )
            )
        pieces += [Stand(rng.uniform(8.0, 12.0))]
        if fidget_deg:
            pieces += [Fidget(rng.uniform(10.0, 20.0), fidget_deg)]
        pieces += [Walk(rng.uniform(6.0, 12.0)), Stand(rng.uniform(5.0, 8.0))]
    return tuple(pieces)
