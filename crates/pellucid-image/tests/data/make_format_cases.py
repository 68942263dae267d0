"""Makes formats/: small files of NRRD, MetaImage, OME-TIFF and OME-Zarr, and formats/expected.json with what they hold.

The committed files were made with pynrrd 1.1.3, SimpleITK 2.5.7, tifffile 2026.3.3, zarr 3.1.6, numcodecs 0.16.6 and numpy 2.4.6:
python make_format_cases.py formats
Expected are the shape [C, D, H, W], the SHA-256 of the four sizes (64-bit) and the values in that order (32-bit floats), and the affine from
voxels (x, y, z) to RAS in mm (null where the file says nothing).
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import nrrd
import numcodecs
import numpy as np
import SimpleITK as sitk
import tifffile
import zarr

FOLDER = Path(sys.argv[1])
shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
random = np.random.default_rng(5)
expected = []
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def note(name, values, affine, channels=None, known="orientation", kind=None):
    """values: (C, D, H, W)."""
    values = np.asarray(values)
    assert values.ndim == 4, values.shape
    flat = np.ascontiguousarray(values.astype("<f4"))
    digest = hashlib.sha256(np.array(values.shape, "<u8").tobytes() + flat.tobytes()).hexdigest()
    entry = {"file": name, "shape": list(values.shape), "known": known if affine is not None else "nothing",
             "affine": None if affine is None else np.asarray(affine)[:3].tolist(), "digest": digest}
    if channels:
        entry["channels"] = channels
    if kind:
        entry["format"] = kind
    expected.append(entry)


def data(shape, dtype):
    """Values over the whole range of the type, with no structure that a wrong order would keep."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (random.standard_normal(shape) * 100).astype(np.float32).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(max(info.min, -2**24), min(info.max, 2**24), shape, endpoint=True).astype(dtype)


def oblique():
    a, b = 0.4, -0.7
    r = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    s = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return r @ s


SPACING, ORIGIN = np.array([0.7, 0.9, 2.5]), np.array([-31.5, 12.25, 77.0])


def file_affine():
    out = np.eye(4)
    out[:3, :3] = oblique() @ np.diag(SPACING)
    out[:3, 3] = ORIGIN
    return out


# --- NRRD by pynrrd -------------------------------------------------------------------------------------------------------------------

def nrrd_case(name, array, header, values, affine, detached=None, **more):
    """array: axes fastest first."""
    path = FOLDER / name
    nrrd.write(str(path), array, header, index_order="F", detached_header=bool(detached), **({"relative_data_path": True} if detached else {}))
    note(name, values, affine, kind="nrrd", **more)


columns = file_affine()[:3, :3].T
for dtype in ["int8", "uint8", "int16", "uint16", "int32", "float32", "float64"]:
    a = data((5, 4, 3), dtype)
    nrrd_case(f"raw_{dtype}.nrrd", a, {"space": "left-posterior-superior", "space directions": columns, "space origin": ORIGIN,
              "encoding": "raw", "kinds": ["domain"] * 3}, a.transpose(2, 1, 0)[None], LPS @ file_affine())
a = data((5, 4, 3), ">i2")
nrrd_case("big_endian_ras.nrrd", a, {"space": "RAS", "space directions": columns, "space origin": ORIGIN, "encoding": "gzip"},
          a.transpose(2, 1, 0)[None], file_affine())
a = data((5, 4, 3), "float32")
nrrd_case("ascii_las.nrrd", a, {"space": "left-anterior-superior", "space directions": columns, "space origin": ORIGIN, "encoding": "ascii"},
          a.transpose(2, 1, 0)[None], np.diag([-1, 1, 1, 1]) @ file_affine())
a = data((2, 5, 4, 3), "float32")
nrrd_case("list_first.nrrd", a, {"space": "LPS", "space directions": np.vstack([[np.nan] * 3, columns]), "space origin": ORIGIN,
          "kinds": ["list", "domain", "domain", "domain"], "encoding": "gzip"}, a.transpose(0, 3, 2, 1), LPS @ file_affine())
a = data((5, 4, 3, 2), "int16")
nrrd_case("list_last.nrrd", a, {"space": "LPS", "space directions": np.vstack([columns, [np.nan] * 3]), "space origin": ORIGIN,
          "kinds": ["domain", "domain", "domain", "list"], "encoding": "gzip"}, a.transpose(3, 2, 1, 0), LPS @ file_affine())
