"""Keras's functions of bounding boxes, and what its image layers do to boxes, masks and labels → test/golden/bounding-boxes.json.

`functions`: name, arguments and output. `layers`: a layer, its options, images, boxes with labels, masks and labels, and what becomes of
them; with `transformation` as in augmentation_geometric.py. `model`: inputs and outputs of formats/boxes.keras. Left out is where Keras 3.15 is wrong, which docs/coverage.md lists: RandomRotation
and RandomPerspective in formats other than xyxy, RandomCrop off the diagonal, RandomShear of images that are not square or along
both axes, labels of MixUp's boxes and its masks, bilinear masks of resized CenterCrop.
"""

from layer_cases import camel, camel_config, keras, tf
from common import GOLDEN, keras_versions, tensor, uniform, write

import numpy as np

from augmentation_geometric import CORNERS, draws, image, some, transformed

utils = keras.utils.bounding_boxes
FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
H, W = 8, 10


def boxes_in(seed, batch, count, height=H, width=W):
    """xyxy, inside of images; the last one of each image is none."""
    x = np.sort(draws(seed, (batch, count, 2), 0, width), -1)
    y = np.sort(draws(seed + 1, (batch, count, 2), 0, height), -1)
    boxes = np.round(np.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1), 1).astype(np.float32)
    boxes[:, -1] = 0
    return boxes


def labels_of(batch, count):
    labels = np.arange(batch * count, dtype=np.int32).reshape(batch, count) % 5
    labels[:, -1] = -1
    return labels


def plain(value):
    if isinstance(value, (np.ndarray, np.generic, tf.Tensor)):
        return tensor(value)
    if isinstance(value, dict):
        return {camel(key): plain(inner) for key, inner in value.items()}
    return camel(value) if isinstance(value, str) else list(value) if isinstance(value, tuple) else value


def function(name, *tensors, **options):
    outputs = getattr(utils, name)(*[dict(t) if isinstance(t, dict) else t for t in tensors], **options)
    return {"function": camel(name), "tensors": [plain(t) for t in tensors], "options": plain(options), "output": plain(outputs)}


ONE = boxes_in(1, 1, 5)[0]
TWO = boxes_in(3, 2, 4)
OUT = TWO * 2 - 5
SIZE = {"height": H, "width": W}
SHAPE = (H, W, 3)


def given(boxes, fmt, size=SIZE):
    return np.array(utils.convert_format(boxes, source="xyxy", target=fmt, **size))


def jagged(seed, shape):
    return np.round(draws(seed, shape, 1, 9), 2)


