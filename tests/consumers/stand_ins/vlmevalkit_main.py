"""VLMEvalKit's run.py as far as its rows: the words by its own parser, every row by its own data set."""

import __future__

import argparse
import ast
import json
import os
import sys
from pathlib import Path
from typing import Any

script, *words = sys.argv[1:]
assert script == "VLMEvalKit/run.py"
sys.path.insert(0, str(Path(__file__).parents[1] / "readers"))
os.environ["CHECKOUT"] = "VLMEvalKit"

from vlmevalkit_modules import custom_data_set


def _own_parser() -> Any:
    """Return parse_args of the script with its other functions; the script imports all models before it parses."""
    tree = ast.parse(Path(script).read_text(encoding="utf-8"))
    found: list[ast.stmt] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    names: dict[str, Any] = {"argparse": argparse, "json": json, "os": os, "sys": sys}
    flags = __future__.annotations.compiler_flag  # types of what is not imported are not looked up
    exec(compile(ast.Module(found, []), script, "exec", flags), names)  # noqa: S102
    return names["parse_args"]


sys.argv = [script, *words]
parsed = _own_parser()()
for name in parsed.data:
    read = custom_data_set(name)
    assert len(read) > 0
    for index in range(len(read)):
        assert read.build_prompt(index)