a = data((5, 4, 3), "uint16")
nrrd_case("spacings.nrrd", a, {"spacings": list(SPACING), "encoding": "gzip"}, a.transpose(2, 1, 0)[None],
          np.diag([*SPACING, 1]), known="spacing")
a = data((6, 5), "uint8")
nrrd_case("plane.nrrd", a, {"encoding": "raw"}, a.T[None, None], None)
a = data((3, 6, 5), "uint8")
nrrd_case("colour.nrrd", a, {"kinds": ["RGB-color", "domain", "domain"], "encoding": "gzip"}, a.transpose(0, 2, 1)[:, None], None)
a = data((5, 4, 3), "int16")
for name, encoding in [("detached.nhdr", "raw"), ("detached_gz.nhdr", "gzip")]:
    nrrd_case(name, a, {"space": "LPS", "space directions": columns, "space origin": ORIGIN, "encoding": encoding},
              a.transpose(2, 1, 0)[None], LPS @ file_affine(), detached=True)
# By hand: what pynrrd doesn't write.
a = data((5, 4, 4), "int16")
half = a.transpose(2, 1, 0).astype("<i2")
(FOLDER / "slab_0.raw").write_bytes(b"junk" + half[:2].tobytes())
(FOLDER / "slab_1.raw").write_bytes(b"junk" + half[2:].tobytes())
(FOLDER / "listed.nhdr").write_text("NRRD0004\n# two slabs\ntype: short\ndimension: 3\nsizes: 5 4 4\nendian: little\nencoding: raw\n"
                                    "byte skip: 4\ndata file: LIST\nslab_0.raw\nslab_1.raw\n")
note("listed.nhdr", half[None], None, kind="nrrd")
(FOLDER / "from_end.nhdr").write_text("NRRD0004\ntype: int16\ndimension: 3\nsizes: 5 4 2\nspacings: 1 2 3\nendian: little\nencoding: raw\n"
                                      "byte skip: -1\nkey:=value: with colon\ndatafile: slab_1.raw\n")
note("from_end.nhdr", half[None, 2:], np.diag([1, 2, 3, 1]), known="spacing", kind="nrrd")


# --- MetaImage, and NRRD by ITK ------------------------------------------------------------------------------------------------------

def itk_case(name, values, vector=False, compress=True, affine=True, **more):
    """values: (C, D, H, W)."""
    array = values.transpose(1, 2, 3, 0) if vector else values[0]
    image = sitk.GetImageFromArray(array, isVector=vector)
    image.SetSpacing(SPACING.tolist())
    image.SetOrigin(ORIGIN.tolist())
    image.SetDirection(oblique().ravel().tolist())
    sitk.WriteImage(image, str(FOLDER / name), useCompression=compress)
    back = sitk.ReadImage(str(FOLDER / name))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(back.GetDirection()).reshape(3, 3) @ np.diag(back.GetSpacing())
    matrix[:3, 3] = back.GetOrigin()
    note(name, values, LPS @ matrix, kind="nrrd" if name.endswith(("nrrd", "nhdr")) else "meta-image", **more)


for dtype in ["int8", "uint8", "int16", "uint16", "int32", "float32", "float64"]:
    itk_case(f"itk_{dtype}.mha", data((1, 3, 4, 5), dtype), compress=False)
