"""The body: a chain ankle - knee - hip - pelvis - arc of spine pieces - upper back - head, in three dimensions.

Joint coordinates in, attitude and position of a sensor's segment out. Segment axes are x forward, y left, z up; earth
axes are the same for somebody who faces along x. Both legs move as one; only the thighs of somebody who lies part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from dowel.recordings.types import FloatArray, Placement
from dowel.sensors.simulated.person.plan import Coordinate

# Shares of the body height: shank and thigh (0.246, 0.245) from sources#winter-2009; the upper back's sensor is 0.22
# above S2, which is T6 to T7 (sources#rauber-and-kopsch), a vertebra above its prescribed place; S2 lies behind and
# above the hip joint centres (about 7 cm and 10 cm); from the sensor to C7 is the upper half of the thoracic spine.
_SHANK: Final = 0.246
_THIGH: Final = 0.245
_SPINE: Final = 0.22
_HIP_TO_FRONT: Final = (0.050, 0.0, 0.050)  # a stiff plate between both ASIS, about 9 cm in front of and above the hips
_CHEST: Final = 0.12  # from the upper back to the sternum, about 21 cm
_HIP_TO_SACRUM: Final = (-0.040, 0.0, 0.057)
_T6_TO_C7: Final = 0.085
_C7_TO_HEAD: Final = 0.115  # 20 cm (sources#rauber-and-kopsch)
_SKIN_M: Final = 0.03  # a sensor sits on the skin and its belt, about 3 cm behind the bone's axis

# Six pieces from S2 up to the upper back. Bending is spread over the lumbar and lower thoracic arc, three quarters of
# it in the lumbar half as in sources#nairn-and-drake-2014 (lever to the sacral contact 0.16 m for 1.75 m, within the
# 0.14-0.20 m of sources#rod-gap).
_PIECE_SHARE_OF_BEND: Final = np.array([0.15, 0.25, 0.25, 0.15, 0.12, 0.08])
_PIECE_END: Final = np.cumsum(_PIECE_SHARE_OF_BEND)
_PIECE_MIDDLE: Final = _PIECE_END - 0.5 * _PIECE_SHARE_OF_BEND

# Along the back from the prescribed place, T8, in shares of the body height, a vertebra (2.35 cm) a step from T12 to
# T4: how much of the bend that there is at T8 a sensor sees. Ranges of the joints between, T12-T11 to T5-T4: 3.8, 3.4,
# 3.0, 2.5, 2.1, 1.7, 1.3 and 0.9 of 72 deg from S1 to T8 (sources#morita-2013, sources#nairn-and-drake-2014).
_VERTEBRA: Final = 0.0134
_ALONG_BACK: Final = _VERTEBRA * np.arange(-4, 5)
_SHARE_SEEN: Final = 1.0 + np.cumsum([-12.7, 3.8, 3.4, 3.0, 2.5, 2.1, 1.7, 1.3, 0.9]) / 72.0


@dataclass(frozen=True)
class Body:
    """A body of ``height_m``; segment lengths scale with it.

    ``straightening_deg_per_m``: how much less the back leans, when the pelvis leans by 60 deg, a metre above the upper
    back's prescribed place (``Person``).
    ``hip_lever``: how far behind and above the hip joints S2 lies, as shares of the usual.
    """

    height_m: float = 1.75
    straightening_deg_per_m: float = 0.0
    hip_lever: tuple[float, float] = (1.0, 1.0)

    def pose(self, placement: Placement, coordinates: FloatArray, above_m: float = 0.0) -> tuple[Rotation, FloatArray]:
        """Attitude (segment to earth) and sensor position (n, 3) in m, for ``coordinates`` (n, 13).

        ``above_m``: how far up the back from its prescribed place the sensor of the upper back or the sacrum sits.
        """
        if placement in (Placement.SHANK, Placement.THIGH_LEFT, Placement.THIGH_RIGHT):
            return self._leg(placement, coordinates)
        pelvis = self.pelvis(coordinates)
        lever = np.array([self.hip_lever[0], 1.0, self.hip_lever[1]])
        sacrum_m = self.hip_m(coordinates) + pelvis.apply(self.height_m * lever * _HIP_TO_SACRUM)
        if placement is Placement.PELVIS_FRONT:
            return pelvis, self.hip_m(coordinates) + pelvis.apply(self.height_m * np.array(_HIP_TO_FRONT))
        if placement is Placement.SACRUM:
            return pelvis, sacrum_m + pelvis.apply((-_SKIN_M, 0.0, above_m))
        if placement is Placement.ROD:  # held against sacrum and upper back, it leans between them
            between = Rotation.from_rotvec(0.5 * self._spine_rad(coordinates))
            return composed(pelvis, between), sacrum_m + pelvis.apply(0.5 * self._arc_m(coordinates))
        upper_back = composed(pelvis, self.spine(coordinates))
        upper_back_m = sacrum_m + pelvis.apply(self._arc_m(coordinates))
        if placement is Placement.UPPER_BACK:
            seen = composed(pelvis, self.spine(coordinates, above_m)) if above_m else upper_back
            return seen, upper_back_m + seen.apply((-_SKIN_M, 0.0, above_m))
        if placement is Placement.STERNUM:
            return upper_back, upper_back_m + upper_back.apply((_CHEST * self.height_m, 0.0, 0.0))
        head = composed(upper_back, self.nod(coordinates))
        c7_m = upper_back_m + upper_back.apply((0.0, 0.0, _T6_TO_C7 * self.height_m))
        return head, c7_m + head.apply((-_SKIN_M, 0.0, _C7_TO_HEAD * self.height_m))

    def pelvis(self, coordinates: FloatArray) -> Rotation:
        """Attitude of the pelvis: turned to its heading, leaned forward, then bent to the side."""
        return _turned_leaned_bent(
            coordinates[:, Coordinate.HEADING],
            coordinates[:, Coordinate.PELVIS_LEAN],
            coordinates[:, Coordinate.PELVIS_SIDE],
        )

    def spine(self, coordinates: FloatArray, above_m: float = 0.0) -> Rotation:
        """Attitude of the upper back against the sacrum: its rotation vector is side bend, flexion, twist.

        ``above_m`` from the prescribed place it sees more or less of the bend; side bend and twist are spread as
        flexion is, for want of measured shares.
        """
        turn = self._spine_rad(coordinates)
        if above_m:
            turn = turn * np.interp(above_m / self.height_m, _ALONG_BACK, _SHARE_SEEN)
            leaning = np.clip(coordinates[:, Coordinate.PELVIS_LEAN], 0.0, 95.0) / 60.0
            turn[:, 1] -= np.deg2rad(self.straightening_deg_per_m) * max(above_m, 0.0) * leaning
        return Rotation.from_rotvec(turn)

    def nod(self, coordinates: FloatArray) -> Rotation:
        """Attitude of the head against the upper back."""
        nothing = np.zeros(len(coordinates))
        return _turned_leaned_bent(nothing, coordinates[:, Coordinate.NOD], nothing)

    def _leg(self, placement: Placement, coordinates: FloatArray) -> tuple[Rotation, FloatArray]:
        """Half-way up the shank, or half-way up the thigh; the sensor sits on the front."""
        column = Coordinate.SHANK_LEAN if placement is Placement.SHANK else Coordinate.THIGH_LEAN
        heading_deg, leaning_deg = coordinates[:, Coordinate.HEADING], coordinates[:, column]
        if placement is Placement.THIGH_RIGHT:
            leaning_deg = leaning_deg + coordinates[:, Coordinate.THIGHS_APART]
        segment = _turned_leaned_bent(heading_deg, leaning_deg, np.zeros(len(coordinates)))
        if placement is Placement.SHANK:
            middle_m = self._root_m(coordinates) + segment.apply((0.0, 0.0, 0.5 * _SHANK * self.height_m))
        else:
            middle_m = self.hip_m(coordinates) - segment.apply((0.0, 0.0, 0.5 * _THIGH * self.height_m))
        return segment, middle_m + segment.apply((_SKIN_M, 0.0, 0.0))

    def _root_m(self, coordinates: FloatArray) -> FloatArray:
        return coordinates[:, Coordinate.ROOT_X : Coordinate.ROOT_Z + 1]

    def hip_m(self, coordinates: FloatArray) -> FloatArray:
        """The hip joint centres: two levers above the ankles, in the plane of the heading."""
        shank, thigh, heading = np.deg2rad(
            coordinates[:, [Coordinate.SHANK_LEAN, Coordinate.THIGH_LEAN, Coordinate.HEADING]].T
        )
        forward_m = self.height_m * (_SHANK * np.sin(shank) + _THIGH * np.sin(thigh))
        up_m = self.height_m * (_SHANK * np.cos(shank) + _THIGH * np.cos(thigh))
        chain_m = np.column_stack([forward_m * np.cos(heading), forward_m * np.sin(heading), up_m])
        return np.asarray(self._root_m(coordinates) + chain_m)

    def _spine_rad(self, coordinates: FloatArray) -> FloatArray:
        """Rotation vector (n, 3) of the upper back against the sacrum: side bend, flexion, twist."""
        return np.deg2rad(coordinates[:, Coordinate.SPINE_SIDE : Coordinate.SPINE_TWIST + 1])

    def _arc_m(self, coordinates: FloatArray) -> FloatArray:
        """From S2 to the upper back in pelvis axes (n, 3): six straight pieces, each turned by its share of the bend.

        Rodrigues' formula for the up axis, with the sums over the pieces taken first.
        """
        turn = self._spine_rad(coordinates)
        angle = np.sqrt(np.einsum("ni,ni->n", turn, turn) + 1e-30)
        along = np.outer(angle, _PIECE_MIDDLE)
        half_sine = np.sin(0.5 * along)
        cosine_sum = np.cos(along).sum(axis=1)
        sine_sum = np.sin(along).sum(axis=1) / angle
        versine_sum = 2.0 * (half_sine * half_sine).sum(axis=1) / angle**2
        arc = turn * (turn[:, 2] * versine_sum)[:, None]
        arc[:, 0] += turn[:, 1] * sine_sum
        arc[:, 1] -= turn[:, 0] * sine_sum
        arc[:, 2] += cosine_sum
        return np.asarray(arc * (_SPINE * self.height_m / len(_PIECE_MIDDLE)))


def _turned_leaned_bent(heading_deg: FloatArray, leaning_deg: FloatArray, side_deg: FloatArray) -> Rotation:
    """The rotation that turns about z, then about the new y, then about the new x.

    Written out, because ``Rotation.from_euler`` is ten times slower and would take half of the time of a simulation.
    """
    sines, cosines = (
        [function(0.5 * np.deg2rad(angle_deg)) for angle_deg in (heading_deg, leaning_deg, side_deg)]
        for function in (np.sin, np.cos)
    )
    sin_z, sin_y, sin_x = sines
    cos_z, cos_y, cos_x = cosines
    return Rotation.from_quat(
        np.column_stack(
            [
                cos_z * cos_y * sin_x - sin_z * sin_y * cos_x,
                cos_z * sin_y * cos_x + sin_z * cos_y * sin_x,
                sin_z * cos_y * cos_x - cos_z * sin_y * sin_x,
                cos_z * cos_y * cos_x + sin_z * sin_y * sin_x,
            ]
        )
    )


def composed(first: Rotation, second: Rotation) -> Rotation:
    """``first * second``, to the last bit.

    Written out, because SciPy composes one pair after the other, which would take half of the time of a simulation.
    """
    p, q = first.as_quat().T, second.as_quat().T
    return Rotation.from_quat(
        np.stack(
            [
                p[3] * q[0] + q[3] * p[0] + (p[1] * q[2] - p[2] * q[1]),
                p[3] * q[1] + q[3] * p[1] + (p[2] * q[0] - p[0] * q[2]),
                p[3] * q[2] + q[3] * p[2] + (p[0] * q[1] - p[1] * q[0]),
                p[3] * q[3] - p[0] * q[0] - p[1] * q[1] - p[2] * q[2],
            ],
            axis=-1,
        )
    )


def lean_deg(attitude: Rotation) -> FloatArray:
    """Forward inclination atan2(-u_x, u_z), u = the up vector in segment axes; it needs no heading."""
    up = attitude.as_matrix()[:, 2, :]
    return np.asarray(np.rad2deg(np.arctan2(-up[:, 0], up[:, 2])))


def flexion_deg(relative: Rotation) -> FloatArray:
    """Flexion of a segment against the one below: its long axis seen in the sagittal plane of that one, atan2(x, z).

    It is the first angle of the joint coordinate system (sources#wu-2002), so neither a side bend nor a twist of the
    upper segment counts as flexion. It is also what a rod sees that lies along the upper segment.
    """
    along = relative.as_matrix()[:, :, 2]
    return np.asarray(np.rad2deg(np.arctan2(along[:, 0], along[:, 2])))
