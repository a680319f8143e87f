"""A task of lmms-eval, found by the directory of the bundle: its documents, and its score of the right answers."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from lmms_eval.tasks import TaskManager, get_task_dict
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    os.chdir(bundle)  # the table is named in the YAML file by its path in the bundle
    task = get_task_dict(["vitrine"], TaskManager(include_path=str(bundle)))["vitrine"]
    for document in task.test_docs():
        target = task.doc_to_target(document)
        assert task.process_results(document, [target]) == {"accuracy": 1.0, "score": 1.0}
        yield [(task.doc_to_text(document), target)], task.doc_to_visual(document)


run(version("lmms-eval"), rows)
