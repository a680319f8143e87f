"""Local models: a folder for each use below the models directory, with an ONNX file and its labels.

``vitrine models add`` makes the folder of a model that is offered (:mod:`core.vision.models.catalog`); one's own model
is put there by hand. Nothing is downloaded otherwise.
"""
