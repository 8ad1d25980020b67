"""Keras's layers of convolution, pooling, reshaping, merging, and the core → test/golden/layers-a.json."""

from layer_cases import layer_case
from common import keras_versions, write

SERIES = (2, 7, 3)
SERIES_FIRST = (2, 3, 7)
IMAGE = (2, 6, 5, 3)
IMAGE_FIRST = (2, 3, 6, 5)
WIDE = (2, 5, 6, 4)
VOLUME = (1, 4, 5, 3, 2)
VOLUME_FIRST = (1, 2, 4, 5, 3)
FIRST = {"data_format": "channels_first"}

CONVOLUTION = [
    ("Conv1D", {"filters": 2, "kernel_size": 3}, SERIES),
    ("Conv1D", {"filters": 2, "kernel_size": 3, "padding": "same", "strides": 2, "activation": "relu"}, SERIES),
    ("Conv1D", {"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, SERIES),
    ("Conv1D", {"filters": 2, "kernel_size": [2], "padding": "causal", "strides": [2], "use_bias": False}, SERIES),
    ("Conv1D", {"filters": 4, "kernel_size": 2, "groups": 2}, (2, 7, 4)),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2"}, IMAGE),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2, "padding": "same"}, WIDE),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "lora_rank": 2, "lora_alpha": 4}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 2, "activation": "softmax"}, IMAGE),
    ("Conv3D", {"filters": 2, "kernel_size": 2}, VOLUME),
    ("Conv3D", {"filters": 2, "kernel_size": [2, 3, 2], "strides": [1, 2, 1], "padding": "same", "activation": "tanh"}, VOLUME),
    ("Conv3D", {"filters": 2, "kernel_size": 2, "dilation_rate": [2, 1, 1]}, VOLUME),
    *[("Conv1DTranspose", {"filters": 2, **config}, SERIES) for config in (
        {"kernel_size": 3}, {"kernel_size": 3, "strides": 2}, {"kernel_size": 2, "strides": 3}, {"kernel_size": 3, "strides": 2, "padding": "same"},
        {"kernel_size": 4, "strides": 2, "padding": "same", "activation": "relu"}, {"kernel_size": 3, "padding": "same"}, {"kernel_size": 1, "strides": 3, "padding": "same"},
        {"kernel_size": 3, "strides": 2, "output_padding": 1}, {"kernel_size": 3, "strides": 3, "output_padding": 0, "padding": "same"},
        {"kernel_size": 4, "strides": 3, "output_padding": 2, "padding": "same"}, {"kernel_size": 2, "strides": 3, "output_padding": 0},
        {"kernel_size": 5, "strides": 2, "output_padding": 1, "padding": "same", "use_bias": False},
    )],
    ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("Conv2DTranspose", {"filters": 2, "kernel_size": [2, 3], "strides": [3, 1]}, IMAGE),
    ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": [2, 3], "output_padding": [1, 2], "padding": "same", "activity_regularizer": "l1"}, IMAGE),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": 2}, (1, 2, 3, 2, 2)),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": [3, 2, 1], "strides": [2, 1, 2], "padding": "same"}, (1, 2, 3, 2, 2)),
    ("DepthwiseConv1D", {"kernel_size": 3}, SERIES),
    ("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2, "padding": "same", "strides": 2, "activation": "relu"}, SERIES),
    ("DepthwiseConv1D", {"kernel_size": 2, "dilation_rate": 2, "use_bias": False}, SERIES),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, IMAGE),
    ("DepthwiseConv2D", {"kernel_size": [2, 3], "padding": "same", "depthwise_regularizer": "l2"}, IMAGE),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("DepthwiseConv2D", {"kernel_size": 2, "strides": 2, "dilation_rate": 2, "padding": "same"}, IMAGE),
    ("DepthwiseConv2D", {"kernel_size": 2, **FIRST}, IMAGE_FIRST),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3}, SERIES),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2, "strides": 2, "padding": "same", "use_bias": False}, SERIES),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}, IMAGE),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 2, "depth_multiplier": 2, "padding": "same", "pointwise_regularizer": "l2", "depthwise_regularizer": "l1"}, IMAGE),
    ("SeparableConv2D", {"filters": 2, "kernel_size": 2, **FIRST}, IMAGE_FIRST),
]

