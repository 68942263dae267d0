"""Checks what the writers write with other readers: python check_written.py CONVERT

CONVERT is the built example `convert`. A volume of two channels on an oblique grid is converted into every format and read back by nibabel,
pynrrd, SimpleITK, tifffile and zarr-python: values must be equal, positions to 1e-6.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import SimpleITK as sitk
import tifffile
import zarr

random = np.random.default_rng(3)
folder = Path(tempfile.mkdtemp())
values = (random.standard_normal((2, 9, 70, 80)) * 50).astype(np.float32)
affine = np.array([[-0.68, 0.3, 0.6, 5.1], [0.2, 0.9, -0.4, -7.0], [-0.1, 0.5, 3.0, 11.0], [0, 0, 0, 1]])
spacing = np.linalg.norm(affine[:3, :3], axis=0)
# The source is NRRD: positions in NIfTI have 32 bits only.
lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
header = {"space": "LPS", "space directions": np.vstack([lps[:3, :3].T, [np.nan] * 3]), "space origin": lps[:3, 3],
          "kinds": ["domain", "domain", "domain", "list"]}
nrrd.write(str(folder / "source.nrrd"), values.transpose(3, 2, 1, 0), header, index_order="F")


def convert(name):
    target = folder / name
    subprocess.run([sys.argv[1], str(folder / "source.nrrd"), str(target)], check=True)
    return str(target)


def close(found, due, tolerance):
    assert np.abs(np.asarray(found) - np.asarray(due)).max() < tolerance, (found, due)


image = nibabel.load(convert("a.nii.gz"))
assert (np.asarray(image.dataobj).transpose(3, 2, 1, 0) == values).all()
close(image.affine, affine, 1e-5)
data, header = nrrd.read(convert("a.nrrd"), index_order="F")
assert (data.transpose(3, 2, 1, 0) == values).all()
close(header["space directions"][:3].T, lps[:3, :3], 1e-12)
close(header["space origin"], lps[:3, 3], 1e-12)
# A sheared grid isn't ITK's: it wants directions at right angles.
a, b = 0.4, -0.7
turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ \
    np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
square = sitk.GetImageFromArray(values.transpose(1, 2, 3, 0), isVector=True)
square.SetSpacing(spacing.tolist())
square.SetOrigin([1.5, -2.5, 3.25])
square.SetDirection(turn.ravel().tolist())
sitk.WriteImage(square, str(folder / "source.mha"))
for name in ["b.mha", "b.nrrd"]:
    subprocess.run([sys.argv[1], str(folder / "source.mha"), str(folder / name)], check=True)
    back = sitk.ReadImage(str(folder / name))
    array = sitk.GetArrayFromImage(back)
    found = array.transpose(3, 0, 1, 2) if back.GetNumberOfComponentsPerPixel() == 2 else array
    assert (found == values).all(), name
    close(np.array(back.GetOrigin())[:3], square.GetOrigin(), 1e-6)
    close(np.array(back.GetSpacing())[:3], square.GetSpacing(), 1e-6)
    rank = back.GetDimension()
    close(np.array(back.GetDirection()).reshape(rank, rank)[:3, :3], turn, 1e-6)
path = convert("a.ome.tif")
with tifffile.TiffFile(path) as file:
    series = file.series[0]
    assert file.is_ome and series.axes == "CZYX", series.axes
    assert (series.asarray() == values).all()
    pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    close([pixels[f"PhysicalSize{k}"] for k in "XYZ"], spacing, 1e-12)
for name, version in [("a.zarr", "0.4"), ("a.zarr3", "0.5")]:
    group = zarr.open_group(convert(name), mode="r")
    attributes = dict(group.attrs)
    meta = attributes["multiscales"][0] if version == "0.4" else attributes["ome"]["multiscales"][0]
    assert [axis["name"] for axis in meta["axes"]] == ["c", "z", "y", "x"]
    assert (group["0"][...] == values).all()
    scale = meta["datasets"][0]["coordinateTransformations"][0]["scale"]
    close(scale[1:], spacing[::-1], 1e-12)
    half = group["1"][...]
    assert half.shape == (2, 5, 35, 40)
    # Rows and columns are halved evenly; nine slices become five of 1.8.
    thirds = values.reshape(2, 9, 35, 2, 40, 2).mean((3, 5))
    first = (thirds[:, 0] + 0.8 * thirds[:, 1]) / 1.8
    close(half[:, 0], first, 1e-4)
print("all formats equal")
