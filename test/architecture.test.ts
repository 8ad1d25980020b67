import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { operators } from '../src/ops/index.ts'
import {
  resolveImport,
  root,
  type SourceFile,
  scanImports,
  sourceFiles,
  withoutComments,
} from './support/source-files.ts'

/** The rules of the house (CONTRIBUTING.md) that a machine can hold. Each test lists what breaks its rule. */

/** Rooms in the order in which a program flows through them; one imports only from those before it. Rooms of one row do not know each other. */
const rooms: readonly (readonly string[])[] = [
  ['core'],
  ['io'],
  ['graph'],
  ['ops'],
  ['autodiff'],
  ['compile'],
  ['runtime'],
  ['tensor'],
  ['nn'],
  ['train'],
  ['models'],
  ['data'],
  ['report', 'explain', 'privacy', 'search', 'llm', 'serve'],
  ['cli'],
]
const facade = 'src/index.ts'

const src = sourceFiles('src')
const byPath = new Map(src.map(file => [file.path, file]))
const everything = [...src, ...sourceFiles('test', 'bench', 'examples', 'scripts')]

// Package imports (`#…`) name built files by condition: one for Node, one that bundlers for browsers pick.
type Condition = 'browser' | 'default'
const manifest: { imports: Record<string, Record<Condition, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)
/** The project file that an import names, or `undefined` for another package's. */
const targetOf = (file: SourceFile, specifier: string, condition: Condition): string | undefined =>
  manifest.imports[specifier]?.[condition].replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts') ??
  resolveImport(file, specifier)

const roomOf = (path: string): string => path.split('/')[1] ?? ''
const rankOf = (path: string): number => rooms.findIndex(row => row.includes(roomOf(path)))

/** `path:line` for every match of a pattern in a file's code. */
const occurrences = (file: SourceFile, pattern: RegExp): { place: string; line: number }[] =>
  [...file.code.matchAll(pattern)].map(match => {
    const line = file.code.slice(0, match.index).split('\n').length
    return { place: `${file.path}:${line}`, line }
  })

