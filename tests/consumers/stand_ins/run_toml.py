"""sd-scripts as far as its rows: the settings of the README by its own checks, images and captions by its own code."""

import argparse
import sys

sys.path.insert(0, "sd-scripts")

from library import config_util, train_util

parser = argparse.ArgumentParser()
train_util.add_dataset_arguments(parser, True, True, True)
words = parser.parse_args(["--dataset_config", sys.argv[1]])
settings = config_util.load_user_config(words.dataset_config)
# As train_network.py does.
blueprint = config_util.BlueprintGenerator(config_util.ConfigSanitizer(True, True, False, True)).generate(
    settings, words
)
made = config_util.generate_dataset_group_by_blueprint(blueprint.dataset_group)
group = made[0] if isinstance(made, tuple) else made
captions = [info.caption for dataset in group.datasets for info in dataset.image_data.values()]
assert captions
assert all(captions)
