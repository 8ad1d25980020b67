import { ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { trace } from '../tensor/tracing.ts'
import type { CustomObjective } from '../train/objective.ts'
import { pure } from './pure.ts'
import type { TrainStep } from './types.ts'

/** A user's function of tensors as an objective on graph values. */
export const objectiveOf =
  (step: TrainStep): CustomObjective =>
  ({ inputs, outputs, targets, sampleWeights, compiled }) => {
    const loss = trace('trainStep', () =>
      step({
        inputs: inputs.map(value => new Tensor(value)),
        outputs: outputs.map(value => new Tensor<'float32'>(value)),
        targets: targets.map(value => value && new Tensor(value)),
        sampleWeights: sampleWeights.map(value => value && new Tensor(value)),
        loss: compiled && new Tensor<'float32'>(compiled),
        frozen(model, given) {
          const { weights, apply } = pure(model)
          return apply(weights, given)
        },
      }),
    )
    if (loss.value.shape.length === 0) return loss.value
    throw new ShapeError({
      where: 'trainStep',
      expected: 'a scalar',
      received: `shape ${formatShape(loss.value.shape)}`,
      remedy: 'Take its mean().',
    })
  }
