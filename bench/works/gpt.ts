import { withScope } from '../../src/graph/scope.ts'
import type { Value } from '../../src/graph/value.ts'
import { dotProductAttention } from '../../src/nn/dot-product-attention.ts'
import { ones, randomNormal, zeros } from '../../src/nn/initializers.ts'
import type { Layer, LayerScope } from '../../src/nn/layer.ts'
import { makeLayer } from '../../src/nn/make-layer.ts'
import { ints } from '../../src/ops/constants.ts'
import { gather } from '../../src/ops/index/gather.ts'
import { add } from '../../src/ops/math/add.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { gelu } from '../../src/ops/nn/gelu.ts'
import { layerNormalization } from '../../src/ops/nn/layer-normalization.ts'
import { reshape } from '../../src/ops/shape/reshape.ts'
import { split } from '../../src/ops/shape/split.ts'
import { swapLast, transpose } from '../../src/ops/shape/transpose.ts'

export interface GptSize {
  readonly layers: number
  readonly heads: number
  readonly width: number
  readonly context: number
  readonly vocabulary: number
}

/** Karpathy's nanoGPT (https://github.com/karpathy/nanoGPT), with biases and tied embeddings, as one layer: tokens (B, T) → logits (B·T, vocabulary). */
export const gpt = (size: GptSize): Layer =>
  makeLayer({
    type: 'GPT',
    name: 'gpt',
    config: size,
    call([tokens], scope) {
      const { layers, width, context, vocabulary } = size
      const wte = scope.weight('wte', { shape: [vocabulary, width], initializer: normal(0.02) })
      const wpe = scope.weight('wpe', { shape: [context, width], initializer: normal(0.02) })
      let x = add(gather(wte, tokens), wpe) // (B, T, C)
      for (let i = 0; i < layers; i++) x = withScope(`block${i}`, () => block(x, scope, `block${i}`, size))
      const logits = matMul(norm(x, scope, 'ln_f', width), swapLast(wte)) // (B, T, V)
      return logits
    },
  })

const normal = (stddev: number) => randomNormal({ stddev })

function block(x: Value, scope: LayerScope, name: string, size: GptSize): Value {
  const { width, layers } = size
  const last = 0.02 / Math.sqrt(2 * layers) // scaled by depth, as in GPT-2
  const attended = attention(norm(x, scope, `${name}/ln_1`, width), scope, `${name}/attn`, size)
  const x1 = add(x, linear(attended, scope, `${name}/attn_proj`, width, width, last))
  const hidden = gelu(linear(norm(x1, scope, `${name}/ln_2`, width), scope, `${name}/fc`, width, 4 * width))
  return add(x1, linear(hidden, scope, `${name}/fc_proj`, 4 * width, width, last))
}

/** Causal self-attention: (B, T, C) → (B, T, C). */
function attention(x: Value, scope: LayerScope, name: string, { heads, width, context }: GptSize): Value {
  const d = width / heads
  const kernel = scope.weight(`${name}/qkv/kernel`, { shape: [width, 3 * width], initializer: normal(0.02) })
  const bias = scope.weight(`${name}/qkv/bias`, { shape: [3 * width], initializer: zeros() })
  const biases = split(bias, ints([width, width, width]))
  const [q, k, v] = split(kernel, ints([width, width, width]), { axis: -1 }).map((part, i) =>
    transpose(reshape(add(matMul(x, part), biases[i] ?? bias), ints([0, context, heads, d])), { perm: [0, 2, 1, 3] }),
  )
  if (!q || !k || !v) throw new Error('split in three')
  const attended = dotProductAttention(q, k, v, { causal: true })
  return reshape(transpose(attended, { perm: [0, 2, 1, 3] }), ints([0, context, width]))
}

const linear = (x: Value, scope: LayerScope, name: string, from: number, to: number, stddev = 0.02): Value =>
  add(
    matMul(x, scope.weight(`${name}/kernel`, { shape: [from, to], initializer: normal(stddev) })),
    scope.weight(`${name}/bias`, { shape: [to], initializer: zeros() }),
  )

const norm = (x: Value, scope: LayerScope, name: string, width: number): Value =>
  layerNormalization(
    x,
    scope.weight(`${name}/scale`, { shape: [width], initializer: ones() }),
    scope.weight(`${name}/bias`, { shape: [width], initializer: zeros() }),
    { epsilon: 1e-5 },
  ).y
