import { isStatic } from '../../core/shape.ts'
import { bodiesOf, type Graph } from '../../graph/graph.ts'
import type { Node } from '../../graph/node.ts'
import type { Operator } from '../../graph/operator.ts'
import { type NodeRule, rewrite } from '../../graph/rewrite.ts'
import type { Value } from '../../graph/value.ts'
import { conv, convAxes } from '../../ops/nn/conv.ts'
import { explicitPads, staticAxes } from '../../ops/nn/conv-shape.ts'
import { convTranspose, transposedAxes } from '../../ops/nn/conv-transpose.ts'
import { axesOf, convWeightGradient } from '../../ops/nn/conv-weight-gradient.ts'
import { flippedConv } from './convolutions/flipped.ts'
import type { Call, ConvolutionForms } from './convolutions/forms.ts'
import { Uses } from './convolutions/uses.ts'

/**
 * Puts the forms that an engine is fastest with in place of convolutions, transposed convolutions and weight gradients, where shapes are
 * known: its own, where it has some (`makeForms`; docs/adr/0021), else a transposed convolution of stride 1 as a convolution. What no
 * form fits stays.
 */
export function lowerConvolutions(graph: Graph, makeForms: ((uses: Uses) => ConvolutionForms) | undefined): Graph {
  if (!hasConvolutions(graph)) return graph
  const own = new Set(graph.nodes)
  const uses = new Uses(graph)
  const shared = makeForms?.(uses)
  // What forms share between nodes must not pass between a body and what is outside of it.
  return rewrite(graph, (node, inputs) => rule(node, inputs, own.has(node) ? shared : makeForms?.(uses)))
}

const family: ReadonlySet<Operator | undefined> = new Set([conv, convTranspose, convWeightGradient])

const hasConvolutions = (graph: Graph): boolean =>
  graph.nodes.some(node => family.has(node.operator) || bodiesOf(node).some(hasConvolutions))

function rule(
  node: Node,
  inputs: Parameters<NodeRule>[1],
  forms: ConvolutionForms | undefined,
): readonly Value[] | undefined {
  const [x, second, bias] = inputs
  if (!family.has(node.operator)) return forms?.between(node, inputs)
  if (!x || !second || !isStatic(x.shape) || !isStatic(second.shape)) return undefined
  const y = lowered(node, x, second, bias, forms)
  return y && [y]
}

function lowered(node: Node, x: Value, second: Value, bias: Value | undefined, forms: ConvolutionForms | undefined) {
  if (node.operator === conv) {
    // Where weights are constants, the engine changes the layout itself, of whole networks, and merges what follows a convolution.
    if (second.constant) return undefined
    const attributes = conv.read(node.attributes)
    const axes = staticAxes('Conv', convAxes('Conv', x, second, attributes))
    return forms?.conv({ x, w: second, bias, axes, group: attributes.group })
  }
  if (node.operator === convTranspose) {
    const attributes = convTranspose.read(node.attributes)
    const axes = staticAxes('ConvTranspose', transposedAxes(x, second, attributes))
    const call: Call = { x, w: second, bias, axes, group: attributes.group }
    return forms?.convTranspose(call) ?? flippedConv(call) ?? padded(call, attributes.output_shape)
  }
  if (node.operator === convWeightGradient) {
    const attributes = convWeightGradient.read(node.attributes)
    const axes = staticAxes('gradient of Conv', axesOf(x, attributes))
    return forms?.weightGradient({ x, dy: second, axes, group: attributes.group })
  }
  return undefined
}

/**
 * A transposed convolution with `output_shape` by the padding that gives it: the engine takes the type of one whose output is smaller than
 * its input for a matrix.
 */
function padded({ x, w, bias, axes, group }: Call, wanted: readonly number[] | undefined): Value | undefined {
  if (!wanted || wanted.length === 0) return undefined
  const more = axes.map(axis => axis.input + axis.before + axis.after - (axis.output - 1) * axis.stride - axis.extent)
  if (axes.some(({ stride, dilation }, i) => (more[i] ?? 0) >= Math.max(stride, dilation))) return undefined
  return convTranspose(x, w, bias, {
    group,
    strides: axes.map(axis => axis.stride),
    dilations: axes.map(axis => axis.dilation),
    pads: explicitPads(axes),
    output_padding: more,
  })
}
