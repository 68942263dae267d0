"""Makes window_cases.json: windows and weights of nnU-Net and MONAI, by their formulas in numpy and scipy.

The committed file was made with scipy 1.17.1 and numpy 2.4.6: python make_window_cases.py > window_cases.json
nnU-Net: steps and Gaussian of its inference code, version 2 (scipy.ndimage.gaussian_filter of one voxel). MONAI 1.6: scan interval, patch
starts and importance map of its sliding window inference. Starts are counted in the padded volume; weights are given whole for small patches.
"""

import json
import math

import numpy as np
from scipy.ndimage import gaussian_filter


def nnunet_starts(size, tile, step):
    target = [i * step for i in tile]
    counts = [int(np.ceil((i - k) / j)) + 1 for i, j, k in zip(size, target, tile)]
    out = []
    for length, patch, count in zip(size, tile, counts):
        actual = (length - patch) / (count - 1) if count > 1 else 0
        out.append([int(np.round(actual * i)) for i in range(count)])
    return out


def nnunet_weights(tile, sigma_scale):
    impulse = np.zeros(tile)
    impulse[tuple(i // 2 for i in tile)] = 1
    out = gaussian_filter(impulse, [i * sigma_scale for i in tile], 0, mode="constant", cval=0)
    out /= out.max() / 10
    out[out == 0] = out[out != 0].min()
    return out


def monai_starts(size, tile, overlap):
    out = []
    for length, patch in zip(size, tile):
        interval = patch if patch == length else max(int(patch * (1 - overlap)), 1)
        number = next(d for d in range(math.ceil(length / interval)) if d * interval + patch >= length)
        starts = [d * interval for d in range(number + 1)]
        out.append([s - max(s + patch - length, 0) for s in starts])
    return out


def monai_weights(tile, sigma_scale):
    out = np.ones(())
    for n in tile:
        x = np.arange(n) - (n - 1) / 2
        out = out[..., None] * np.exp(x**2 / (-2 * (sigma_scale * n) ** 2))
    return np.maximum(out, max(out.min(), 1e-3))


SIZES = [((128, 256, 200), (64, 96, 80)), ((63, 64, 65), (64, 64, 64)), ((5, 300, 299), (8, 160, 160)), ((40, 41, 43), (13, 12, 11)),
         ((1, 512, 512), (1, 96, 96)), ((155, 240, 240), (128, 128, 128))]
placed = []
for size, tile in SIZES:
    padded = [max(a, b) for a, b in zip(size, tile)]
    for overlap in (0.25, 0.5, 0.625, 0.0):
        placed.append({"grid": size, "patch": tile, "overlap": overlap,
                       "nnunet": nnunet_starts(padded, tile, 1 - overlap), "monai": monai_starts(padded, tile, overlap)})
weights = []
for tile in [(4, 6, 5), (1, 8, 9), (3, 1, 16)]:
    for scale in (0.125, 0.05):
        entry = {"patch": tile, "sigma_scale": scale}
        for name, values in [("nnunet", nnunet_weights(tile, scale)), ("monai", monai_weights(tile, scale))]:
            entry[name] = [float(f"{v:.9g}") for v in values.ravel()]
        weights.append(entry)
print('{"placed": [\n' + ",\n".join(json.dumps(p) for p in placed) + '\n],\n"weights": [\n' + ",\n".join(json.dumps(w) for w in weights) + "\n]}")
