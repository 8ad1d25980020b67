import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { type Dim, formatShape, type Shape } from '../../../core/shape.ts'
import { add } from '../../../ops/math/add.ts'
import { einsum } from '../../../ops/math/einsum.ts'
import { freshLabel } from '../../../ops/math/einsum-equation.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import { varianceScaling } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { EinsumShape } from '../../shapes/einsum.ts'
import { adapted, type LoraOptions, loraOf } from '../lora.ts'
import {
  activityPenalty,
  type CommonOptions,
  type ConstraintOption,
  common,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'

export interface EinsumDenseOptions extends CommonOptions, LoraOptions {
  /** `ab,bc->ac`: input, kernel → output. An ellipsis at the beginning or the end stands for further axes of input and output. */
  readonly equation: string
  /** Sizes of the output without the batch axis and the ellipsis; null where they are the input's. */
  readonly outputShape: number | readonly (number | null)[]
  readonly activation?: Activation
  /** Axes of the output, by their letters, along which the bias differs. Default null: no bias. */
  readonly biasAxes?: string | null
  readonly kernelInitializer?: InitializerOption
  readonly biasInitializer?: InitializerOption
  readonly kernelRegularizer?: RegularizerOption
  readonly biasRegularizer?: RegularizerOption
  readonly activityRegularizer?: RegularizerOption
  readonly kernelConstraint?: ConstraintOption
  readonly biasConstraint?: ConstraintOption
}

/**
 * A fully connected layer along any axes: y = activation(einsum(equation, x, kernel) + bias). `abc,cde->abde` with
 * `outputShape: [null, heads, size]` is a projection to attention heads.
 */
export function einsumDense<const E extends string, const S extends EinsumDenseOptions['outputShape']>(
  options: EinsumDenseOptions & { readonly equation: E; readonly outputShape: S },
): Layer<EinsumShape<E, S>> {
  const where = 'einsumDense'
  const { outputShape }: EinsumDenseOptions = options
  const config = {
    equation: options.equation,
    outputShape: typeof outputShape === 'number' ? [outputShape] : [...outputShape],
    activation: options.activation ?? 'linear',
    biasAxes: options.biasAxes ?? null,
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    biasInitializer: options.biasInitializer ?? 'zeros',
    kernelRegularizer: options.kernelRegularizer ?? null,
    biasRegularizer: options.biasRegularizer ?? null,
    activityRegularizer: options.activityRegularizer ?? null,
    kernelConstraint: options.kernelConstraint ?? null,
    biasConstraint: options.biasConstraint ?? null,
    loraRank: options.loraRank ?? null,
    loraAlpha: options.loraAlpha ?? null,
  }
  const equation = readEquation(where, config.equation, config.biasAxes)
  const activation = resolveActivation(config.activation, where)
  const rules = weightRules(where, config.kernelInitializer, config.kernelRegularizer, config.kernelConstraint)
  const biasRules = weightRules(where, config.biasInitializer, config.biasRegularizer, config.biasConstraint)
  const penalized = activityPenalty(where, config.activityRegularizer)
  const lora = loraOf(where, config, rules)
  return makeLayer({
    type: 'EinsumDense',
    ...common(where, options),
    config,
    call([x], scope) {
      const { text, kernelShape, biasShape, fans } = fitted(where, equation, x.shape, config.outputShape)
      // Keras tells initializers that scale by fan-in and fan-out which axes these are, if they do not know.
      const initializer = scalesByFans(rules.initializer)
        ? varianceScaling({ ...rules.initializer.config, ...fans })
        : rules.initializer
      const kernel = scope.weight('kernel', { shape: kernelShape, ...rules, initializer, trainable: !lora })
      const bias = biasShape && scope.weight('bias', { shape: biasShape, ...biasRules })
      const y = einsum([x, adapted(scope, 'kernel', kernel, kernelShape, lora, rules)], { equation: text })
      return penalized(scope, activation(bias ? add(y, bias) : y))
    },
  })
}

interface Equation {
  readonly input: string
  readonly kernel: string
  readonly output: string
  readonly biasAxes: string | null
  /** Where the ellipsis is. */
  readonly elided: 'left' | 'right' | undefined
}

function readEquation(where: string, text: string, biasAxes: string | null): Equation {
  const plain = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(text)
  const left = /^\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)$/.exec(text)
  const right = /^([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.$/.exec(text)
  const [, input, kernel, output] = plain ?? left ?? right ?? []
  if (!input || !kernel || !output) {
    throw new ArgumentError({
      where,
      expected: "'equation' in the form ab,bc->ac, ...ab,bc->...ac or ab...,bc->ac...",
      received: `'${text}'`,
    })
  }
  const stray = [...output].find(label => !input.includes(label) && !kernel.includes(label))
  const unmatched = [...kernel].find(label => !input.includes(label) && !output.includes(label))
  const lost = [...(biasAxes ?? '')].find(label => !output.includes(label))
  if (stray ?? unmatched ?? lost) {
    throw new ArgumentError({
      where,
      expected:
        lost && !(stray ?? unmatched)
          ? `'biasAxes' among the output's axes, '${output}'`
          : "each axis of the output to be the input's or the kernel's, and each of the kernel's the input's or the output's",
      received: `'${stray ?? unmatched ?? lost}' in '${text}'`,
    })
  }
  return { input, kernel, output, biasAxes, elided: left ? 'left' : right ? 'right' : undefined }
}

/** The equation without its ellipsis and the shapes of the weights, for an input. */
function fitted(where: string, equation: Equation, shape: Shape, partial: readonly (number | null)[]) {
  const { kernel, biasAxes, elided } = equation
  const more = shape.length - equation.input.length
  if (more < 0 || (more > 0 && !elided)) {
    throw new ShapeError({
      where,
      expected: `an input of rank ${equation.input.length}${elided ? ' or more' : ''}, for '${equation.input}'`,
      received: `shape ${formatShape(shape)}`,
    })
  }
  let used = equation.input + kernel + equation.output
  const rest = Array.from({ length: more }, () => {
    const label = freshLabel(used)
    used += label
    return label
  }).join('')
  const spread = (labels: string) => (elided === 'left' ? rest + labels : labels + rest)
  const [input, output] = [spread(equation.input), spread(equation.output)]
  const sizes = new Map<string, Dim>([...input].map((label, i) => [label, shape[i] ?? 1]))

  // `outputShape` leaves out the batch axis, which is the ellipsis's first on the left, and the ellipsis itself.
  const stated = elided === 'left' && more > 0 ? equation.output : equation.output.slice(1)
  if (stated.length !== partial.length) {
    throw new ArgumentError({
      where,
      expected: `'outputShape' to hold ${stated.length} sizes, for '${stated}'`,
      received: JSON.stringify(partial),
    })
  }
  const fail = (label: string, expected: string, received: string) =>
    new ShapeError({ where, expected: `${expected} along '${label}'`, received })
  ;[...stated].forEach((label, i) => {
    const size = partial[i]
    const known = sizes.get(label)
    if (typeof size !== 'number') return
    if (typeof known === 'number' && known !== size) throw fail(label, `${known}, the input's size,`, String(size))
    sizes.set(label, size)
  })
  const sized = (label: string): number => {
    const size = sizes.get(label)
    if (typeof size === 'number') return size
    throw fail(label, "a known size in the input or in 'outputShape'", formatShape(shape))
  }
  const axes = (has: boolean) => [...kernel].flatMap((label, i) => (equation.output.includes(label) === has ? [i] : []))
  const first = Math.min(...[...(biasAxes ?? '')].map(label => output.indexOf(label)))
  return {
    text: `${input},${kernel}->${output}`,
    kernelShape: [...kernel].map(sized),
    // An axis that the bias does not differ along has size 1 in it; those before its first are left out.
    biasShape:
      biasAxes === null || biasAxes === ''
        ? undefined
        : [...output.slice(first)].map(label => (biasAxes.includes(label) ? sized(label) : 1)),
    fans: { inputAxes: axes(false), outputAxes: axes(true) },
  }
}

const scalesByFans = ({ config }: { readonly config: Readonly<Record<string, unknown>> }): boolean =>
  'inputAxes' in config && (config['inputAxes'] === null || config['outputAxes'] === null)
