import { withScope } from '../graph/scope.ts'
import { trace } from './tracing.ts'

/**
 * `remat(f)` computes what f does; in a gradient, what f computes on the way is dropped after the forward pass and computed
 * again in the backward pass. Less memory for more time: put it around the blocks of a deep network.
 * Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
 */
export const remat =
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) =>
  (...args) =>
    withScope(f.name || 'remat', () => trace('remat', () => f(...args)), { rematerialize: true })
