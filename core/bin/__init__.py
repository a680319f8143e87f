"""The bin: what was deleted, restored from there or deleted for good."""

from core.bin.service import BIN_KINDS, BinItem, BinPage, BinService, Restored

__all__ = ["BIN_KINDS", "BinItem", "BinPage", "BinService", "Restored"]