describe('arrows', () => {
  test('every folder of src is a room with a place in the order', () => {
    expect(src.filter(file => file.path !== facade && rankOf(file.path) < 0).map(file => file.path)).toEqual([])
  })

  test('a room imports only from rooms before it', () => {
    const wrong = src.flatMap(file =>
      file.imports.flatMap(({ specifier }) => {
        const target = targetOf(file, specifier, 'default')
        if (!target?.startsWith('src/') || file.path === facade || roomOf(target) === roomOf(file.path)) return []
        return target !== facade && rankOf(target) < rankOf(file.path) ? [] : [`${file.path} imports ${target}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  test('relative imports name a file that exists, with its extension', () => {
    const wrong = src.flatMap(file =>
      file.imports.flatMap(({ specifier }) => {
        const target = targetOf(file, specifier, 'default')
        return target === undefined || byPath.has(target) || target.endsWith('_pb.ts')
          ? []
          : [`${file.path}: ${specifier}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  test('no `export *`: what a module offers is written down', () => {
    expect(src.flatMap(file => occurrences(file, /^\s*export\s+\*(?!\s+as\b)/gm)).map(found => found.place)).toEqual([])
  })
})

describe('browsers', () => {
  test('nothing that the façade reaches under the browser condition needs Node', () => {
    const wrong: string[] = []
    const seen = new Set<string>()
    const visit = (path: string, from: string) => {
      const file = byPath.get(path)
      if (!file || seen.has(path)) return
      seen.add(path)
      for (const { specifier, kind } of file.imports) {
        if (kind === 'type') continue
        if (specifier.startsWith('node:') || specifier === 'onnxruntime-node')
          wrong.push(`${from} → ${path} imports ${specifier}`)
        else visit(targetOf(file, specifier, 'browser') ?? '', `${from} → ${path}`)
      }
    }
    visit(facade, 'import')
    expect(wrong).toEqual([])
  })
})

describe('the table of operators', () => {
  const families = src.filter(file => /^src\/ops\/[^/]+\//.test(file.path))
  const tables = families.filter(file => file.path.endsWith('/index.ts'))
  const listed = tables.flatMap(table =>
    table.imports.map(({ specifier }) => table.path.replace(/index\.ts$/, specifier.slice(2))),
  )

  test('every family has its part of the table', () => {
    const folders = new Set(families.map(file => file.path.split('/')[2]))
    expect(byPath.get('src/ops/index.ts')?.imports.filter(({ kind }) => kind === 'static').length).toBe(folders.size)
    expect(tables.length).toBe(folders.size)
  })

  test('one file defines one operator, and is listed', () => {
    const defining = families.filter(file => /\bdefineOp\(\{/.test(file.code))
    const several = defining
      .filter(file => (file.code.match(/\bdefineOp\(\{/g)?.length ?? 0) > 1)
      .map(file => file.path)
    // A function that returns a defined operator is a pattern shared by files, not an operator.
    const unlisted = defining
      .filter(file => !listed.includes(file.path) && /^export const \w+(: Op<[^=]*)? = defineOp\(/m.test(file.code))
      .map(file => file.path)
    expect({ several, unlisted }).toEqual({ several: [], unlisted: [] })
  })

  test('a file is named after its operator', () => {
    const types = new Set(operators.map(operator => operator.type.toLowerCase()))
    const stray = listed.filter(path => !types.has(path.replace(/^.*\//, '').replace('.ts', '').replaceAll('-', '')))
    expect(stray).toEqual([])
    expect(new Set(listed).size).toBe(operators.length)
  })
})

describe('style', () => {
  test('files stay within 400 lines', () => {
    const long = everything
      .map(file => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400)
    expect(long).toEqual([])
  })

  test('types are not switched off, or say why', () => {
    const switches = /\bas unknown as\b|(?::|<|,|\bas)\s*any\b(?!\s*[(:=])/g
    const wrong = everything.flatMap(file => {
      const lines = file.text.split('\n')
      // A reason is a comment on the line, or directly above the statement.
      const reasoned = (line: number) => /\/\/|\*\//.test(lines.slice(Math.max(0, line - 3), line).join('\n'))
      const casts = occurrences(file, switches).filter(found => !reasoned(found.line))
      // In comments, so looked for in the text: a directive with nothing, or next to nothing, behind it.
      const directives = [
        ...file.text.matchAll(
          /(?:\/\/|\/\*)\s*(?:@ts-(?:ignore|nocheck|expect-error)|biome-ignore(?:-all)?\s+[\w/]+:?)\s*(\S.{8,})?$/gm,
        ),
      ]
      const bare = directives
        .filter(match => !match[1])
        .map(match => `${file.path}:${file.text.slice(0, match.index).split('\n').length}`)
      return [...casts.map(found => found.place), ...bare]
    })
    expect(wrong).toEqual([])
  })

  test('no test is singled out', () => {
    const wrong = everything
      .filter(file => file.path.endsWith('.test.ts'))
      .flatMap(file => occurrences(file, /\b(?:describe|test|it)(?:\.\w+)*\.only\b/g))
    expect(wrong.map(found => found.place)).toEqual([])
  })
})

describe('the lock file', () => {
  type Entry = { optionalDependencies?: Record<string, string>; resolved?: string }
  const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

  test('holds the packages of every platform, or npm ci refuses it (npm run lock:complete)', () => {
    const missing = Object.entries(lock.packages).flatMap(([at, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        name => !lock.packages[`${at}/node_modules/${name}`] && !lock.packages[`node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
  })

  test('names packages and hashes, not where they were downloaded from', () => {
    expect(Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.startsWith('http'))).toEqual([])
  })
})

describe('the scanner itself', () => {
  test('tells imports apart and skips comments', () => {
    const code = withoutComments(`
      import { a } from './a.ts' // import { x } from './x.ts'
      import type { B } from './b.ts'
      import {
        c,
        type D,
      } from './c.ts'
      import './e.ts'
      export { f } from './f.ts'
      export type { G } from './g.ts'
      /* import h from './h.ts' */
      const i = await import('./i.ts')
      const url = 'https://example.org' // not a comment's start
    `)
    expect(scanImports(code).map(({ specifier, kind }) => `${specifier} ${kind}`)).toEqual([
      './a.ts static',
      './b.ts type',
      './c.ts static',
      './f.ts static',
      './g.ts type',
      './e.ts static',
      './i.ts dynamic',
    ])
    expect(code).toContain('https://example.org')
  })
})
