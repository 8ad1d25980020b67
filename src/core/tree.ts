/** Nested arrays and plain objects with leaves of one kind: parameters, gradients, batches. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> }

/** A tree of the same structure with leaves of another kind. */
export type MapTree<T, From, To> = T extends From ? To : { readonly [K in keyof T]: MapTree<T[K], From, To> }

/** Leaves in order (object keys in their own order), with the path to each, such as `dense.kernel` or `0.x`. */
export function leaves<L extends object>(tree: Tree<L>, isLeaf: (node: object) => node is L, path = ''): { path: string; leaf: L }[] {
  if (isLeaf(tree)) return [{ path, leaf: tree }]
  const entries = Object.entries(tree as Readonly<Record<string, Tree<L>>>)
  return entries.flatMap(([key, child]) => leaves(child, isLeaf, path ? `${path}.${key}` : key))
}

/** The same structure with each leaf replaced by `f(leaf)`, called in the order of `leaves`. */
export function mapTree<L extends object, M, T extends Tree<L>>(
  tree: T,
  isLeaf: (node: object) => node is L,
  f: (leaf: L) => M,
): MapTree<T, L, M> {
  const walk = (node: Tree<L>): unknown => {
    if (isLeaf(node)) return f(node)
    if (Array.isArray(node)) return node.map(walk)
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child)]))
  }
  // The walk keeps the structure by construction; the type system cannot see it through Object.entries.
  return walk(tree) as MapTree<T, L, M>
}
