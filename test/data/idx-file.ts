/** An IDX file from its type byte, sizes and the bytes of its elements. */
export function idx(kind: number, shape: readonly number[], elements: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(4 + 4 * shape.length + elements.length)
  const view = new DataView(file.buffer)
  view.setUint8(2, kind)
  view.setUint8(3, shape.length)
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size)
  file.set(elements, 4 + 4 * shape.length)
  return file
}