itk_case("itk_packed.mha", data((1, 3, 4, 5), "int16"))
itk_case("itk_detached.mhd", data((1, 3, 4, 5), "float32"), compress=False)
itk_case("itk_detached_packed.mhd", data((1, 3, 4, 5), "float32"))
itk_case("itk_vector.mha", data((2, 3, 4, 5), "float32"), vector=True)
itk_case("itk_colour.mha", data((3, 3, 4, 5), "uint8"), vector=True)
itk_case("itk.nrrd", data((1, 3, 4, 5), "int16"))
itk_case("itk_vector.nrrd", data((2, 3, 4, 5), "float32"), vector=True)
itk_case("itk_detached.nhdr", data((1, 3, 4, 5), "uint16"))
plane = data((4, 5), "uint8")
image = sitk.GetImageFromArray(plane)
image.SetSpacing([0.5, 0.25])
sitk.WriteImage(image, str(FOLDER / "itk_plane.mha"))
note("itk_plane.mha", plane[None, None], np.diag([0.5, 0.25, 1, 1]), known="spacing", kind="meta-image")
series = data((2, 3, 4, 5), "int16")
image = sitk.GetImageFromArray(series, isVector=False)
assert image.GetDimension() == 4
image.SetSpacing([1.5, 1.25, 4.0, 2.0])
sitk.WriteImage(image, str(FOLDER / "itk_series.mha"))
note("itk_series.mha", series, LPS @ np.diag([1.5, 1.25, 4.0, 1.0]), kind="meta-image")
big = data((3, 4, 5), ">i2")
(FOLDER / "big_endian.mhd").write_text("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = True\nHeaderSize = -1\n"
                                       "ElementSpacing = 0.5 0.6 0.7\nDimSize = 5 4 3\nElementType = MET_SHORT\nElementDataFile = big.raw\n")
(FOLDER / "big.raw").write_bytes(b"a header of its own" + big.tobytes())
note("big_endian.mhd", big[None], np.diag([0.5, 0.6, 0.7, 1]), known="spacing", kind="meta-image")
text = data((3, 4, 5), "int16")
(FOLDER / "text.mha").write_text("NDims = 3\nBinaryData = False\nDimSize = 5 4 3\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
                                 + " ".join(str(v) for v in text.ravel()) + "\n")
note("text.mha", text[None], None, kind="meta-image")


# --- OME-TIFF by tifffile ------------------------------------------------------------------------------------------------------------

def tiff_case(name, array, axes, to_image, affine=None, channels=None, metadata=None, kind="ome-tiff", **options):
    meta = {"axes": axes, **(metadata or {})}
    tifffile.imwrite(FOLDER / name, array, metadata=meta, ome=True, **options)
    values = to_image(tifffile.imread(FOLDER / name).reshape(array.shape))
    note(name, values, affine, channels=channels, known="spacing", kind=kind)


microns = {"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 500, "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 2.0,
           "PhysicalSizeZUnit": "µm"}
sizes = np.diag([0.25e-3, 500 * 1e-6, 2e-3, 1])
tiff_case("czyx.ome.tif", data((2, 3, 6, 5), "uint16"), "CZYX", lambda a: a, sizes, ["DAPI", "GFP <b>"],
          {**microns, "Channel": {"Name": ["DAPI", "GFP <b>"]}})
tiff_case("zcyx.ome.tif", data((3, 2, 6, 5), "uint8"), "ZCYX", lambda a: a.transpose(1, 0, 2, 3), sizes, metadata=microns, compression="zlib")
tiff_case("tczyx.ome.tif", data((2, 2, 3, 4, 5), "int16"), "TCZYX", lambda a: a.reshape(4, 3, 4, 5), sizes,
          ["channel 0, time 0", "channel 1, time 0", "channel 0, time 1", "channel 1, time 1"], microns, compression="lzw")
tiff_case("ctzyx_big_endian.ome.tif", data((2, 2, 3, 4, 5), "float32"), "CTZYX", lambda a: a.transpose(1, 0, 2, 3, 4).reshape(4, 3, 4, 5),
          byteorder=">")
tiff_case("tiled.ome.tif", data((3, 40, 35), "uint16"), "ZYX", lambda a: a[None], sizes, metadata=microns, tile=(16, 16), compression="zlib")
tiff_case("big.ome.tif", data((2, 3, 6, 5), "float32"), "CZYX", lambda a: a, bigtiff=True)
tiff_case("big_tiled.ome.tif", data((2, 33, 20), "uint8"), "ZYX", lambda a: a[None], bigtiff=True, tile=(32, 16), predictor=True, compression="lzw")
tiff_case("colour.ome.tif", data((6, 5, 3), "uint8"), "YXS", lambda a: a.transpose(2, 0, 1)[:, None], photometric="rgb")
tiff_case("colour_stack.ome.tif", data((3, 6, 5, 3), "uint8"), "ZYXS", lambda a: a.transpose(3, 0, 1, 2), photometric="rgb")
plain = data((3, 6, 5), "float64")
tifffile.imwrite(FOLDER / "plain.tif", plain, photometric="minisblack")
note("plain.tif", plain[None], None, kind="tiff")
# By hand: planes in another order than the pages.
swapped = data((3, 4, 5), "uint8")
xml = ('<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
       '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="5" SizeY="4" SizeZ="3" SizeC="1" SizeT="1">'
       '<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
       '<TiffData IFD="0" FirstZ="2"/><TiffData IFD="1" FirstZ="0"/><TiffData IFD="2" FirstZ="1"/></Pixels></Image></OME>')
