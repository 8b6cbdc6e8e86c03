"""What a person must know of the drill and of the sensors before the practice begins, told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dowel.analysis.drills.advice import first_wall
from dowel.analysis.drills.drills import drill_named
from dowel.analysis.movement.classify import DEFAULT_HEIGHT_M
from dowel.cues.cueing import LATEST_MS
from dowel.recordings.types import LYING, TRUNK, Placement
from dowel.sensors.drivers import usual_latency_s
from dowel.sensors.links import Link
from dowel.session.setup import SessionSetup, missing_words
from dowel.text.wording import rules_words


def of_the_drill(setup: SessionSetup) -> Iterator[str]:
    """What is done in it, what is taken for granted, and what no sensor can know."""
    drill = drill_named(setup.drill)
    yield f"{drill.words.title.capitalize()}: {drill.words.about}"
    missing = missing_words(setup)
    if missing:
        yield f"{missing} Say the load before the first set."
    if drill.taps and setup.wall_cm is None:
        height_m = DEFAULT_HEIGHT_M if setup.height_cm is None else setup.height_cm / 100.0
        whose = "your height" if setup.height_cm is not None else "170 cm, as your height was not given"
        yield (
            f"Stand with the heels {first_wall(height_m, setup.rules, whose)}, and say the distance before the first "
            "set."
        )
    changes = setup.rules.changes()
    if changes:
        yield f"Advice follows the rules that you gave: {rules_words(changes)}."
    if drill.stance.telling.before:
        yield drill.stance.telling.before
    yield from drill.words.not_sensed


def of_the_sensors(links: Sequence[Link]) -> Iterator[str]:
    """What they cannot do, and what is to be known of each."""
    sites = [f"{link.placement.words} {link.placement.site}" for link in links if link.placement.site]
    if sites:
        yield f"Where the sensors sit: {'; '.join(sites)}. Calibrate again whenever one has been moved."
    trunk = [link.placement for link in links if link.placement in (*TRUNK, *LYING)]
    if trunk == [Placement.PELVIS_FRONT]:
        yield "Only the pelvis has a sensor: whether ribs and pelvis come apart is not judged."
    elif len(trunk) == 1:
        yield (
            f"Only the {trunk[0].words} has a sensor: reps and tempo are counted. Whether your spine keeps its "
            "shape takes two, one on the upper back and one on the sacrum, so contact is not judged."
        )
    for link in links:
        latency_s = usual_latency_s(link.sensor)
        if latency_s * 1e3 > LATEST_MS:
            yield (
                f"The {link.placement.words} sensor's data take about {latency_s:.1f} s to arrive: "
                "you will hear the verdict after the rep, and no live cue."
            )
        if link.driver.note:
            yield f"{link.placement.words.capitalize()} sensor: {link.driver.note}"
