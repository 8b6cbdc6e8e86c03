"""Quaternions (scalar first, sensor to earth) and the angles taken from them.

Ours, although scipy.spatial.transform has rotations: every packet and every rep passes here, each call takes SciPy two
to twenty times as long, and to load it would add a quarter to the CPU of a report (design#scipy-and-what-is-ours).
"""

from __future__ import annotations

import math

import numpy as np

from dowel.recordings.types import GRAVITY_M_S2, FloatArray


def up_in_sensor(quaternion: FloatArray) -> FloatArray:
    """The earth's up direction in sensor axes, (..., 4) to (..., 3). Its length is the squared norm of the input."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    up = np.empty((*quaternion.shape[:-1], 3))
    up[..., 0] = 2.0 * (x * z - w * y)
    up[..., 1] = 2.0 * (y * z + w * x)
    up[..., 2] = w * w - x * x - y * y + z * z
    return up


def lean_deg(forward: FloatArray, upward: FloatArray) -> FloatArray:
    """Lean of a segment, forward > 0, from the parts of the up vector along its forward and its own up axis."""
    lean: FloatArray = np.rad2deg(np.arctan2(-forward, upward))
    return lean


def leans_deg(frames: FloatArray, up: FloatArray) -> FloatArray:
    """Leans (..., sensors) by frames (sensors, 3, 3), from up vectors in sensor axes (..., sensors, 3)."""
    forward, upward = np.einsum("...si,sci->c...s", up, frames[:, ::2])
    return lean_deg(forward, upward)


def from_cosine_deg(cosine: FloatArray) -> FloatArray:
    """The angle between unit vectors, from their scalar product, which rounding may take past 1."""
    angle: FloatArray = np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return angle


def tilts_deg(frame: FloatArray, up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Tilt forward and to the left (n,) of a segment whose axes are the rows of ``frame``, from up vectors (n, 3)."""
    forward, left, upward = frame @ up.T
    return lean_deg(forward, upward), lean_deg(left, upward)


def tilt_and_way_deg(up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far a segment tilts in any direction, and which way, 0 forward and > 0 to the left.

    ``up``: the up vector in the axes of the segment (3, ...): forward, left, up.
    """
    forward, left, upward = up
    tilt: FloatArray = np.rad2deg(np.arctan2(np.hypot(forward, left), upward))
    way: FloatArray = np.rad2deg(np.arctan2(left, -forward))
    return tilt, way


def half_turn_deg(angle_deg: float) -> float:
    """The same direction from -180 to 180 deg."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def vertical_acceleration(up: FloatArray, acc_m_s2: FloatArray) -> FloatArray:
    """Acceleration along the vertical, up > 0, m/s2 (n,), from up vectors of any length and specific force (n, 3)."""
    vertical: FloatArray = (up * acc_m_s2).sum(axis=1) / np.linalg.norm(up, axis=1) - GRAVITY_M_S2
    return vertical


def multiply(p: FloatArray, q: FloatArray) -> FloatArray:
    """Product of quaternions, (..., 4)."""
    pw, px, py, pz = (p[..., i] for i in range(4))
    qw, qx, qy, qz = (q[..., i] for i in range(4))
    product = np.empty(np.broadcast_shapes(p.shape, q.shape))
    product[..., 0] = pw * qw - px * qx - py * qy - pz * qz
    product[..., 1] = pw * qx + px * qw + py * qz - pz * qy
    product[..., 2] = pw * qy - px * qz + py * qw + pz * qx
    product[..., 3] = pw * qz + px * qy - py * qx + pz * qw
    return product


def conjugate(q: FloatArray) -> FloatArray:
    """The inverse of unit quaternions, (..., 4)."""
    inverse: FloatArray = q * np.array([1.0, -1.0, -1.0, -1.0])
    return inverse


def rotated(q: FloatArray, vector: FloatArray) -> FloatArray:
    """A vector (3,) turned by each of the unit quaternions (n, 4), to (n, 3)."""
    w, x, y, z = q.T
    a, b, c = vector.tolist()
    s, t, u = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    turned = np.empty((len(q), 3))
    turned[:, 0] = a + w * s + y * u - z * t
    turned[:, 1] = b + w * t + z * s - x * u
    turned[:, 2] = c + w * u + x * t - y * s
    return turned


def normalised(v: FloatArray) -> FloatArray:
    """Vectors or quaternions scaled to length 1 along the last axis."""
    unit: FloatArray = v / np.linalg.norm(v, axis=-1, keepdims=True)
    return unit


def from_matrix(matrix: FloatArray) -> FloatArray:
    """The unit quaternion (4,) of a rotation matrix (3, 3), by its largest component (sources#shepperd-1978)."""
    m = matrix.tolist()
    diagonal = [m[0][0], m[1][1], m[2][2]]
    trace = sum(diagonal)
    if trace >= max(diagonal):
        q = [1.0 + trace, m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]]
    else:
        i = diagonal.index(max(diagonal))
        j, k = (i + 1) % 3, (i + 2) % 3
        q = [m[k][j] - m[j][k], 0.0, 0.0, 0.0]
        q[1 + i] = 1.0 + m[i][i] - m[j][j] - m[k][k]
        q[1 + j] = m[j][i] + m[i][j]
        q[1 + k] = m[k][i] + m[i][k]
    length = math.sqrt(sum(part * part for part in q))
    return np.array([part / length for part in q])


