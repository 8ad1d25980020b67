import { FormatError } from '../../../core/errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

/** Deeper than any model nests; what walks over a value may then be recursive. */
const maxDepth = 200

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** `Array.isArray` forgets that an array is read-only. */
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** Python's NaN and Infinity; text is matched as a whole, so that nothing inside of it is. */
const notNumbers = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs

/** Parses JSON that nests reasonably. NaN and Infinity, which Python writes, are read as null. */
export function parseJson(text: string, where: string): Json {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 92) i++
      else if (code === 34) quoted = false
    } else if (code === 34) quoted = true
    else if (code === 91 || code === 123) depth++
    else if (code === 93 || code === 125) depth--
    if (depth > maxDepth)
      throw new FormatError({ where, expected: `JSON nested at most ${maxDepth} deep`, received: 'a deeper one' })
  }
  try {
    // JSON.parse gives what `Json` describes, and nothing else.
    return JSON.parse(text.replace(notNumbers, found => (found.startsWith('"') ? found : 'null'))) as Json
  } catch (cause) {
    throw new FormatError({
      where,
      expected: 'JSON',
      received: cause instanceof Error ? cause.message : 'something else',
      remedy: 'The file is damaged.',
      cause,
    })
  }
}

/** Options of which Keras insists that they be floating point numbers, which in Python 0 is not. */
const floats = /"(momentum|learning_rate|rate|rho|sigma|delta|threshold|alpha|factor)":(-?\d+)(?=[,}])/g

/** JSON in which some whole numbers read as Python's floating point numbers: `0.0`. */
export const pythonJson = (value: JsonObject): string => JSON.stringify(value).replace(floats, '"$1":$2.0')
