import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { inspectH5 } from '../../src/cli/inspect-weights.ts'
import { lookup3 } from '../../src/models/formats/hdf5/checksum.ts'
import { concatenated, Fields } from '../../src/models/formats/hdf5/fields.ts'

const folder = mkdtempSync(join(tmpdir(), 'inspect-deep-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const checked = (bytes: Uint8Array): Uint8Array => new Fields().append(bytes).u32(lookup3(bytes)).done()

/** A file of groups within groups, as no writer makes it. */
function nested(depth: number): Uint8Array {
  const pieces: Uint8Array[] = []
  let [position, below] = [48, -1]
  for (let i = 0; i < depth; i++) {
    // Link info without a heap, then a link of the name `a`: type, size and flags stand in front of each.
    const messages = new Fields().bytes(2, 18, 0, 0, 0, 0).fill(16, 0xff)
    if (below >= 0) messages.bytes(6, 12, 0, 0, 1, 0, 1).text('a').u64(below)
    const piece = checked(new Fields().text('OHDR').bytes(2, 0, messages.length).append(messages.done()).done())
    below = position
    position += piece.length
    pieces.push(piece)
  }
  const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
  const head = new Fields().bytes(...signature, 2, 8, 8, 0).u64(0)
  return concatenated([checked(head.fill(8, 0xff).u64(position).u64(below).done()), ...pieces])
}

test('groups that nest deeper than calls do are walked through', async () => {
  const path = join(folder, 'deep.h5')
  writeFileSync(path, nested(20_000))
  expect(await inspectH5(path)).toEqual({ kind: 'HDF5', facts: {}, arrays: [] })
})
