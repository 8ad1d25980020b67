import type { Value } from '../../src/graph/value.ts'
import { heNormal } from '../../src/nn/initializers.ts'
import type { Layer, LayerScope } from '../../src/nn/layer.ts'
import { batchNormalization } from '../../src/nn/layers/index.ts'
import { channelsFirst, channelsLast } from '../../src/nn/layout.ts'
import { makeLayer } from '../../src/nn/make-layer.ts'
import { ints } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { conv } from '../../src/ops/nn/conv.ts'
import { relu } from '../../src/ops/nn/relu.ts'
import { reduceMean } from '../../src/ops/reduce/reduce-mean.ts'
import { transpose } from '../../src/ops/shape/transpose.ts'

/** A small residual network (He et al., 2015): (B, 32, 32, 3) → (B, 256), stacks of 64, 128 and 256 channels with batch normalisation. */
export const resnet = (): Layer => {
  const normalizations = new Map<string, Layer>()
  /** The library's own layer, with PyTorch's ε and momentum. */
  const normal: Normalize = (x, scope, name) => {
    const layer = normalizations.get(name) ?? batchNormalization({ epsilon: 1e-5, momentum: 0.9 })
    normalizations.set(name, layer)
    return channelsFirst(scope.run(`${name}/bn`, layer, channelsLast(x))[0])
  }
  return makeLayer({
    type: 'ResNet',
    name: 'resnet',
    config: {},
    call([x], scope) {
      let y = relu(normal(convolution(channelsFirst(x), scope, 'stem', 3, 64, 3, 1), scope, 'stem'))
      y = residual(y, scope, normal, 'stack0', 64, 64, 1)
      y = residual(y, scope, normal, 'stack1', 64, 128, 2)
      y = residual(y, scope, normal, 'stack2', 128, 256, 2)
      return reduceMean(y, ints([2, 3]), { keepdims: 0 })
    },
  })
}

type Normalize = (x: Value, scope: LayerScope, name: string) => Value

function residual(
  x: Value,
  scope: LayerScope,
  normal: Normalize,
  name: string,
  before: number,
  after: number,
  stride: number,
): Value {
  const first = relu(normal(convolution(x, scope, `${name}/conv1`, before, after, 3, stride), scope, `${name}/conv1`))
  const second = normal(convolution(first, scope, `${name}/conv2`, after, after, 3, 1), scope, `${name}/conv2`)
  const same = stride === 1 && before === after
  const shortcut = same
    ? x
    : normal(convolution(x, scope, `${name}/shortcut`, before, after, 1, stride), scope, `${name}/shortcut`)
  return relu(add(second, shortcut))
}

/** Channels first; the kernel is kept in Keras's layout. */
function convolution(
  x: Value,
  scope: LayerScope,
  name: string,
  before: number,
  after: number,
  window: number,
  stride: number,
): Value {
  const kernel = scope.weight(`${name}/kernel`, { shape: [window, window, before, after], initializer: heNormal() })
  const pad = (window - 1) / 2
  return conv(x, transpose(kernel, { perm: [3, 2, 0, 1] }), undefined, {
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
  })
}
