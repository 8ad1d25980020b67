import { lookup3 } from './checksum.ts'
import type { Cursor, H5Source } from './source.ts'

/** One message of an object header: a property of a group or dataset. */
export interface Message {
  readonly type: number
  readonly body: Cursor
}

export const messageType = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const

/** Beyond any header that a library writes; it bounds the chain of continuation blocks. */
const maxMessages = 100_000

/** Reads all messages of the object header at an address (HDF5 specification IV.A.1), following its continuations. */
export function readMessages(source: H5Source, address: number): Message[] {
  const first = source.at(address).u8()
  // 'O' begins the signature of version 2; version 1 has none and begins with its number.
  const reader = first === 0x4f ? new NewHeader(source) : new OldHeader(source)
  return reader.read(address)
}

abstract class Header {
  protected readonly messages: Message[] = []
  protected readonly blocks: { address: number; length: number }[] = []

  constructor(protected readonly source: H5Source) {}

  read(address: number): Message[] {
    this.begin(address)
    const seen = new Set<number>()
    for (let block = this.blocks.shift(); block; block = this.blocks.shift()) {
      if (seen.has(block.address)) throw this.source.damaged('header blocks that end', 'blocks in a circle')
      seen.add(block.address)
      this.continue(block.address, block.length)
    }
    return this.messages
  }

  protected abstract begin(address: number): void
  protected abstract continue(address: number, length: number): void

  protected add(type: number, flags: number, body: Cursor): void {
    if (this.messages.length >= maxMessages) throw this.source.damaged('fewer messages in a header', 'a great many')
    if (type === messageType.continuation) {
      this.blocks.push({ address: body.requiredAddress(), length: body.length() })
    } else if (flags & 2) {
      if (type === messageType.datatype || type === messageType.dataspace || type === messageType.attribute)
        throw this.source.unsupported('a property shared by several objects (a named datatype)')
    } else this.messages.push({ type, body })
  }
}

class OldHeader extends Header {
  protected begin(address: number): void {
    const head = this.source.at(address, 16)
    head.version(1)
    const size = head.skip(7).u32() // after the counts of messages and references
    this.continue(address + 16, size)
  }

  protected continue(address: number, length: number): void {
    const block = this.source.at(address, length)
    while (block.left >= 8) {
      const type = block.u16()
      const size = block.u16()
      const flags = block.u8()
      this.add(type, flags, block.skip(3).part(size))
    }
  }
}

class NewHeader extends Header {
  private ordered = false

  protected begin(address: number): void {
    const head = this.source.at(address)
    const before = head.left
    head.signature('OHDR')
    head.version(2)
    const flags = head.u8()
    if (flags & 0x20) head.skip(16) // times
    if (flags & 0x10) head.skip(4) // when attributes move to dense storage
    this.ordered = (flags & 4) !== 0
    const size = head.uint(1 << (flags & 3))
    const prefix = before - head.left
    this.verify(address, prefix + size)
    this.readBlock(this.source.at(address + prefix, size))
  }

  protected continue(address: number, length: number): void {
    const block = this.source.at(address, length)
    block.signature('OCHK')
    this.verify(address, length - 4)
    this.readBlock(block.part(length - 8))
  }

  private readBlock(block: Cursor): void {
    const head = this.ordered ? 6 : 4
    // What is too short for a message is a gap.
    while (block.left >= head) {
      const type = block.u8()
      const size = block.u16()
      const flags = block.u8()
      if (this.ordered) block.skip(2)
      this.add(type, flags, block.part(size))
    }
  }

  private verify(address: number, length: number): void {
    const block = this.source.at(address, length + 4)
    const sum = lookup3(block.bytes(length))
    if (block.u32() !== sum) throw this.source.damaged('an object header that matches its checksum', 'other bytes')
  }
}
