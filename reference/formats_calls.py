"""Models whose layers are called with masks, states and other options → test/golden/formats/calls-*.keras, with inputs and outputs in
calls.json; and models that must be refused."""

import json

from formats import FOLDER, L, keras, np, inputs_of
from common import keras_versions, tensor, uniform


def masked():
    """Masks of their own, in place of those that come along and where none does."""
    ids, mask = keras.Input((5,), dtype="int32", name="ids"), keras.Input((5,), dtype="bool", name="mask")
    x = L.Embedding(7, 4, mask_zero=True)(ids)
    y = L.GRU(3, return_sequences=True)(x, mask=mask)
    z = L.TimeDistributed(L.Dense(4))(L.Dense(4)(ids_to(ids)), mask=mask)
    outputs = {
        "carried": L.LSTM(2)(y),
        "sum": L.GlobalAveragePooling1D()(L.Add()([x, z])),
        "bidirectional": L.Bidirectional(L.SimpleRNN(2))(L.Dense(3)(x), mask=mask),
        "pooled": L.GlobalAveragePooling1D()(L.Dense(3)(ids_to(ids)), mask=mask),
        "softmax": L.Softmax()(L.Reshape((5,))(L.Dense(1)(ids_to(ids))), mask=mask),
    }
    return keras.Model([ids, mask], outputs, name="masked"), [("int32", (3, 5)), ("bool", (3, 5))]


def ids_to(ids):
    return L.Embedding(7, 3)(ids)


def attended():
    a, b = keras.Input((4, 3), name="a"), keras.Input((5, 3), name="b")
    m, n = keras.Input((4,), dtype="bool", name="m"), keras.Input((5,), dtype="bool", name="n")
    pairs = keras.Input((4, 5), dtype="bool", name="pairs")
    outputs = {
        "values": L.Attention()([a, b], mask=[None, n]),
        "both": L.Attention(use_scale=True)([a, b], mask=[m, n], use_causal_mask=True),
        "place": L.AdditiveAttention()([a, b], [m, None]),
        "value": L.MultiHeadAttention(2, 3)(a, b, value_mask=n, attention_mask=pairs),
        "key": L.MultiHeadAttention(1, 3)(a, b, key_mask=n),
        "query": L.GroupQueryAttention(3, 2, 1)(a, b, query_mask=m, use_causal_mask=True),
        "scores": L.MultiHeadAttention(1, 2)(a, b, return_attention_scores=True)[1],
    }
    specs = [("float32", (2, 4, 3)), ("float32", (2, 5, 3)), ("bool", (2, 4)), ("bool", (2, 5)), ("bool", (2, 4, 5))]
    return keras.Model([a, b, m, n, pairs], outputs, name="attended"), specs


def started():
    """States to begin with; Keras forgets a mask that comes along then, and what a call says of training."""
    ids, h, mask = keras.Input((5,), dtype="int32", name="ids"), keras.Input((3,), name="h"), keras.Input((5,), dtype="bool", name="mask")
    x = L.Embedding(7, 4, mask_zero=True)(ids)
    outputs = {
        "forgotten": L.LSTM(3)(x, initial_state=[h, h]),
        "place": L.GRU(3)(x, h),
        "given": L.GRU(3)(x, initial_state=h, mask=mask),
        "skipped": L.LSTM(3)(x, None, mask),
        "training": L.Dropout(0.5)(L.BatchNormalization()(h, training=True), training=True),
        "logits": tied(x, ids),
    }
    return keras.Model([ids, h, mask], outputs, name="started"), [("int32", (3, 5)), ("float32", (3, 3)), ("bool", (3, 5))]


def tied(x, ids):
    table = L.ReversibleEmbedding(7, 4, tie_weights=False, logit_soft_cap=2.0)
    return table(L.Dense(4)(table(ids)), reverse=True)


def nested():
    ids, mask = keras.Input((5,), dtype="int32", name="ids"), keras.Input((5,), dtype="bool", name="mask")
    inner_in = keras.Input((5, 3))
    inner = keras.Model(inner_in, L.LSTM(2)(L.Dense(3)(inner_in)), name="inner")
    x = ids_to(ids)
    outputs = {"plain": inner(x), "masked": inner(x, mask=mask), "along": inner(L.Embedding(7, 3, mask_zero=True)(ids))}
    return keras.Model([ids, mask], outputs, name="nested"), [("int32", (3, 5)), ("bool", (3, 5))]


