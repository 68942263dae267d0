"""Makes volume_cases.json: orientation and resampling of small volumes as nibabel and scipy do them.

The committed file was made with nibabel 5.4.2, scipy 1.17.1 and numpy 2.4.6: python make_volume_cases.py > volume_cases.json
Values of a volume of shape (W, H, D) at (x, y, z) are (7919 i + 13 (i mod 7)^2) mod 1009 with i = (z H + y) W + x.
Points outside the voxel centres, where conventions differ, are null.
"""

import json
import sys

import nibabel
import numpy as np
from nibabel.orientations import aff2axcodes, axcodes2ornt, io_orientation, ornt_transform
from nibabel.processing import resample_from_to
from nibabel.spaces import vox2out_vox
from scipy import ndimage

random = np.random.default_rng(11)


def rotation(degrees):
    """Rotation about x, then y, then z."""
    a, b, c = np.radians(degrees)
    x = [[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]]
    y = [[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]]
    z = [[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]]
    return np.array(z) @ np.array(y) @ np.array(x)


def affine(linear, offset):
    out = np.eye(4)
    out[:3, :3] = linear
    out[:3, 3] = offset
    return out


def volume(shape):
    w, h, d = shape
    i = np.arange(w * h * d)
    values = (7919 * i + 13 * (i % 7) ** 2) % 1009
    return values.reshape(d, h, w).transpose(2, 1, 0).astype(np.float64)


VOLUMES = {
    "flipped": ((6, 5, 4), affine(np.diag([-0.7, 0.7, -3.0]), [31.0, -12.5, 80.0])),
    "dicom axial": ((7, 6, 5), affine(np.diag([-0.8, -0.8, 2.5]), [100.0, 90.0, -50.0])),
    "sagittal": ((5, 6, 7), affine(np.array([[0, 0, 1.2], [0.9, 0, 0], [0, -1.1, 0]]), [-60.0, 4.0, 33.0])),
    "oblique": ((8, 7, 6), affine(rotation([12, -25, 31]) @ np.diag([0.9, 1.4, 2.2]), [5.0, -7.0, 11.0])),
    "oblique flipped": ((6, 8, 5), affine(rotation([80, 14, -9]) @ np.diag([-1.1, 0.6, 3.1]), [-5.0, 70.0, 1.5])),
    "sheared": ((7, 5, 6), affine(np.array([[1.0, 0.2, 0.1], [0.0, 1.3, -0.3], [0.1, 0.0, 2.0]]), [0.0, 1.0, 2.0])),
}


def flat(values):
    """Fastest axis first; null where not finite."""
    return [round(float(v), 4) if np.isfinite(v) else None for v in np.asarray(values).ravel(order="F")]


def digits(matrix):
    return [[round(float(v), 9) for v in row] for row in np.asarray(matrix)[:3]]


def at_points(data, points, order):
    """scipy's values at points (3, n) given in voxels; NaN outside the voxel centres."""
    values = ndimage.map_coordinates(data, points, order=order, mode="mirror")
    last = np.array(data.shape)[:, None] - 1
    inside = ((points >= 0) & (points <= last)).all(axis=0)
    return np.where(inside, values, np.nan)


def case(name, shape, aff):
    data = volume(shape)
    image = nibabel.Nifti1Image(data, aff)
    canonical = nibabel.as_closest_canonical(image)
    to_lps = ornt_transform(io_orientation(aff), axcodes2ornt("LPS"))
    lps = image.as_reoriented(to_lps)
    out = {
        "name": name, "shape": shape, "affine": digits(aff), "codes": "".join(aff2axcodes(aff)),
        "canonical": {"affine": digits(canonical.affine), "values": flat(canonical.dataobj)},
        "lps": {"affine": digits(lps.affine), "values": flat(lps.dataobj)},
    }
    world_shape, world_affine = vox2out_vox(image, (1.5, 1.25, 2.0))
    out["along_world"] = {"shape": [int(n) for n in world_shape], "affine": digits(world_affine)}
    middle = aff @ np.append((np.array(shape) - 1) / 2, 1)
    linear = rotation([-7, 19, 40]) @ np.diag([0.63, -0.81, 1.37])
    target_shape = (5, 6, 4)
    offset = middle[:3] - linear @ ((np.array(target_shape) - 1) / 2) + [0.13, -0.21, 0.17]
    target = affine(linear, offset)
    out["target"] = {"shape": target_shape, "affine": digits(target)}
    for order in (0, 1, 3):
        result = resample_from_to(image, (target_shape, target), order=order, mode="constant", cval=np.nan if order < 2 else -1e9)
        values = np.asarray(result.dataobj)
        out["target"][f"order {order}"] = flat(np.where(values < -1e8, np.nan, values))
    coarse = affine(np.diag([2.9, 2.3, 1.1]), middle[:3] - [1.45, 1.15, 0.55])
    ratio = np.linalg.inv(aff) @ coarse
    k = np.linalg.norm(ratio[:3, :3], axis=1)
    sigma = np.where(k > 1, np.sqrt(np.maximum(k**2 - 1, 0) / (8 * np.log(2))), 0)
    smooth = data
    for axis in range(3):
        if sigma[axis] > 0:
            smooth = ndimage.gaussian_filter1d(smooth, sigma[axis], axis=axis, mode="nearest", truncate=4.0)
    points = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij")).reshape(3, -1)
    places = ratio[:3, :3] @ points + ratio[:3, 3:]
    values = np.stack([at_points(smooth, places, order).reshape(2, 2, 2) for order in (1, 3)])
    out["coarse"] = {"affine": digits(coarse), "sigma": [round(float(s), 9) for s in sigma],
                     "order 1": flat(values[0]), "order 3": flat(values[1])}
    return out


def codes_of_random_grids(count):
    """Axis codes of random rotated, anisotropic, flipped grids whose axes aren't nearly ambiguous."""
    out = []
    while len(out) < count:
        q, _ = np.linalg.qr(random.standard_normal((3, 3)))
        ranked = np.sort(np.abs(q), axis=0)
        if (ranked[2] - ranked[1]).min() < 0.15:
            continue
        aff = affine(q @ np.diag(random.uniform(0.3, 5.0, 3)), random.uniform(-90, 90, 3))
        out.append({"affine": digits(aff), "codes": "".join(aff2axcodes(aff))})
    return out


cases = [case(name, shape, aff) for name, (shape, aff) in VOLUMES.items()]
lines = ",\n".join(json.dumps(c) for c in cases)
sys.stdout.write('{"cases": [\n' + lines + '\n],\n"codes": ' + json.dumps(codes_of_random_grids(40)) + "}\n")
