import { encodeModel } from '../compile/onnx/encode.ts'
import { ArgumentError, DTypeError, EngineError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Graph } from '../graph/graph.ts'
import type { Engine, Fed, LoadOptions, Session } from './engine.ts'

/** A graph loaded into an engine, called with tensors in the order of the graph's inputs. */
export class Executable {
  private constructor(
    readonly graph: Graph,
    readonly engine: Engine,
    private readonly session: Session,
  ) {}

  static async create(graph: Graph, engine: Engine, options?: LoadOptions): Promise<Executable> {
    const session = await engine.load(encodeModel((await engine.prepare?.(graph, options)) ?? graph), options)
    // The encoder writes inputs and outputs in order, and the runtime keeps it.
    return new Executable(graph, engine, session)
  }

  /**
   * Runs the graph. `outputs`: arrays to reuse, where the engine writes in place. `strangers`: how many of the first inputs are to
   * be checked against the graph's types, where the caller has made the others for this graph; default all.
   */
  run(
    inputs: readonly TensorData[],
    outputs?: readonly (TensorData | undefined)[],
    strangers: number = inputs.length,
  ): Promise<TensorData[]> {
    this.check(inputs, strangers)
    return this.session.run(inputs, this.engine.writesInPlace ? outputs : undefined)
  }

  /**
   * `run`, with tensors of the engine's own memory among the inputs and results: the outputs that the option `resident` named.
   *
   * @throws {EngineError} for engines without such a memory.
   */
  runResident(inputs: readonly Fed[], strangers: number = inputs.length): Promise<readonly Fed[]> {
    this.check(inputs, strangers)
    if (this.session.runResident) return this.session.runResident(inputs)
    throw new EngineError({
      where: `graph '${this.graph.name}'`,
      expected: 'an engine with a memory of its own',
      received: this.engine.name,
    })
  }

  release(): Promise<void> {
    return this.session.release()
  }

  private check(inputs: readonly Fed[], strangers: number): void {
    const { graph } = this
    if (inputs.length !== graph.inputs.length) {
      throw new ArgumentError({
        where: `graph '${graph.name}'`,
        expected: `${graph.inputs.length} inputs`,
        received: `${inputs.length}`,
      })
    }
    for (let i = 0; i < strangers; i++) {
      const type = graph.inputs[i]?.type
      const input = inputs[i]
      if (!type || !input) continue
      // Named only when it is wrong.
      const where = () => `input '${graph.inputs[i]?.name ?? i}' of graph '${graph.name}'`
      if (type.dtype !== input.dtype)
        throw new DTypeError({ where: where(), expected: type.dtype, received: input.dtype })
      if (!fits(input.shape, type.shape))
        throw new ShapeError({
          where: where(),
          expected: `shape ${formatShape(type.shape)}`,
          received: formatShape(input.shape),
        })
    }
  }
}

const fits = (given: readonly number[], wanted: Shape): boolean =>
  given.length === wanted.length && given.every((dim, i) => typeof wanted[i] === 'string' || wanted[i] === dim)