tifffile.imwrite(FOLDER / "blocks.ome.tif", swapped, description=xml, metadata=None, photometric="minisblack")
note("blocks.ome.tif", swapped[[1, 2, 0]][None], None, kind="ome-tiff")


# --- OME-Zarr by zarr-python ----------------------------------------------------------------------------------------------------------

def multiscales(axes, scale, translation, version, unit="micrometer"):
    listed = []
    for axis in axes:
        kind = {"t": "time", "c": "channel"}.get(axis, "space")
        listed.append({"name": axis, "type": kind, **({"unit": unit} if kind == "space" else {})})
    transformations = [{"type": "scale", "scale": scale}]
    if translation:
        transformations.append({"type": "translation", "translation": translation})
    return [{**({"version": version} if version == "0.4" else {}), "axes": listed, "name": "image",
             "datasets": [{"path": "0", "coordinateTransformations": transformations},
                          {"path": "1", "coordinateTransformations": [{"type": "scale", "scale": [2 * s for s in scale]}]}]}]


def zarr_case(name, array, axes, version, chunks, labels=None, fill=0, leave_out=None, levels=1, **options):
    scale = [{"t": 1.0, "c": 1.0, "z": 2.0, "y": 0.5, "x": 0.25}[a] for a in axes]
    translation = [{"t": 0.0, "c": 0.0, "z": 10.0, "y": -3.0, "x": 7.5}[a] for a in axes]
    group = zarr.open_group(str(FOLDER / name), mode="w", zarr_format=version)
    meta = multiscales(axes, scale, translation, "0.4" if version == 2 else "0.5")
    omero = {"omero": {"channels": [{"label": label} for label in labels]}} if labels else {}
    group.attrs.update({"multiscales": meta, **omero} if version == 2 else {"ome": {"version": "0.5", "multiscales": meta, **omero}})
    for level, content in [("0", array), ("1", array[tuple(slice(None, None, 2) for _ in axes)])]:
        if version == 2:
            options.setdefault("chunk_key_encoding", {"name": "v2", "separator": "/"})
        target = group.create_array(level, shape=content.shape, dtype=content.dtype, chunks=tuple(min(c, n) for c, n in zip(chunks, content.shape)) if "shards" not in options else chunks,
                                    fill_value=fill, **options)
        if leave_out is None:
            target[...] = content
        else:
            target[leave_out] = content[leave_out]
        if levels == 1:
            break
    values = np.asarray(group["0"][...])
    spatial = [axes.index(a) if a in axes else None for a in "zyx"]
    others = [i for i, a in enumerate(axes) if a in "tc"]
    order = others + [i for i in spatial if i is not None]
    values = values.transpose(order)
    lead = int(np.prod([array.shape[i] for i in others])) if others else 1
    values = values.reshape(lead, *([1] if "z" not in axes else []), *values.shape[len(others):])
    mm = np.eye(4)
    for i, a in enumerate("xyz"):
        j = axes.index(a) if a in axes else axes.index("x")
        mm[i, i] = scale[j] * 1e-3
        mm[i, 3] = translation[j] * 1e-3 if a in axes else 0.0
    note(name, values, mm, channels=labels if labels and "t" not in axes else None, known="spacing", kind="ome-zarr")


TCZYX, CZYX = ("t", "c", "z", "y", "x"), ("c", "z", "y", "x")
v2 = {"none": None, "zlib": numcodecs.Zlib(5), "gzip": numcodecs.GZip(5), "zstd": numcodecs.Zstd(3), "lz4": numcodecs.LZ4()}
for compressor in ["lz4", "zstd", "zlib", "blosclz", "lz4hc"]:
    for shuffle in [0, 1, 2]:
        v2[f"blosc_{compressor}_{shuffle}"] = numcodecs.Blosc(compressor, 5, shuffle)


