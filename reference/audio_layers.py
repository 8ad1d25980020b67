"""Keras's spectrograms → test/golden/audio-layers.json: outputs, gradients by inputs and kernels, and the kernels they begin with."""

from layer_cases import keras, layer_case
from common import keras_versions, tensor, write
from layer_cases import camel_config

from keras.src import ops

conv = ops.conv


def conv_on_cpu(inputs, kernel, *, data_format, **options):
    """TensorFlow has no convolution with channels first on the CPU."""
    if data_format == "channels_last":
        return conv(inputs, kernel, data_format=data_format, **options)
    return ops.transpose(conv(ops.transpose(inputs, (0, 2, 1)), kernel, data_format="channels_last", **options), (0, 2, 1))


ops.conv = conv_on_cpu

SIGNAL = (2, 29, 2)
SMALL = {"frame_length": 8, "frame_step": 3}
FIRST = {"data_format": "channels_first"}
WINDOW = [0.1, 0.5, 0.9, 1.0, 0.8, 0.3, 0.2, 0.05]
MEL = {"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 5, "sampling_rate": 8000}

MODES = ["log", "magnitude", "psd", "real", "imag", "angle", "stft"]
STFT_CASES = [
    *[("STFTSpectrogram", {"mode": mode, **SMALL}, SIGNAL) for mode in MODES],
    *[("STFTSpectrogram", {"mode": mode, **SMALL, "expand_dims": True, "padding": "same"}, SIGNAL) for mode in MODES],
    *[("STFTSpectrogram", {"mode": mode, **SMALL, **FIRST}, (2, 2, 29)) for mode in ("log", "psd", "stft")],
    ("STFTSpectrogram", {"mode": "stft", **SMALL, **FIRST, "expand_dims": True, "padding": "same"}, (2, 3, 30)),
    ("STFTSpectrogram", {"frame_length": 8}, (2, 31, 1)),
    ("STFTSpectrogram", {"frame_length": 6}, (2, 31, 1)),
    ("STFTSpectrogram", {"frame_length": 6, "fft_length": 16, "window": None}, (2, 31, 1)),
    ("STFTSpectrogram", {"frame_length": 7, "fft_length": 9, "padding": "same", "scaling": None}, (2, 31, 1)),
    ("STFTSpectrogram", {"frame_length": 8, "window": WINDOW, "scaling": "spectrum", "padding": "same"}, (2, 32, 1)),
    ("STFTSpectrogram", {"frame_length": 8, "window": "hamming", "periodic": True}, (2, 32, 1)),
]
MEL_CASES = [
    ("MelSpectrogram", MEL, (2, 64)),
    ("MelSpectrogram", {**MEL, "top_db": 10.0}, (2, 67)),
    ("MelSpectrogram", {**MEL, "power_to_db": False}, (2, 71)),
    ("MelSpectrogram", {**MEL, "power_to_db": False, "mag_exp": 1.0, "window": None}, (2, 64)),
    ("MelSpectrogram", {**MEL, "power_to_db": False, "mag_exp": 1.5, "window": "hamming"}, (2, 64)),
    ("MelSpectrogram", {**MEL, "sequence_length": 20}, (2, 64)),
    ("MelSpectrogram", {**MEL, "sequence_length": 21, "window": "hamming"}, (2, 64)),
    ("MelSpectrogram", {**MEL, "sequence_length": 8, "window": WINDOW, "min_freq": 300.0, "max_freq": 3000.0}, (2, 64)),
    ("MelSpectrogram", {**MEL, "fft_length": 31, "ref_power": 0.01, "min_power": 1e-3}, (2, 64)),
    ("MelSpectrogram", {**MEL, "ref_power": -4.0, "min_power": 2.0}, (1, 40)),
    ("MelSpectrogram", {**MEL, "min_freq": 0.0, "num_mel_bins": 3}, (2, 17)),
    ("MelSpectrogram", {"num_mel_bins": 8}, (1, 2048)),
]


def initial(config: dict) -> dict:
    layer = keras.layers.STFTSpectrogram(**config)
    layer.build((None, 64, 1))
    return {"of": "STFTSpectrogram", "config": camel_config(config), "weights": [tensor(w) for w in layer.get_weights()]}


if __name__ == "__main__":
    write("audio-layers.json", {
        "versions": keras_versions(),
        "layers": [layer_case(i, *case) for i, case in enumerate(STFT_CASES + MEL_CASES)],
        "initial": [initial(config) for _, config, _ in STFT_CASES[-6:]],
    })
