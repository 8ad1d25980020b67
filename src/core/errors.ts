/**
 * Every error Tenon throws on purpose: typed data first, and a sentence made from it that names
 * where it happened, what was expected, what was received, and what to do about it.
 */

/** The facts of a failure. `where` is an operation, layer, file or argument, as its user knows it. */
export interface ErrorFacts {
  readonly where: string
  readonly expected: string
  readonly received: string
  readonly remedy?: string
  /** Machine-readable extras, e.g. `{ axis: 3, rank: 2 }`. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

export type ErrorCode =
  | 'shape'
  | 'dtype'
  | 'argument'
  | 'graph'
  | 'not-differentiable'
  | 'not-batchable'
  | 'engine'
  | 'unsupported'
  | 'data'
  | 'file'
  | 'format'
  | 'network'
  | 'checkpoint'
  | 'non-finite'
  | 'aborted'

export class TenonError extends Error {
  readonly code: ErrorCode
  readonly where: string
  readonly expected: string
  readonly received: string
  readonly remedy: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, facts: ErrorFacts) {
    const remedy = facts.remedy ? ` ${facts.remedy}` : ''
    super(
      `${facts.where}: expected ${facts.expected}, received ${facts.received}.${remedy}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    )
    this.code = code
    this.name = nameOf(code)
    this.where = facts.where
    this.expected = facts.expected
    this.received = facts.received
    this.remedy = facts.remedy
    this.details = facts.details ?? {}
  }
}

/** The class's name, made from its code, since minifiers of bundles rename classes: `not-batchable` is a NotBatchableError. */
const nameOf = (code: ErrorCode): string =>
  code === 'dtype' ? 'DTypeError' : `${code.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase())}Error`

/** Ranks or dimensions that cannot go together. */
export class ShapeError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('shape', facts)
  }
}

/** A data type that an operation does not take, or two that do not go together. */
export class DTypeError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('dtype', facts)
  }
}

/** An option or argument outside of what is allowed. */
export class ArgumentError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('argument', facts)
  }
}

/** A graph that breaks a rule of the IR; when a compiler pass made it, a bug of ours. */
export class GraphError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('graph', facts)
  }
}

/** A gradient was asked for through an operator or input that has none. */
export class NotDifferentiableError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('not-differentiable', facts)
  }
}

/** `vmap` met an operator that cannot carry a batch axis. */
export class NotBatchableError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('not-batchable', facts)
  }
}

/** The runtime refused or failed; the engine's own message is in `cause`. */
export class EngineError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('engine', facts)
  }
}

/** Something that this engine, format or platform does not offer. */
export class UnsupportedError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('unsupported', facts)
  }
}

/** Data that training or evaluation cannot use: lengths that differ, labels out of range, NaN. */
export class DataError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('data', facts)
  }
}

/** A file that is missing, cannot be read or cannot be written. */
export class FileError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('file', facts)
  }
}

/** A file that is there but damaged, truncated, hostile, or not what its name says. */
export class FormatError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('format', facts)
  }
}

/** A download that failed. */
export class NetworkError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('network', facts)
  }
}

/** A checkpoint that is damaged or belongs to another model. */
export class CheckpointError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('checkpoint', facts)
  }
}

/** Training produced NaN or infinity; `details` names the step and the tensor. */
export class NonFiniteError extends TenonError {
  constructor(facts: ErrorFacts) {
    super('non-finite', facts)
  }
}
