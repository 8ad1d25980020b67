import type { Callback, TestInfo } from './callbacks/callback.ts'
import type { Feed } from './feed.ts'
import type { Logs } from './history.ts'
import type { Trainer } from './trainer.ts'

/** Loss and metrics over a feed's batches, with the variables' present values. */
export async function runEvaluate(
  trainer: Trainer,
  feed: Feed,
  callbacks: readonly Callback[],
  { epoch, run }: Pick<TestInfo, 'epoch' | 'run'>,
): Promise<Logs> {
  const { steps, samples } = feed
  for (const callback of callbacks) await callback.onTestBegin?.({ steps, samples, epoch, run })
  const evaluation = await trainer.beginEvaluation()
  const logs = () => evaluation.logs()
  const watching = callbacks.filter(({ onTestBatchBegin, onTestBatchEnd }) => onTestBatchBegin ?? onTestBatchEnd)
  await feed.begin(0, 0, 0)
  for (let [step, stop] = [0, false]; !stop; step++) {
    const drawn = feed.next()
    const portion = drawn instanceof Promise ? await drawn : drawn
    if (!portion) break
    for (const callback of watching) await callback.onTestBatchBegin?.(step)
    const loss = await evaluation.step(portion.runner, portion.columns)
    const info = { step: step + 1, steps: feed.steps, samples: portion.samples, loss, logs }
    for (const callback of watching) if ((await callback.onTestBatchEnd?.(info)) === 'stop') stop = true
  }
  const results = logs()
  await evaluation.end()
  for (const callback of callbacks) await callback.onTestEnd?.(results)
  return results
}
