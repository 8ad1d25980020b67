import type { Callback, TrainRun } from './callback.ts'

/**
 * Validates with the running averages of the weights that an optimizer with `useEma` keeps, and goes on training with the weights
 * themselves. `swapOnEpoch`: also has them in the model between epochs, so that callbacks after this one save the averages.
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
    onValidationBegin: () => swap(true),
    onValidationEnd: () => swap(false),
    onEpochEnd: () => swap(swapOnEpoch),
  }
}