def ramp(shape, dtype):
    """Compressible: whole steps with a little noise."""
    i = np.arange(int(np.prod(shape)))
    return (i // 3 + (i % 5 == 0) * 100).reshape(shape).astype(dtype)


for name, compressor in v2.items():
    zarr_case(f"v2_{name}.zarr", ramp((1, 2, 20, 33), "uint16"), CZYX, 2, (1, 2, 16, 33), compressors=compressor)
zarr_case("v2_float.zarr", data((2, 3, 10, 9), "float32"), CZYX, 2, (1, 2, 8, 8), ["DAPI", "GFP"], levels=2, compressors=numcodecs.Blosc("zstd", 5, 1))
zarr_case("v2_large_blocks.zarr", ramp((1, 1, 50, 100), "int32"), CZYX, 2, (1, 1, 50, 100), compressors=numcodecs.Blosc("lz4", 5, 1, blocksize=4096))
zarr_case("v2_split.zarr", ramp((1, 1, 50, 60), "float64"), CZYX, 2, (1, 1, 50, 60), compressors=numcodecs.Blosc("blosclz", 5, 1, blocksize=4096))
zarr_case("v2_tczyx.zarr", data((2, 2, 2, 5, 4), "int16"), TCZYX, 2, (1, 1, 2, 4, 4), compressors=numcodecs.Zlib(1))
zarr_case("v2_fortran.zarr", data((2, 3, 5, 4), ">i2"), CZYX, 2, (2, 2, 4, 3), order="F", compressors=None)
zarr_case("v2_plane.zarr", data((7, 6), "uint8"), ("y", "x"), 2, (4, 4), compressors=None)
zarr_case("v2_dots.zarr", data((3, 7, 6), "float64"), ("z", "y", "x"), 2, (2, 4, 4), compressors=None,
          chunk_key_encoding={"name": "v2", "separator": "."})
zarr_case("v2_holes.zarr", data((1, 2, 8, 8), "float32"), CZYX, 2, (1, 1, 4, 4), fill=-7.5, leave_out=(0, 1, slice(0, 4), slice(4, 8)), compressors=None)
zarr_case("v3_default.zarr", ramp((2, 3, 10, 33), "uint16"), CZYX, 3, (1, 3, 10, 16), ["a", "b"], levels=2)
zarr_case("v3_none.zarr", data((3, 7, 6), "float32"), ("z", "y", "x"), 3, (2, 4, 4), compressors=None)
zarr_case("v3_gzip.zarr", data((3, 7, 6), "int32"), ("z", "y", "x"), 3, (2, 4, 4), compressors=zarr.codecs.GzipCodec())
zarr_case("v3_blosc.zarr", ramp((3, 40, 30), "float32"), ("z", "y", "x"), 3, (3, 32, 30), compressors=zarr.codecs.BloscCodec(cname="zstd", shuffle="bitshuffle"))
zarr_case("v3_big_endian_crc.zarr", data((3, 7, 6), "uint16"), ("z", "y", "x"), 3, (2, 4, 4), serializer=zarr.codecs.BytesCodec(endian="big"),
          compressors=[zarr.codecs.GzipCodec(), zarr.codecs.Crc32cCodec()])
zarr_case("v3_transposed.zarr", data((3, 7, 6), "float32"), ("z", "y", "x"), 3, (2, 4, 4), filters=[zarr.codecs.TransposeCodec(order=(2, 0, 1))])
zarr_case("v3_sharded.zarr", ramp((1, 4, 16, 16), "uint16"), CZYX, 3, (1, 2, 4, 4), shards=(1, 4, 8, 8))
zarr_case("v3_sharded_holes.zarr", data((1, 2, 8, 8), "float32"), CZYX, 3, (1, 1, 4, 4), shards=(1, 2, 8, 8), fill=float("nan"),
          leave_out=(0, 1, slice(0, 4), slice(4, 8)))
zarr_case("v3_v2_keys.zarr", data((3, 7, 6), "float32"), ("z", "y", "x"), 3, (2, 4, 4), chunk_key_encoding={"name": "v2", "separator": "."})

with open(FOLDER / "expected.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(e) for e in expected) + "\n]\n")
