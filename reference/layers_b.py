"""Keras's activations and its layers of activation, normalisation, regularisation and attention → test/golden/layers-b.json."""

from layer_cases import keras, layer_case, tf
from common import keras_versions, numbers, tensor, uniform, write
from layer_cases import camel, camel_config

ACTIVATIONS = [
    (name, {})
    for name in (
        "linear", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "hard_silu", "mish", "sigmoid",
        "log_sigmoid", "hard_sigmoid", "sparse_sigmoid", "tanh", "hard_tanh", "tanh_shrink", "hard_shrink", "soft_shrink",
        "softplus", "squareplus", "sparse_plus", "softsign", "exponential", "softmax", "log_softmax", "sparsemax", "glu",
    )
] + [
    ("relu", {"max_value": 1.5}),
    ("relu", {"negative_slope": 0.3}),
    ("relu", {"negative_slope": 0.3, "max_value": 2.0, "threshold": 0.5}),
    ("relu", {"threshold": 1.0}),
    ("leaky_relu", {"negative_slope": 0.05}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("hard_shrink", {"threshold": 1.0}),
    ("soft_shrink", {"threshold": 1.0}),
    ("squareplus", {"b": 1.0}),
    ("threshold", {"threshold": 0.4, "default_value": -2.0}),
    ("softmax", {"axis": 1}),
    ("log_softmax", {"axis": 1}),
    ("sparsemax", {"axis": 1}),
    ("glu", {"axis": 1}),
    ("swish", {}),
    ("hard_swish", {}),
]


def sparsemax(x, axis=-1):
    """The projection onto the simplex. Keras 3.15's own adds up cumulative sums where the definition adds up logits, so that its
    outputs do not sum to 1 once two of them are not 0 (Martins & Astudillo, 2016, algorithm 1)."""
    z = tf.sort(x, direction="DESCENDING", axis=axis)
    shape = [1] * x.shape.rank
    shape[axis] = -1
    ranks = tf.reshape(tf.range(1, x.shape[axis] + 1, dtype=x.dtype), shape)
    support = tf.cast(1 + ranks * z > tf.cumsum(z, axis=axis), x.dtype)
    tau = (tf.reduce_sum(z * support, axis, keepdims=True) - 1) / tf.reduce_sum(support, axis, keepdims=True)
    return tf.maximum(x - tau, 0)


def activation_case(index: int, name: str, config: dict) -> dict:
    x = tf.constant(uniform(100 + index, (2, 4, 6), 8.0 if name in ("relu6", "hard_sigmoid", "hard_silu") else 3.0))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = sparsemax(x, **config) if name == "sparsemax" else getattr(keras.activations, name)(x, **config)
        cotangent = uniform(200 + index, tuple(y.shape), 1.0)
        target = tf.reduce_sum(y * cotangent)
    return {
        "activation": camel(name),
        "config": camel_config(config),
        "input": tensor(x.numpy()),
        "output": tensor(y.numpy()),
        "cotangent": numbers(cotangent),
        "gradient": tensor(tape.gradient(target, x).numpy()),
    }


X = (2, 5, 4)
IMAGE = (2, 3, 4, 6)
BLIND = [[[[1, 0], [0, 0]], [[1, 1], [0, 1]]], [[[0, 0], [1, 1]], [[0, 0], [0, 0]]]]
CASES = [
    ("ReLU", {}, X), ("ReLU", {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.5}, X),
    ("LeakyReLU", {}, X), ("LeakyReLU", {"negative_slope": 0.1}, X),
    ("PReLU", {}, X), ("PReLU", {"shared_axes": [1]}, X), ("PReLU", {"shared_axes": [1, 2]}, IMAGE),
    ("ELU", {}, X), ("ELU", {"alpha": 0.4}, X),
    ("Softmax", {}, X), ("Softmax", {"axis": 1}, X), ("Softmax", {"axis": [1, 2]}, X),
    ("Softmax", {}, (2, 5), {"masks": (0,)}),
    ("BatchNormalization", {}, (6, 3), {"training": True}),
    ("BatchNormalization", {}, X),
    ("BatchNormalization", {"axis": 1, "momentum": 0.9, "epsilon": 1e-2}, IMAGE, {"training": True}),
    ("BatchNormalization", {"axis": 1}, IMAGE),
    ("BatchNormalization", {"axis": 2}, IMAGE, {"training": True}),
    ("BatchNormalization", {"center": False}, IMAGE, {"training": True}),
    ("BatchNormalization", {"scale": False}, IMAGE, {"training": True}),
    ("BatchNormalization", {"momentum": 0.8}, X, {"training": True, "masks": (0,)}),
    ("BatchNormalization", {"scale": False}, X, {"masks": (0,)}),
    ("BatchNormalization", {"renorm": True, "momentum": 0.9, "renorm_momentum": 0.8}, (6, 3), {"training": True}),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmin": 0.7, "rmax": 1.2, "dmax": 0.3}}, (6, 3), {"training": True}),
    ("BatchNormalization", {"gamma_regularizer": "l2", "beta_regularizer": "l1"}, (6, 3)),
    ("LayerNormalization", {}, X), ("LayerNormalization", {"axis": [1, 2]}, X), ("LayerNormalization", {"axis": 1, "epsilon": 1e-5}, X),
    ("LayerNormalization", {"axis": [1, 3]}, IMAGE), ("LayerNormalization", {"center": False}, X), ("LayerNormalization", {"scale": False}, X),
    ("LayerNormalization", {"rms_scaling": True}, X), ("LayerNormalization", {"rms_scaling": True, "axis": 1}, X),
    ("GroupNormalization", {"groups": 2}, IMAGE), ("GroupNormalization", {"groups": 3, "epsilon": 1e-2}, (2, 12)),
    ("GroupNormalization", {"groups": -1, "center": False}, IMAGE), ("GroupNormalization", {"groups": 1, "scale": False}, IMAGE),
    ("GroupNormalization", {"groups": 3, "axis": 1}, (2, 6, 4, 3)), ("GroupNormalization", {"groups": 2}, X),
    ("RMSNormalization", {}, X), ("RMSNormalization", {"axis": -1, "epsilon": 1e-3}, IMAGE), ("RMSNormalization", {"axis": [1, 2]}, X),
    ("UnitNormalization", {}, X), ("UnitNormalization", {"axis": [1, 2]}, X), ("UnitNormalization", {"axis": 1}, X),
    ("SpectralNormalization", {"layer": ("Dense", {"units": 3})}, X), 
    ("SpectralNormalization", {"layer": ("Dense", {"units": 3}), "power_iterations": 3}, X, {"training": True}),
    ("SpectralNormalization", {"layer": ("Conv2D", {"filters": 2, "kernel_size": 2})}, IMAGE, {"training": True}),
    *[(name, {"rate": 0.4}, shape) for name, shape in (
        ("Dropout", X), ("AlphaDropout", X), ("GaussianDropout", X), ("SpatialDropout1D", X), ("SpatialDropout2D", IMAGE),
        ("SpatialDropout3D", (2, 2, 2, 2, 3)))],
    ("GaussianNoise", {"stddev": 0.4}, X),
    ("ActivityRegularization", {"l1": 0.2, "l2": 0.3}, X), ("ActivityRegularization", {"l2": 0.3}, X, {"masks": (0,)}),
    ("Attention", {}, [X, (2, 3, 4)]), ("Attention", {"use_scale": True}, [X, (2, 3, 6), (2, 3, 4)]),
    ("Attention", {"score_mode": "concat"}, [X, (2, 3, 4)]), ("Attention", {"score_mode": "concat", "use_scale": True}, [X, (2, 3, 4)]),
    ("Attention", {"use_scale": True}, [X, X], {"masks": (0, 1)}), ("Attention", {}, [X, (2, 3, 4)], {"masks": (1,)}),
    ("Attention", {}, [X, X], {"call": {"use_causal_mask": True}}),
    ("Attention", {}, [X, (2, 3, 4)], {"masks": (0, 1), "call": {"use_causal_mask": True, "return_attention_scores": True}}),
    ("AdditiveAttention", {}, [X, (2, 3, 4)]), ("AdditiveAttention", {"use_scale": False}, [X, X], {"masks": (0, 1), "call": {"use_causal_mask": True}}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [X, X]),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "output_shape": 5}, [X, (2, 3, 6), (2, 3, 4)]),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "use_bias": False, "kernel_regularizer": "l2"}, [X, X], {"call": {"use_causal_mask": True}}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "use_gate": True, "value_dim": 3}, [X, (2, 3, 4)], {"call": {"return_attention_scores": True}}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "sliding_window": 2}, [X, X], {"call": {"use_causal_mask": True, "return_attention_scores": True}}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [X, X], {"masks": (0, 1), "call": {"use_causal_mask": True}}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [X, (2, 3, 4), (2, 3, 4)], {"masks": (1, 2)}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "output_shape": [2, 3]}, [X, X]),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": [1]}, [(2, 3, 2, 4), (2, 4, 2, 4)]),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": [1, 2]}, [(2, 3, 2, 4), (2, 2, 3, 4)], {"call": {"return_attention_scores": True}}),
    ("MultiHeadAttention", {"num_heads": 1, "key_dim": 3, "activity_regularizer": "l2"}, [X, X]),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [X, X, X], {"extra": {"attention_mask": (2, 5, 5)}}),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}, [X, X]),
    ("GroupQueryAttention", {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 1, "use_bias": False}, [X, X], {"call": {"use_causal_mask": True}}),
    ("GroupQueryAttention", {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 2, "use_gate": True, "sliding_window": 2}, [X, X], {"call": {"return_attention_scores": True}}),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}, [X, (2, 3, 4)], {"masks": (0, 1)}),
    # Some queries see nothing: beyond sequences, another way of Keras's.
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, [(2, 2, 4), (2, 2, 3), (2, 2, 3)], {"extra": {"attention_mask": BLIND[0]}}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "attention_axes": [2]}, [(2, 2, 2, 4), (2, 2, 2, 3), (2, 2, 2, 3)], {"extra": {"attention_mask": BLIND}}),
    ("ReversibleEmbedding", {"input_dim": 6, "output_dim": 4}, (2, 5), {"below": 6}),
    ("ReversibleEmbedding", {"input_dim": 6, "output_dim": 4, "mask_zero": True, "tie_weights": False}, (2, 5), {"below": 6}),
    ("ReversibleEmbedding", {"input_dim": 6, "output_dim": 4, "embeddings_regularizer": "l2"}, X, {"call": {"reverse": True}}),
    ("ReversibleEmbedding", {"input_dim": 6, "output_dim": 4, "logit_soft_cap": 1.5}, X, {"call": {"reverse": True}}),
    ("ReversibleEmbedding", {"input_dim": 6, "output_dim": 4, "tie_weights": False, "logit_soft_cap": 1.5}, X, {"call": {"reverse": True}}),
]

# Far out, and at 0, where many have a kink. Those are left out that Keras's backends do not agree on, and those along an axis.
EDGES = [-80.0, -20.0, 0.0, 20.0, 80.0]
EDGELESS = ("celu", "selu", "softmax", "log_softmax", "sparsemax", "glu", "threshold", "swish", "hard_swish")


def edge_case(name: str, config: dict) -> dict:
    x = tf.constant(EDGES)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = getattr(keras.activations, name)(x, **config)
    return {"activation": camel(name), "config": camel_config(config), "values": numbers(y.numpy()), "slopes": numbers(tape.gradient(y, x).numpy())}


if __name__ == "__main__":
    write("layers-b.json", {
        "versions": keras_versions(),
        "activations": [activation_case(i, *case) for i, case in enumerate(ACTIVATIONS)],
        "edges": {"at": EDGES, "cases": [edge_case(*case) for case in ACTIVATIONS if case[0] not in EDGELESS]},
        "layers": [layer_case(i, *case[:3], **(case[3] if len(case) > 3 else {})) for i, case in enumerate(CASES)],
    })
