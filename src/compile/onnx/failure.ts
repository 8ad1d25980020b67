import { FormatError } from '../../core/errors.ts'

/** The error for a model file that breaks a rule of the format. */
export const badFormat = (where: string, expected: string, received: string, cause?: unknown): FormatError =>
  new FormatError({ where, expected, received, ...(cause === undefined ? {} : { cause }) })

/** A name from a file, as an error quotes it: short, and without control characters. */
export function quote(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names of hostile files may hold terminal escapes
  const clean = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
  return clean.length > 80 ? `'${clean.slice(0, 77)}…'` : `'${clean}'`
}
