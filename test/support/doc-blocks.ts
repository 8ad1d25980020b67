import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source-files.ts'

/** A fenced TypeScript block of a document. */
export interface DocBlock {
  readonly document: string
  readonly line: number
  readonly code: string
  /** `run`: executed, and what it prints is compared with its comments. `file=…`: a copy of that file. Neither: type-checked. */
  readonly mode: 'check' | 'run' | 'copy'
  readonly file: string | undefined
}

export function docBlocks(document: string): DocBlock[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```ts( run| file=(\S+))?\n([\s\S]*?)^```$/gm)].map(match => ({
    document,
    line: text.slice(0, match.index).split('\n').length,
    code: match[3] ?? '',
    mode: match[2] ? 'copy' : match[1] ? 'run' : 'check',
    file: match[2],
  }))
}

/** What a block says it prints: the comments behind its `console.log` calls, in order. */
export const expectedOutput = (code: string): string[] =>
  [...code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map(match => match[1] ?? '')