FUNCTIONS = [
    *[function("convert_format", given(ONE if source.startswith("rel") else TWO, source), source=source, target=target, **SIZE) for source in FORMATS for target in FORMATS],
    function("convert_format", {"boxes": TWO, "labels": labels_of(2, 4)}, source="xyxy", target="center_yxhw"),
    function("clip_to_image_size", {"boxes": OUT, "labels": labels_of(2, 4)}, **SIZE),
    function("clip_to_image_size", {"boxes": OUT / 10, "labels": labels_of(2, 4)}, bounding_box_format="rel_xyxy"),
    *[function("affine_transform", TWO, angle=some(30.0, -111.5), translate_x=some(0.1, -0.3), translate_y=some(0.0, 0.25), scale=some(1.0, 0.7), shear_x=some(0.0, 20.0), shear_y=some(0.0, -35.0), **SIZE, **more)
      for more in ({}, {"center_x": 0.2, "center_y": 0.9})],
    function("crop", OUT, top=2, left=3, height=4, width=5), function("pad", OUT, top=2, left=3),
    function("compute_iou", ONE, boxes_in(7, 1, 3)[0], bounding_box_format="xyxy"),
    function("compute_iou", TWO, boxes_in(9, 2, 3), bounding_box_format="yxyx"),
    function("compute_iou", given(TWO, "rel_xywh"), given(boxes_in(9, 2, 3), "rel_xywh"), bounding_box_format="rel_xywh", image_shape=SHAPE),
    function("compute_iou", TWO, ONE, bounding_box_format="xyxy"), function("compute_iou", ONE, TWO, bounding_box_format="xyxy"),
    *[function("compute_iou", np.where(TWO > 0, TWO, -1), np.where(TWO[:, ::-1] > 0, TWO[:, ::-1], -1), bounding_box_format="xyxy", use_masking=True, mask_val=value) for value in (-1, -7)],
    function("compute_ciou", TWO[:, :3], boxes_in(11, 2, 4)[:, :3], bounding_box_format="xyxy"),
    function("compute_ciou", given(ONE, "center_xywh")[:4], given(boxes_in(13, 1, 5)[0], "center_xywh")[:4], bounding_box_format="center_xywh"),
]
for fmt in ("center_yxhw", "center_xywh"):
    for variance in (None, [0.1, 0.1, 0.2, 0.2]):
        for own in ("xyxy", "rel_yxyx"):
            more = {"anchor_format": own, "box_format": "xywh", "variance": variance, "image_shape": SHAPE}
            anchors = given(boxes_in(21, 1, 4)[0][:3], own)
            boxes = given(boxes_in(23, 2, 4)[:, :3], "xywh")
            FUNCTIONS.append(function("encode_box_to_deltas", anchors, boxes, encoding_format=fmt, **more))
            FUNCTIONS.append(function("decode_deltas_to_boxes", anchors, uniform(25, (2, 3, 4), 0.5), encoded_format=fmt, **more))
FUNCTIONS.append(function("decode_deltas_to_boxes", {"p3": ONE[:2], "p4": ONE[2:4]}, {"p3": uniform(26, (2, 4), 0.5), "p4": uniform(27, (2, 4), 0.5)}, anchor_format="xyxy", box_format="xyxy"))

