//! Images with geometry and units: PNG, JPEG, TIFF, DICOM, NIfTI, model cards, phantoms