def handed():
    """Which mask is handed on: pooling shows it. A query_mask is for the layer alone, an entry of mask=[...] for what follows too."""
    ids, mask = keras.Input((5,), dtype="int32", name="ids"), keras.Input((5,), dtype="bool", name="mask")
    # Of its own for each layer: multi-head attention takes the masks off the tensors that it is given.
    words = lambda: L.Embedding(7, 4, mask_zero=True)(ids)
    plain = lambda: L.Dense(4)(ids_to(ids))
    pooled = lambda y: L.GlobalAveragePooling1D()(y)
    outputs = {
        "own": pooled(L.MultiHeadAttention(2, 3)(words(), plain())),
        "query": pooled(L.MultiHeadAttention(2, 3)(words(), words(), query_mask=mask)),
        "none": pooled(L.MultiHeadAttention(1, 3)(plain(), words(), query_mask=mask)),
        "value": pooled(L.MultiHeadAttention(1, 3)(words(), plain(), value_mask=mask)),
        "grouped": pooled(L.GroupQueryAttention(3, 2, 1)(words(), words(), query_mask=mask)),
        "unmasked": pooled(L.GroupQueryAttention(3, 2, 1)(plain(), words(), query_mask=mask)),
        "listed": pooled(L.Attention()([words(), words()], mask=[mask, None])),
        "additive": pooled(L.AdditiveAttention()([words(), plain()], mask=[mask, None])),
    }
    return keras.Model([ids, mask], outputs, name="handed"), [("int32", (3, 5)), ("bool", (3, 5))]


def boolean(x):
    return (np.asarray(x) > -0.2).astype("bool")


def save(index: int, make) -> dict:
    keras.utils.clear_session()
    model, specs = make()
    weights = [uniform(7000 + 100 * index + i, w.shape, 0.8) for i, w in enumerate(model.get_weights())]
    weights = [np.abs(w) + np.float32(0.5) if "variance" in v.path else w for w, v in zip(weights, model.weights)]
    model.set_weights(weights)
    plain = [("float32" if dtype == "bool" else dtype, shape) for dtype, shape in specs]
    inputs = [boolean(x) if dtype == "bool" else x for x, (dtype, _) in zip(inputs_of(900 + 40 * index, plain), specs)]
    model.save(FOLDER / f"calls-{model.name}.keras")
    outputs = model.predict(inputs, verbose=0)
    return {
        "name": f"calls-{model.name}",
        "inputs": [{"dtype": dtype, **tensor(x)} for x, (dtype, _) in zip(inputs, specs)],
        "outputs": {name: tensor(y) for name, y in outputs.items()},
    }


def refused() -> None:
    ids = keras.Input((5,), dtype="int32")
    other = keras.Model(ids, L.LSTM(2)(ids_to(ids), mask=keras.ops.not_equal(ids, 3)))
    other.save(FOLDER / "calls-refused-computed.keras")
    embedded = L.Embedding(7, 3, mask_zero=True)(ids)
    keras.Model(ids, L.LSTM(2)(embedded, mask=keras.ops.not_equal(ids, 3))).save(FOLDER / "calls-refused-other.keras")
    x, weights = keras.Input((3,), dtype="int32"), keras.Input((3,))
    counted = L.CategoryEncoding(4, output_mode="count")(x, count_weights=weights)
    keras.Model([x, weights], counted).save(FOLDER / "calls-refused-weights.keras")


if __name__ == "__main__":
    entries = [save(i, make) for i, make in enumerate([masked, attended, started, nested, handed])]
    refused()
    rows = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    (FOLDER / "calls.json").write_text(f'{{"versions":{json.dumps(keras_versions())},"models":[\n{rows}\n]}}\n')
    for file in sorted(FOLDER.glob("calls*")):
        print(f"{file.name}: {file.stat().st_size:,} bytes")