FIRST = {"data_format": "channels_first"}
DIAGONAL = np.stack([TWO[..., 0] / 4 + 2, TWO[..., 1] / 4 + 2, TWO[..., 2] / 4 + 2, TWO[..., 3] / 4 + 2], -1)
# Layer, options, what is drawn, and further what differs from the usual case.
LAYERS = [
    *[("RandomFlip", {"mode": mode}, {"flips": some(1, 0, 1)}, {"format": fmt}) for mode in ("horizontal", "vertical", "horizontal_and_vertical") for fmt in (FORMATS if mode == "horizontal" else ("xyxy", "rel_xywh"))],
    ("RandomFlip", {"mode": "horizontal", **FIRST}, {"flips": some(0, 1, 1)}, {}),
    *[("RandomRotation", {"factor": 0.5, "fill_mode": mode, "fill_value": 2.0}, {"angle": some(17.3, -141.7, 66.0)}, {}) for mode in ("reflect", "constant")],
    ("RandomRotation", {"factor": (0.1, 0.1)}, None, {}), ("RandomRotation", {"factor": (0.2, 0.2), **FIRST}, None, {}),
    *[("RandomZoom", {"height_factor": 0.9, "fill_mode": "nearest"}, {"height_zoom": some(0.37, 1.61, 1.93), "width_zoom": some(1.27, 0.63, 1.88)}, {"format": fmt}) for fmt in ("xyxy", "yxyx", "rel_center_xywh")],
    ("RandomZoom", {"height_factor": (0.3, 0.3), "width_factor": (-0.4, -0.4)}, None, {"format": "center_xywh"}),
    *[("RandomTranslation", {"height_factor": 1.0, "width_factor": 1.0, "fill_mode": "constant"}, {"height": some(1.3, -2.6, 0.4), "width": some(-0.7, 3.1, -7.45)}, {"format": fmt}) for fmt in ("xyxy", "center_yxhw", "rel_yxyx")],
    ("RandomTranslation", {"height_factor": (0.3, 0.3), "width_factor": (-0.25, -0.25), **FIRST}, None, {}),
    *[("RandomShear", {"x_factor": 0.9, "y_factor": 0.9}, {"x": some(*x), "y": some(*y)}, {"size": (9, 9), "format": fmt}) for x, y in (((0.33, -0.77, 0.05), (0, 0, 0)), ((0, 0, 0), (-0.91, 0.12, 0.61))) for fmt in ("xyxy", "rel_xywh")],
    *[("RandomPerspective", {"scale": 0.5}, {"applied": some(1, 1, 0), "corners": CORNERS * share}, {}) for share in (0.3, 0.5)],
    ("RandomCrop", {"height": 5, "width": 6}, {"top": np.int64(2), "left": np.int64(2)}, {"boxes": DIAGONAL, "format": "xyxy"}), ("RandomCrop", {"height": 5, "width": 6}, {"top": np.int64(2), "left": np.int64(2)}, {"boxes": DIAGONAL, "format": "center_xywh"}),
    ("RandomErasing", {"factor": (1.0, 1.0)}, None, {"images": False}), ("RandomInvert", {"factor": (1.0, 1.0)}, None, {}), ("RandomBrightness", {"factor": (0.1, 0.1)}, None, {}),
    ("AutoContrast", {}, None, {}), ("RandomSharpness", {"factor": (0.5, 0.5)}, None, {}),
    *[("CenterCrop", {"height": h, "width": w, **more}, None, {"format": fmt}) for h, w, more, fmt in ((5, 7, {}, "xyxy"), (8, 3, FIRST, "rel_yxyx"), (6, 6, {}, "xywh"))],
    *[("CenterCrop", {"height": h, "width": w}, None, {"format": fmt, "masks": False}) for h, w, fmt in ((12, 6, "xyxy"), (16, 30, "rel_xyxy"))],
    *[("Resizing", {"height": h, "width": w, **more}, None, {"format": fmt}) for h, w in ((4, 5), (13, 9), (7, 20)) for more, fmt in (({}, "xyxy"), ({"crop_to_aspect_ratio": True}, "rel_xywh"), ({"pad_to_aspect_ratio": True}, "yxyx"), (FIRST, "center_xywh"))],
    *[("MaxNumBoundingBoxes", {"max_number": n}, None, {}) for n in (2, 6)],
    *[("RandomElasticTransform", {"fill_mode": mode}, {"applied": some(1, 0, 1), "strength": np.float32(0.8), "horizontal": uniform(140, (3, 26, 24), 2.0), "vertical": uniform(150, (3, 26, 24), 2.0)}, {"size": (26, 24), "boxes": None}) for mode in ("reflect", "constant")],
    ("MixUp", {}, {"permutation_order": np.array([2, 0, 1]), "mix_weight": some(0.3, 0.9, 0.55)}, {"masks": False, "labels_of_boxes": False}),
    ("CutMix", {}, {"permutation_order": np.array([1, 2, 0]), "x0": some(0.6, 2.0, 1.0), "x1": some(3.1, 7.0, 2.5), "y0": some(1.0, 0.2, 2.0), "y1": some(2.0, 6.9, 4.0)}, {"boxes": None}),
]


def transformation_of(name, layer, x, given):
    size = x.shape[2:] if layer.data_format == "channels_first" else x.shape[1:3]
    if name == "MixUp":
        return given
    if name == "CutMix":
        corners = tuple(tf.constant(given[key]) for key in ("x0", "x1", "y0", "y1"))
        masks, weight = layer._generate_batch_mask((*x.shape[:-1], 1), corners)
        return {"permutation_order": given["permutation_order"], "batch_masks": masks, "mix_weight": weight}
    own = transformed(name, layer, x, given)
    if name == "RandomRotation":
        return {**own, "angle": tf.constant(given["angle"]), "image_height": size[0], "image_width": size[1], "batch_size": len(x)}
    return own if isinstance(own, tuple) else {**own, "input_shape": x.shape}


