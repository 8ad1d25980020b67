import type { CheckpointOptions } from '../checkpoint-options.ts'
import type { Callback } from './callback.ts'

/** Ends training quietly when a loss is NaN or infinite; without it `fit` looks for the cause and throws. The model has the last good weights. */
export const terminateOnNaN = (): Callback => ({ onNonFinite: () => 'stop' })

/**
 * Keeps a checkpoint of the whole state, from which a run that was killed goes on when it is started again, bit for bit. The same
 * as `fit`'s option `checkpoint`.
 */
export const backupAndRestore = (checkpoint: CheckpointOptions): Callback => ({ checkpoint })

/** Hooks as a callback, for symmetry with Keras: any object with hooks is one. */
export const lambdaCallback = (hooks: Callback): Callback => hooks
