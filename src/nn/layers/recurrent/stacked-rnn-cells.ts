import { ArgumentError } from '../../../core/errors.ts'
import type { Shape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { snakeCase } from '../../names.ts'
import { type CommonOptions, common } from '../options.ts'
import { type AnyCell, isCell, makeCell, type RnnCell } from './cell.ts'
import type { StackedShape } from './shapes.ts'

export interface StackedRnnCellsOptions<C extends readonly AnyCell[] = readonly AnyCell[]> extends CommonOptions {
  /** From the first to the last: each one's output is the next one's entry. */
  readonly cells: C
}

/** Several cells that act as one. States are those of the first cell, then those of the second, and so on. */
export function stackedRnnCells<const C extends readonly AnyCell[]>({
  cells: given,
  ...options
}: StackedRnnCellsOptions<C>): RnnCell<StackedShape<C>> {
  const cells: readonly AnyCell[] = given
  const last = cells.at(-1)
  if (!last || !cells.every(isCell)) {
    throw new ArgumentError({
      where: 'stackedRnnCells',
      expected: "cells, such as lstmCell({ units }) or one made with makeCell, in 'cells'",
      received: last ? 'something else' : 'none',
    })
  }
  const stateShapes = (entry: Shape) => {
    let shape = entry
    return cells.flatMap(cell => {
      const shapes = cell.stateShapes(shape)
      shape = [entry[0] ?? 'batch', cell.outputSize]
      return shapes
    })
  }
  return Object.assign(
    makeCell<StackedShape<C>>({
      type: 'StackedRNNCells',
      ...common('stackedRnnCells', options),
      config: { cells },
      stateSize: cells.flatMap(cell => cell.stateSize),
      outputSize: last.outputSize,
      stateShapes,
      call([x, ...states], scope) {
        let entry = x
        let used = 0
        const next: Value[] = []
        cells.forEach((cell, i) => {
          const own = states.slice(used, used + cell.stateSize.length)
          used += own.length
          const [output, ...after] = scope.run(`cells/${pathOf(cells, i)}`, cell, [entry, ...own])
          entry = output
          next.push(...after)
        })
        return [entry, ...next]
      },
    }),
    { remake: () => stackedRnnCells({ ...options, cells: cells.map(cell => cell.remake()) }) },
  )
}

/** `lstm_cell`, `lstm_cell_1`, …, as in Keras's files. */
function pathOf(cells: readonly AnyCell[], i: number): string {
  const type = cells[i]?.type ?? ''
  const before = cells.slice(0, i).filter(cell => cell.type === type).length
  return before === 0 ? snakeCase(type) : `${snakeCase(type)}_${before}`
}