def layer_case(index, name, config, drawn, more):
    height, width = more.get("size", (H, W))
    first = config.get("data_format") == "channels_first"
    fmt = more.get("format", "xyxy")
    x = image(200 + index, (3, 2, height, width) if first else (3, height, width, 1))
    x = x[:2] if "boxes" in more and more["boxes"] is not None else x
    batch = len(x)
    masks = (np.arange(batch * height * width) * 7 % 11 % 4).astype(np.float32 if config.get("pad_to_aspect_ratio") else np.uint8).reshape((batch, 1, height, width) if first else (batch, height, width, 1))
    labels = np.eye(batch, dtype=np.float32)
    boxes = more["boxes"] if "boxes" in more else boxes_in(300 + index, batch, 4, height, width)
    bounding = None if boxes is None else {"boxes": given(boxes, fmt, {"height": height, "width": width}), "labels": labels_of(batch, 4)}
    layer = getattr(keras.layers, name)(bounding_box_format=fmt, **config)
    data = {"images": x, "labels": labels}
    if bounding:
        data["bounding_boxes"] = bounding
    if more.get("masks", True):
        data["segmentation_masks"] = masks
    copied = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    if drawn is None:
        out = layer(copied, training=True)
    else:
        # Drawn anew for each part, as the noise of elastic transformations is used up.
        made = lambda: transformation_of(name, layer, x, drawn)
        out = {"images": layer.transform_images(tf.constant(x), made(), training=True), "labels": layer.transform_labels(tf.constant(labels), made(), training=True)}
        if bounding:
            out["bounding_boxes"] = layer.transform_bounding_boxes({key: tf.constant(value) for key, value in bounding.items()}, made(), training=True)
        if "segmentation_masks" in data:
            own = tf.constant(masks.astype(np.float32))
            out["segmentation_masks"] = layer.transform_segmentation_masks(own, made(), training=True)
    if more.get("images") is False:
        del out["images"]
    if more.get("labels_of_boxes") is False:
        del out["bounding_boxes"]["labels"]
    found = {} if drawn is None else {"transformation": plain(drawn)}
    return {"layer": name, "config": {**camel_config(config), "boundingBoxFormat": camel(fmt)}, **found, "input": plain(data), "output": plain(out)}


def model_file():
    """A model whose layers are called with dictionaries, as a file; its inputs and outputs."""
    shapes = {"images": (H, W, 1), "masks": (H, W, 1), "boxes": (4, 4), "labels": (4,)}
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    data = {"images": inputs["images"], "segmentation_masks": inputs["masks"], "bounding_boxes": {"boxes": inputs["boxes"], "labels": inputs["labels"]}}
    moved = keras.layers.RandomTranslation(0.2, 0.2, bounding_box_format="center_xywh", name="translation")(data)
    out = keras.layers.MaxNumBoundingBoxes(3, bounding_box_format="center_xywh", name="boxes_of_all")(moved)
    ends = [out["images"], out["segmentation_masks"], out["bounding_boxes"]["boxes"], out["bounding_boxes"]["labels"]]
    model = keras.Model(list(inputs.values()), ends)
    model.save(GOLDEN / "formats" / "boxes.keras")
    boxes = boxes_in(60, 2, 4)
    given_ = [image(61, (2, H, W, 1)), np.round(draws(62, (2, H, W, 1), 0, 3)), given(boxes, "center_xywh"), labels_of(2, 4).astype(np.float32)]
    return {"inputs": [tensor(x) for x in given_], "outputs": [tensor(y) for y in model(given_, training=False)]}


if __name__ == "__main__":
    cases = [layer_case(i, *item) for i, item in enumerate(LAYERS)]
    write("bounding-boxes.json", {**keras_versions(), "functions": FUNCTIONS, "layers": cases, "model": model_file()})