POOLING = [
    *[(f"{kind}Pooling1D", config, SERIES) for kind in ("Max", "Average") for config in (
        {"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}, {"pool_size": [2], "strides": 1, "padding": "same"})],
    *[(f"{kind}Pooling1D", {"pool_size": 2, **FIRST}, SERIES_FIRST) for kind in ("Max", "Average")],
    *[(f"{kind}Pooling3D", config, VOLUME) for kind in ("Max", "Average") for config in (
        {"pool_size": 2}, {"pool_size": [2, 3, 1], "strides": [1, 2, 1], "padding": "same"})],
    *[(f"Global{kind}Pooling{n}D", {"keepdims": keep}, shape)
      for kind in ("Max", "Average") for keep in (False, True) for n, shape in ((1, SERIES), (2, IMAGE), (3, VOLUME))],
    *[(f"Global{kind}Pooling{n}D", {"keepdims": True, **FIRST}, shape)
      for kind in ("Max", "Average") for n, shape in ((1, SERIES_FIRST), (2, IMAGE_FIRST), (3, VOLUME_FIRST))],
    ("GlobalAveragePooling1D", {}, SERIES, {"masks": (0,)}),
    ("GlobalAveragePooling1D", {"keepdims": True}, SERIES, {"masks": (0,)}),
    ("GlobalMaxPooling1D", {}, SERIES, {"masks": (0,)}),
    *[(f"Adaptive{kind}Pooling1D", {"output_size": n}, SERIES) for kind in ("Max", "Average") for n in (3, 4, 7, 9)],
    *[(f"Adaptive{kind}Pooling2D", {"output_size": n}, IMAGE) for kind in ("Max", "Average") for n in ([3, 5], [4, 2])],
    *[(f"Adaptive{kind}Pooling2D", {"output_size": 3, **FIRST}, IMAGE_FIRST) for kind in ("Max", "Average")],
    *[(f"Adaptive{kind}Pooling3D", {"output_size": n}, VOLUME) for kind in ("Max", "Average") for n in ([2, 3, 2],)],
    # Not the maximum of the whole axis, whose gradient reads memory that is not set in TensorFlow 2.21 through Keras 3.15.
    *[(f"AdaptiveAveragePooling{n}D", {"output_size": 1}, shape) for n, shape in ((1, SERIES), (2, IMAGE), (3, VOLUME))],
]

RESHAPING = [
    ("Flatten", {}, (2, 2, 3, 2)), ("Flatten", {}, (3,)), ("Flatten", FIRST, (2, 2, 3, 2)), ("Flatten", FIRST, (2, 3)),
    ("Permute", {"dims": [2, 1]}, (2, 3, 4)), ("Permute", {"dims": [3, 1, 2]}, (2, 3, 4, 2)),
    ("RepeatVector", {"n": 3}, (2, 4)),
    ("Reshape", {"target_shape": [2, 6]}, (2, 3, 4)), ("Reshape", {"target_shape": [2, -1, 3]}, (2, 3, 4)), ("Reshape", {"target_shape": [-1]}, (2, 3, 4)),
    ("UpSampling1D", {}, (2, 3, 2)), ("UpSampling1D", {"size": 3}, (2, 3, 2)),
    ("UpSampling2D", {}, (2, 3, 4, 2)), ("UpSampling2D", {"size": [3, 1]}, (2, 3, 4, 2)), ("UpSampling2D", {"size": 2, **FIRST}, (2, 2, 3, 4)),
    *[("UpSampling2D", {"size": size, "interpolation": how}, (1, 3, 4, 2)) for how in ("bilinear", "bicubic", "lanczos3", "lanczos5") for size in (2, [4, 1])],
    ("UpSampling2D", {"size": 2, "interpolation": "bilinear", **FIRST}, (1, 2, 3, 4)),
    ("UpSampling2D", {"size": [3, 2], "interpolation": "bilinear"}, (1, 3, 4, 2)),
    ("UpSampling2D", {"size": [3, 2], "interpolation": "lanczos3"}, (1, 7, 8, 1)),
    ("UpSampling3D", {}, (1, 2, 3, 2, 2)), ("UpSampling3D", {"size": [1, 2, 3], **FIRST}, (1, 2, 2, 3, 2)),
    ("ZeroPadding1D", {}, SERIES), ("ZeroPadding1D", {"padding": [2, 0]}, SERIES), ("ZeroPadding1D", {"padding": [0, 1], **FIRST}, SERIES_FIRST),
    ("ZeroPadding2D", {}, (1, 2, 3, 2)), ("ZeroPadding2D", {"padding": [2, 1]}, (1, 2, 3, 2)), ("ZeroPadding2D", {"padding": [[1, 0], [0, 2]], **FIRST}, (1, 2, 2, 3)),
    ("ZeroPadding3D", {}, (1, 2, 2, 1, 2)), ("ZeroPadding3D", {"padding": [[1, 0], [0, 2], [1, 1]]}, (1, 2, 2, 1, 2)), ("ZeroPadding3D", {"padding": [0, 1, 2], **FIRST}, (1, 2, 2, 1, 2)),
    ("Cropping1D", {}, SERIES), ("Cropping1D", {"cropping": [0, 3]}, SERIES),
    ("Cropping2D", {}, IMAGE), ("Cropping2D", {"cropping": [2, 1]}, IMAGE), ("Cropping2D", {"cropping": [[1, 0], [0, 2]], **FIRST}, IMAGE_FIRST),
    ("Cropping3D", {}, (1, 4, 5, 3, 2)), ("Cropping3D", {"cropping": [[1, 0], [0, 2], [1, 1]]}, VOLUME), ("Cropping3D", {"cropping": [0, 1, 1], **FIRST}, VOLUME_FIRST),
]

PAIR = [(2, 3, 4), (2, 3, 4)]
MERGING = [
    *[(kind, {}, PAIR) for kind in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate")],
    *[(kind, {}, PAIR + [(2, 3, 4)]) for kind in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Concatenate")],
    *[(kind, {}, [(2, 3, 4), (2, 1, 4)]) for kind in ("Add", "Maximum", "Multiply", "Subtract")],
    *[(kind, {}, [(2, 3, 4), (2, 4)]) for kind in ("Add", "Average", "Minimum", "Multiply", "Subtract")],
    *[(kind, {}, PAIR, {"masks": masks}) for kind in ("Add", "Maximum", "Minimum", "Multiply", "Subtract", "Average") for masks in ((0,), (1,), (0, 1))],
    *[(kind, {}, PAIR + [(2, 3, 4)], {"masks": masks}) for kind in ("Maximum", "Minimum", "Multiply", "Add") for masks in ((0, 2), (0, 1, 2))],
    ("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 2, 4)]), ("Concatenate", {"axis": -2}, [(2, 3, 4), (2, 2, 4)]), ("Concatenate", {"axis": 2}, [(2, 3, 4), (2, 3, 1)]),
    ("Concatenate", {"axis": 0}, PAIR),
    *[("Concatenate", {"axis": axis}, PAIR, {"masks": masks}) for axis in (1, -1) for masks in ((0,), (1,), (0, 1))],
    ("Dot", {"axes": 1}, [(2, 4), (2, 4)]), ("Dot", {"axes": 2}, [(2, 3, 4), (2, 5, 4)]), ("Dot", {"axes": [2, 1]}, [(2, 3, 4), (2, 4, 5)]),
    ("Dot", {"axes": -1}, [(2, 3, 4), (2, 4)]), ("Dot", {"axes": 1}, [(2, 4), (2, 4, 3)]), ("Dot", {"axes": [1, 2], "normalize": True}, [(2, 3, 4), (2, 5, 3)]),
    ("Dot", {"axes": [1, 3]}, [(2, 3, 2, 2), (2, 2, 4, 3)]), ("Dot", {"axes": 1, "normalize": True}, [(3, 4), (3, 4)]),
    ("Dot", {"axes": 2}, [(2, 3, 4), (2, 5, 4)], {"masks": (0, 1)}),
]

# Keras 3.15 ignores `lora_alpha` in the constructors of Dense and Embedding, and its `add` takes a bias of shape [3, 1, 1] for one along
# the last axis if that has size 3: neither is held here.
CORE = [
    ("Dense", {"units": 3, "kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2"}, (2, 4)),
    ("Dense", {"units": 3, "activation": "relu", "kernel_regularizer": "l1", "activity_regularizer": "l2"}, (3, 2, 4)),
    ("Dense", {"units": 3, "lora_rank": 2}, (2, 4)), ("Dense", {"units": 3, "lora_rank": 1, "kernel_regularizer": "l2"}, (2, 2, 4)),
    ("Dense", {"units": 3}, (2, 5, 4), {"masks": (0,)}),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3}, (2, 4)),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c", "activation": "relu", "kernel_regularizer": "l2"}, (2, 4)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 3], "bias_axes": "d"}, (2, 5, 4)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [5, 2, 3], "bias_axes": "de"}, (2, 5, 4)),
    ("EinsumDense", {"equation": "abde,dec->abc", "output_shape": [None, 3], "bias_axes": "c"}, (2, 5, 2, 4)),
    ("EinsumDense", {"equation": "abc,bd->adc", "output_shape": [3, 4], "bias_axes": "d"}, (2, 5, 4)),
    ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 3, "bias_axes": "y"}, (2, 2, 3, 4)),
    ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 3, "bias_axes": "y"}, (2, 4)),
    ("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"}, (2, 4, 2, 5)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 3], "bias_axes": "d", "lora_rank": 2}, (2, 5, 4)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 3]}, (2, 5, 4), {"masks": (0,)}),
    ("Embedding", {"input_dim": 6, "output_dim": 3}, (2, 4), {"below": 6}),
    ("Embedding", {"input_dim": 6, "output_dim": 3, "mask_zero": True, "embeddings_regularizer": "l2"}, (3, 5), {"below": 6}),
    ("Embedding", {"input_dim": 6, "output_dim": 3, "lora_rank": 2}, (2, 4), {"below": 6}),
    ("Embedding", {"input_dim": 6, "output_dim": 3, "activity_regularizer": "l2"}, (2, 4, 2), {"below": 6}),
    ("Masking", {}, (2, 5, 3)), ("Masking", {"mask_value": 0.5}, (2, 5, 3), {"masks": (0,)}),
    ("Identity", {}, (2, 3)), ("Identity", {}, (2, 3, 2), {"masks": (0,)}),
    ("Activation", {"activation": "relu", "activity_regularizer": "l1"}, (2, 3, 2), {"masks": (0,)}), ("Activation", {"activation": "softmax"}, (2, 3)),
]

if __name__ == "__main__":
    groups = {"convolution": CONVOLUTION, "pooling": POOLING, "reshaping": RESHAPING, "merging": MERGING, "core": CORE}
    write("layers-a.json", {
        "versions": keras_versions(),
        **{
            group: [
                layer_case(1000 + 200 * g + i, name, config, shapes, **(options[0] if options else {}))
                for i, (name, config, shapes, *options) in enumerate(cases)
            ]
            for g, (group, cases) in enumerate(groups.items())
        },
    })