def left_product(p: FloatArray) -> FloatArray:
    """The matrix (4, 4) by which rows of quaternions are multiplied with a constant on their left: ``q @ m = p q``."""
    w, x, y, z = p
    return np.array([[w, x, y, z], [-x, w, z, -y], [-y, -z, w, x], [-z, y, -x, w]])


def right_product(p: FloatArray) -> FloatArray:
    """The matrix (4, 4) by which rows of quaternions are multiplied with a constant on their right: ``q @ m = q p``."""
    w, x, y, z = p
    return np.array([[w, x, y, z], [-x, w, -z, y], [-y, z, w, -x], [-z, -y, x, w]])


def between(start: FloatArray, end: FloatArray) -> FloatArray:
    """The smallest rotation, as a matrix (3, 3), that turns unit vector ``start`` (3,) into ``end`` (3,)."""
    cross = np.cross(start, end)
    cosine = float(np.dot(start, end))
    if cosine < -1.0 + 1e-9:
        raise ValueError("opposite vectors: the rotation between them is not defined")
    skew = np.array([[0.0, -cross[2], cross[1]], [cross[2], 0.0, -cross[0]], [-cross[1], cross[0], 0.0]])
    matrix: FloatArray = np.eye(3) + skew + skew @ skew / (1.0 + cosine)
    return matrix


def twist_offset(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The turn about the vertical that takes heading out of a relative rotation.

    ``lower`` and ``upper`` (4,) are segment-to-earth attitudes whose headings are unknown to each other. Returns the
    quaternion ``h`` about the vertical for which ``conj(lower) h upper`` has no twist (no z part).
    """
    a, b, c, d = lower.tolist()
    w, x, y, z = upper.tolist()
    # z and w parts of conj(lower) upper, and of conj(lower) k upper with k the half turn about the vertical
    direct_z = a * z - b * y + c * x - d * w
    direct_w = a * w + b * x + c * y + d * z
    turned_z = a * w - b * x - c * y + d * z
    turned_w = -a * z - b * y + c * x + d * w
    # cos(half) direct_z + sin(half) turned_z = 0; of the two solutions the one with the smaller rotation
    half = math.atan2(-direct_z, turned_z)
    if math.cos(half) * direct_w + math.sin(half) * turned_w < 0:
        half += math.pi
    return np.array([math.cos(half), 0.0, 0.0, math.sin(half)])
