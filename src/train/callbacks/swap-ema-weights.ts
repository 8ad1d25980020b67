import { ArgumentError } from '../../core/errors.ts'
import type { Callback, TrainRun } from './callback.ts'

/**
 * Validates, evaluates and predicts with the running averages of the weights that an optimizer with `useEma` keeps, and goes on with
 * the weights themselves. `swapOnEpoch`: also has them in the model between epochs, so that callbacks after this one save the averages.
 */
export function swapEmaWeights({ swapOnEpoch = false }: { readonly swapOnEpoch?: boolean } = {}): Callback {
  let run: TrainRun | undefined
  let swapped = false
  const swap = (to: boolean): void => {
    if (swapped !== to) run?.swapAverages()
    swapped = to
  }
  return {
    onTrainBegin(info) {
      run = info.run
      swapped = false
    },
    onEpochBegin: () => swap(false),
    onEpochEnd: () => swap(swapOnEpoch),
    onTestBegin(info) {
      run = info.run
      swap(true)
    },
    onTestEnd: () => swap(false),
    onPredictBegin(info) {
      run = info.run
      if (!run)
        throw new ArgumentError({
          where: 'swapEmaWeights',
          expected: 'a model that was trained by an optimizer with useEma',
          received: 'one that was not trained since it was compiled',
        })
      swap(true)
    },
    // Keras leaves the averages in the model after predict, by a slip.
    onPredictEnd: () => swap(false),
  }
}
