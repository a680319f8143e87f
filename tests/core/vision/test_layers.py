from core.vision.layers import layers_of


def test_objects_and_lines_become_layers_and_what_has_no_place_is_left_out() -> None:
    results = {
        "objects": {"items": [{"label": "cup", "score": 0.912, "box_xyxy": [1, 2, 3, 4]}]},
        "text": {"lines": [{"text": "EXIT", "score": 0.99, "box_xyxy": [5, 6, 7, 8]}]},
        "tags": {"tags": [{"tag": "kitchen", "score": 0.5}]},
    }
    assert layers_of(results) == {
        "objects": [{"label": "cup", "score": 0.91, "xyxy": [1, 2, 3, 4]}],
        "text": [{"label": "EXIT", "xyxy": [5, 6, 7, 8]}],
    }


def test_empty_layers_are_left_out_and_long_ones_are_cut() -> None:
    line = {"text": "EXIT", "score": 0.99, "box_xyxy": [5, 6, 7, 8]}
    assert layers_of({"objects": {"items": []}, "text": {"lines": []}}) == {}
    assert len(layers_of({"text": {"lines": [line] * 501}})["text"]) == 500
