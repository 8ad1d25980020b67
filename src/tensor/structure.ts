import { ArgumentError } from '../core/errors.ts'
import { Tensor } from './tensor.ts'

/**
 * Arguments and results of transforms are trees: arrays and plain objects with tensors at the leaves. Anything else in a
 * tree (numbers, strings, functions, instances of classes) is static: it is passed as it is, and a compiled function is
 * compiled again for another one.
 */
export interface Flat<T> {
  readonly tensors: readonly Tensor[]
  /** The same tree with other tensors in place. */
  readonly rebuild: (tensors: readonly Tensor[]) => T
  /** Equal for trees of equal structure and equal static parts. */
  readonly key: string
}

export function flatten<T>(tree: T): Flat<T> {
  const tensors: Tensor[] = []
  const keys: string[] = []
  collect(tree, tensors, keys)
  return {
    tensors,
    key: keys.join(''),
    rebuild: others => {
      let next = 0
      // The walk below visits leaves in the order of `collect` and keeps the structure, so the result has the tree's type.
      return replace(tree, () => {
        const tensor = others[next++]
        if (tensor) return tensor
        throw new ArgumentError({
          where: 'tree of tensors',
          expected: `${tensors.length} tensors`,
          received: `${others.length}`,
        })
      }) as T
    },
  }
}

function collect(node: unknown, tensors: Tensor[], keys: string[]): void {
  if (node instanceof Tensor) {
    tensors.push(node)
    keys.push('*')
  } else if (Array.isArray(node)) {
    keys.push('[')
    for (const item of node) collect(item, tensors, keys)
    keys.push(']')
  } else if (isPlain(node)) {
    keys.push('{')
    for (const [key, child] of Object.entries(node)) {
      keys.push(JSON.stringify(key), ':')
      collect(child, tensors, keys)
    }
    keys.push('}')
  } else keys.push(staticKey(node), ',')
}

function replace(node: unknown, next: () => Tensor): unknown {
  if (node instanceof Tensor) return next()
  if (Array.isArray(node)) return node.map(item => replace(item, next))
  if (isPlain(node)) return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replace(child, next)]))
  return node
}

export function isPlain(node: unknown): node is Readonly<Record<string, unknown>> {
  if (typeof node !== 'object' || node === null) return false
  const prototype: unknown = Object.getPrototypeOf(node)
  return prototype === Object.prototype || prototype === null
}

const identities = new WeakMap<object, number>()
let named = 0

function staticKey(node: unknown): string {
  if ((typeof node === 'object' && node !== null) || typeof node === 'function') {
    const known = identities.get(node) ?? named++
    identities.set(node, known)
    return `#${known}`
  }
  return typeof node === 'string' ? JSON.stringify(node) : Object.is(node, -0) ? '-0' : `${typeof node} ${String(node)}`
}
