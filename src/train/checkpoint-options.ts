export interface CheckpointOptions {
  /** The file. If it exists, the run goes on from it, bit for bit as if it had not stopped. */
  readonly path: string
  /** Also save every so many steps; by default at the end of each epoch (and when aborted). */
  readonly everySteps?: number
}
