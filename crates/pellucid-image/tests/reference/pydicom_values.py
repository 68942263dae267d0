"""Values of DICOM files by pydicom, for `tests/dicom_reference.rs`.

    python3 -m venv venv
    venv/bin/pip install pydicom numpy pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle
    venv/bin/python pydicom_values.py FOLDER > pydicom_values.json

Every file below FOLDER that pydicom reads is decoded frame by frame with the modality transform or palette applied and colours as RGB, in
float64, then rounded once to float32. Grey values of MONOCHROME1 without a physical unit are mirrored, `low + high - v` over the range of the
stored bits, as the reader documents. Given are shape (frames, channels, rows, columns), least, greatest and summed value, the sum weighted by
the index modulo 97, values at fixed places, and the position (LPS, mm) of the first and the last voxel of each of the first frames.
"""

import json
import pathlib
import sys

import numpy
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}


def group_item(ds, frame, *path):
    """An item of the functional groups of a frame: its own, else the shared one."""
    sources = []
    if "PerFrameFunctionalGroupsSequence" in ds:
        sources.append(ds.PerFrameFunctionalGroupsSequence[frame])
    if "SharedFunctionalGroupsSequence" in ds:
        sources.append(ds.SharedFunctionalGroupsSequence[0])
    for source in sources:
        if path[0] in source:
            return source[path[0]].value[0]
    return None


def values(ds, stored, frame):
    """Stored numbers of one frame to measured values."""
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(stored, ds).astype(numpy.float64)
    if ds.SamplesPerPixel == 3:
        return stored.astype(numpy.float64)
    item = group_item(ds, frame, "PixelValueTransformationSequence")
    if ds.get("Modality") == "RTDOSE":
        v = stored.astype(numpy.float64) * float(ds.DoseGridScaling)
    elif item is not None:
        v = stored.astype(numpy.float64) * float(item.RescaleSlope) + float(item.RescaleIntercept)
    else:
        v = numpy.asarray(apply_modality_lut(stored, ds), dtype=numpy.float64)
    unit = ds.get("RescaleType", ds.get("Units"))
    if ds.PhotometricInterpretation == "MONOCHROME1" and unit in (None, "", "US"):
        slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
        span = 2.0 ** ds.BitsStored
        low, high = (-span / 2, span / 2 - 1) if ds.PixelRepresentation else (0, span - 1)
        v = slope * (low + high) + 2 * intercept - v
    return v


def corners(ds, frame):
    """Positions (LPS, mm) of the first and last pixel of a frame, None when the file doesn't say."""
    orientation = group_item(ds, frame, "PlaneOrientationSequence") or ds
    position = group_item(ds, frame, "PlanePositionSequence") or ds
    measures = group_item(ds, frame, "PixelMeasuresSequence") or ds
    if "ImageOrientationPatient" not in orientation or "ImagePositionPatient" not in position:
        return None
    o = numpy.array([float(v) for v in orientation.ImageOrientationPatient])
    p = numpy.array([float(v) for v in position.ImagePositionPatient])
    row, column = (float(v) for v in measures.PixelSpacing)
    if "GridFrameOffsetVector" in ds:
        offsets = ds.GridFrameOffsetVector
        p = p + numpy.cross(o[:3], o[3:]) * (float(offsets[frame]) - float(offsets[0]))
    last = p + o[:3] * column * (ds.Columns - 1) + o[3:] * row * (ds.Rows - 1)
    return [list(p), list(last)]


def facts(path):
    ds = pydicom.dcmread(path, force=True)
    frames = int(ds.get("NumberOfFrames", 1) or 1)
    whole_slide = ds.get("SOPClassUID") == "1.2.840.10008.5.1.4.1.1.77.1.6"
    chosen = range(min(frames, 3)) if whole_slide else range(frames)
    planes = []
    for frame in chosen:
        stored = pixel_array(ds, index=frame) if frames > 1 else pixel_array(ds)
        v = values(ds, stored, frame)
        planes.append(v.transpose(2, 0, 1) if v.ndim == 3 else v[None])
    v = numpy.stack(planes).astype(numpy.float32)
    flat = v.ravel().astype(numpy.float64)
    places = [int(i * (flat.size - 1) // 16) for i in range(17)]
    return {
        "frames": frames,
        "shape": list(v.shape),
        "lossy": str(ds.file_meta.get("TransferSyntaxUID", "")) in LOSSY,
        "min": flat.min(),
        "max": flat.max(),
        "sum": flat.sum(),
        "weighted": float((flat * (numpy.arange(flat.size) % 97)).sum()),
        "samples": [[i, flat[i]] for i in places],
        "corners": [corners(ds, frame) for frame in list(chosen)[:3]],
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    out = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size < 132:
            continue
        with open(path, "rb") as file:
            if file.read(132)[128:] != b"DICM":
                continue
        name = str(path.relative_to(folder))
        try:
            out[name] = facts(path)
        except Exception as error:  # noqa: BLE001: what pydicom can't read is said, not compared
            print(f"{name}: {type(error).__name__}: {str(error)[:100]}", file=sys.stderr)
    print("{")
    print(",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.items()))
    print("}")


if __name__ == "__main__":
    main()
