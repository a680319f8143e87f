"""Writer of task folders of lmms-eval: parquet files and the YAML that describes the task."""

from core.export.writing.parquet import ParquetWriter

_TASK = """\
# A task of lmms-eval; the table is beside this file, the functions are in reward.py.
dataset_path: parquet
dataset_kwargs:
  data_files:
{files}
task: "{name}"
{splits}
output_type: generate_until
doc_to_visual: !function reward.lmms_images
doc_to_text: "question"
doc_to_target: "answer"
process_results: !function reward.lmms_results
generation_kwargs:
  max_new_tokens: 1024
  temperature: 0
  do_sample: false
metric_list:
  - metric: accuracy
    aggregation: mean
    higher_is_better: true
  - metric: score
    aggregation: mean
    higher_is_better: true
metadata:
  - version: 1.0
"""


class LmmsEvalWriter(ParquetWriter):
    """Shards as :class:`ParquetWriter`, and ``<stem>.yaml``; the last split is the one that is asked."""

    def finish(self) -> None:
        super().finish()
        shards = self.shard_names()
        files = "\n".join(
            f"    {split}:\n" + "\n".join(f"      - {name}" for name in names) for split, names in shards.items()
        )
        *others, tested = sorted(shards, key=("train", "validation", "test").index)
        splits = [f"test_split: {tested}", *(f"training_split: {split}" for split in others if split == "train")]
        text = _TASK.format(files=files, name=self.layout.stem, splits="\n".join(splits))
        self.target.add_bytes(f"{self.layout.stem}.yaml", text.encode())
