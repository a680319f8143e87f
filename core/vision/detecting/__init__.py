"""Finding objects by an ONNX detector: what it takes, how its outputs are read, running it."""
