"""Trained generators for other programs: one module a format.

`saved_model.py` writes for TensorFlow Serving the functions of
`signatures.py`, `onnx.py` for onnxruntime, `weights.py` a folder that is taken
wherever a run folder is, and `web` a page that generates in the browser. None
of them knows flags, prints, or chooses where files go.
"""
