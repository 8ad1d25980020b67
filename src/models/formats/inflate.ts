import { FormatError } from '../../core/errors.ts'

/** DEFLATE cannot expand further: 258 bytes from two bits, as zlib's documentation says. */
const maxExpansion = 1032

/**
 * Decompresses to exactly `size` bytes with the platform's own decompressor (`DecompressionStream`: Node and browsers). What claims to
 * expand further than DEFLATE can is refused before memory is taken; what gives more than it claims is stopped.
 *
 * @throws {FormatError} naming `where` when the bytes are damaged or give another size.
 */
export async function inflate(
  bytes: Uint8Array,
  size: number,
  format: 'deflate' | 'deflate-raw',
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const damaged = (received: string, cause?: unknown) =>
    new FormatError({
      where,
      expected: `compressed data that gives ${size} bytes`,
      received,
      remedy: 'The file is damaged.',
      ...(cause === undefined ? {} : { cause }),
    })
  if (!Number.isSafeInteger(size) || size > bytes.length * maxExpansion) throw damaged(`${bytes.length} bytes of it`)
  const out = allocated(size, damaged)
  let length = 0
  // A Blob's parts are copied, so bytes of any buffer will do; the type asks for what is not shared between threads.
  const input = new Blob([new Uint8Array(bytes)]).stream()
  const reader = input.pipeThrough(new DecompressionStream(format)).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (length + value.length > size) {
        await reader.cancel()
        throw damaged('more')
      }
      out.set(value, length)
      length += value.length
    }
  } catch (cause) {
    throw cause instanceof FormatError ? cause : damaged('damaged data', cause)
  }
  if (length !== size) throw damaged(`${length} bytes`)
  return out
}

function allocated(size: number, damaged: (received: string, cause: unknown) => FormatError): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size)
  } catch (cause) {
    throw damaged('more than there is memory for', cause)
  }
}
