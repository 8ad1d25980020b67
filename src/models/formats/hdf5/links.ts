import { type Message, messageType } from './header.ts'
import { type H5Source, utf8 } from './source.ts'

/** Where a group's member is: the address of its object header. */
export type Links = ReadonlyMap<string, number>

/** Members of a group, old style (B-tree and local heap) or new style (link messages). Undefined for what is not a group. */
export function readLinks(source: H5Source, messages: readonly Message[]): Links | undefined {
  const links = new Map<string, number>()
  let isGroup = false
  for (const { type, body } of messages) {
    if (type === messageType.symbolTable) {
      isGroup = true
      const tree = body.requiredAddress()
      new SymbolTable(source, body.requiredAddress(), links).read(tree)
    } else if (type === messageType.link) {
      isGroup = true
      readLink(source, body, links)
    } else if (type === messageType.linkInfo) {
      isGroup = true
      body.version(0)
      if (body.u8() & 1) body.skip(8) // the greatest creation index
      if (body.address() !== undefined) throw source.unsupported('a group whose members are kept in a fractal heap')
    } else if (type === messageType.groupInfo) isGroup = true
  }
  return isGroup ? links : undefined
}

function add(source: H5Source, links: Map<string, number>, name: string, address: number): void {
  if (name === '' || name === '.' || name.includes('/'))
    throw source.damaged('members with a name', JSON.stringify(name))
  if (links.has(name)) throw source.damaged('members with different names', `'${name}' twice`)
  links.set(name, address)
}

/** A link message (HDF5 specification IV.A.2.g). Only hard links are followed: the others lead to other places or files. */
function readLink(source: H5Source, body: Message['body'], links: Map<string, number>): void {
  body.version(1)
  const flags = body.u8()
  const kind = flags & 8 ? body.u8() : 0
  if (flags & 4) body.skip(8) // creation order
  if (flags & 16) body.skip(1) // character set: ASCII is UTF-8, too
  const name = utf8(body.bytes(body.uint(1 << (flags & 3))))
  if (kind !== 0) throw linkRefused(source, name, kind === 1 ? 'a soft link' : 'a link to another file')
  add(source, links, name, body.requiredAddress())
}

const linkRefused = (source: H5Source, name: string, what: string) => source.unsupported(`${what} ('${name}')`)

/** Old groups: a B-tree (III.A.1) of symbol table nodes (III.B), with names in a local heap (III.D). */
class SymbolTable {
  private readonly names: Uint8Array
  private readonly seen = new Set<number>()

  constructor(
    private readonly source: H5Source,
    heap: number,
    private readonly links: Map<string, number>,
  ) {
    const head = source.at(heap)
    head.signature('HEAP')
    head.version(0)
    const size = head.skip(3).length()
    head.length() // list of free blocks
    const at = source.base + head.requiredAddress()
    this.names = source.bytes.subarray(at, at + size)
    if (this.names.length !== size) throw source.damaged('a heap of names within the file', `${size} bytes at ${at}`)
  }

  read(address: number, level?: number): void {
    const { source } = this
    if (this.seen.has(address)) throw source.damaged('a tree of members', 'nodes in a circle')
    this.seen.add(address)
    const node = source.at(address)
    node.signature('TREE')
    if (node.u8() !== 0) throw source.damaged('a tree of members', 'a tree of chunks')
    const found = node.u8()
    if (level !== undefined && found !== level) throw source.damaged(`a node of level ${level}`, `${found}`)
    const entries = node.u16()
    node.skip(2 * source.offsetSize) // siblings
    for (let i = 0; i < entries; i++) {
      node.skip(source.lengthSize) // key: the first name below
      const child = node.requiredAddress()
      if (found > 0) this.read(child, found - 1)
      else this.readLeaf(child)
    }
  }

  private readLeaf(address: number): void {
    const { source } = this
    if (this.seen.has(address)) throw source.damaged('a tree of members', 'a node twice')
    this.seen.add(address)
    const node = source.at(address)
    node.signature('SNOD')
    node.version(1)
    const count = node.skip(1).u16()
    for (let i = 0; i < count; i++) {
      const nameAt = node.uint(source.offsetSize)
      const header = node.address()
      const cached = node.u32()
      node.skip(20)
      const end = this.names.indexOf(0, nameAt)
      if (nameAt >= this.names.length || end < 0) throw source.damaged('a name within its heap', `offset ${nameAt}`)
      source.spend(end - nameAt)
      const name = utf8(this.names.subarray(nameAt, end))
      if (cached === 2 || header === undefined) throw linkRefused(source, name, 'a soft link')
      add(source, this.links, name, header)
    }
  }
}
