import { readFileSync } from 'node:fs'
import {
  activations,
  boundingBoxes,
  callbacks,
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  optimizers,
  regularizers,
  schedules,
} from '../src/index.ts'
import { layerTypes } from '../src/nn/layers/registry.ts'
import { type Note, notes } from './coverage-notes.ts'

const golden = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../test/golden/${file}`, import.meta.url), 'utf8'))

/** Every name under one of some keys in golden files, and how often: a golden case each. */
function casesIn(files: readonly string[], keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) {
      // Lists of numbers are the bulk of the files.
      if (typeof value[0] === 'object') value.forEach(visit)
      return
    }
    for (const [key, inner] of Object.entries(value)) {
      if (keys.includes(key) && typeof inner === 'string') counts.set(inner, (counts.get(inner) ?? 0) + 1)
      else visit(inner)
    }
  }
  for (const file of files) visit(golden(file))
  return counts
}

/** `LeakyReLU`, `leaky_relu` and `leakyRelu` → one spelling. */
const plain = (name: string): string => name.replace(/_/g, '').toLowerCase()
const namesOf = (...tables: readonly object[]): ReadonlySet<string> =>
  new Set(tables.flatMap(table => Object.keys(table)).map(plain))

const weights = casesIn(['weights-keras.json'], ['type'])
const sources: Readonly<
  Record<string, { readonly here: ReadonlySet<string>; readonly cases: ReadonlyMap<string, number> }>
> = {
  layers: {
    here: namesOf(layerTypes, layers),
    cases: casesIn(
      [
        'layers-keras.json',
        'layers-a.json',
        'layers-b.json',
        'recurrent-keras.json',
        'preprocessing.json',
        'texts.json',
        'augmentation-geometric.json',
        'augmentation-colour.json',
        'bounding-boxes.json',
        'hashing.json',
        'audio-layers.json',
        'time-distributed.json',
      ],
      ['layer'],
    ),
  },
  activations: { here: namesOf(activations), cases: casesIn(['layers-b.json'], ['activation']) },
  losses: { here: namesOf(losses), cases: casesIn(['losses-keras.json'], ['loss']) },
  metrics: { here: namesOf(metrics), cases: casesIn(['metrics-keras.json'], ['metric']) },
  optimizers: { here: namesOf(optimizers), cases: casesIn(['optimizers-keras.json'], ['optimizer']) },
  schedules: { here: namesOf(schedules), cases: casesIn(['optimizers-keras.json'], ['schedule']) },
  initializers: { here: namesOf(initializers), cases: weights },
  regularizers: { here: namesOf(regularizers), cases: weights },
  constraints: { here: namesOf(constraints), cases: weights },
  callbacks: { here: namesOf(callbacks), cases: casesIn(['callbacks-keras.json'], ['callback']) },
  boundingBoxes: { here: namesOf(boundingBoxes), cases: casesIn(['bounding-boxes.json'], ['function']) },
}

interface Row {
  readonly name: string
  readonly mark: 'equal' | 'here' | 'differs' | 'alias' | 'missing'
  readonly cases: number
  readonly note: string
}

function rowOf(kind: string, name: string): Row {
  const source = sources[kind]
  const note: Note | undefined = notes[kind]?.[name]
  const cases = [...(source?.cases ?? [])]
    .filter(([key]) => plain(key) === plain(name))
    .reduce((n, [, count]) => n + count, 0)
  if (note && 'missing' in note) return { name, mark: 'missing', cases, note: note.missing }
  if (note && 'alias' in note) return { name, mark: 'alias', cases, note: `is ${note.alias} here` }
  if (!source?.here.has(plain(name))) return { name, mark: 'missing', cases, note: 'not here yet' }
  if (note) return { name, mark: 'differs', cases, note: note.differs }
  return cases > 0
    ? { name, mark: 'equal', cases, note: '' }
    : { name, mark: 'here', cases, note: 'no golden values of its own' }
}

const marks = ['equal', 'here', 'differs', 'alias', 'missing'] as const
const count = (rows: readonly Row[], mark: string): number => rows.filter(row => row.mark === mark).length
const casesOf = (rows: readonly Row[]): number => rows.reduce((n, row) => n + row.cases, 0)

/** The version of Keras, and its public names with a mark for each, by kind. */
function coverage() {
  const api = golden('keras-api.json') as Readonly<Record<string, string | readonly string[]>>
  const kinds = Object.entries(api).filter((entry): entry is [string, readonly string[]] => Array.isArray(entry[1]))
  const tables = kinds.map(([kind, names]) => {
    // Initializers, regularizers and constraints are listed under both spellings; one is enough.
    const distinct = names.filter((name, i) => names.findIndex(other => plain(other) === plain(name)) === i)
    return { kind, rows: distinct.map(name => rowOf(kind, name)) }
  })
  return { version: String(api['keras']), tables, total: tables.flatMap(({ rows }) => rows) }
}

/** A text whose sentence of counts is brought up to date: README.md's. */
export function countsIn(text: string): string {
  const { version, total } = coverage()
  const sentence =
    /Of \d+ public names of Keras [\d.]+'s lists \d+ are here, \d+ of them held equal to it by [\d,]+ golden cases/
  if (!sentence.test(text)) throw new Error('README.md has lost its sentence of counts')
  const here = total.length - count(total, 'missing')
  return text.replace(
    sentence,
    `Of ${total.length} public names of Keras ${version}'s lists ${here} are here, ${count(total, 'equal')} of them held equal to it by ${casesOf(total).toLocaleString('en')} golden cases`,
  )
}

/** Keras's public list with a mark for each name: `npm run docs:coverage` writes docs/coverage.md with it. */
export function coverageDoc(): string {
  const { version, tables, total } = coverage()
  return [
    '# What there is of Keras',
    '',
    `Keras ${version}'s public list, name by name. *equal*: held against golden values that Keras wrote (the number of cases is given; \`reference/\` has the scripts, \`npx vitest run test/golden\` checks them). *here*: there, with tests of its own but without golden values. *differs* and *missing* say why.`,
    '',
    'Written by `npm run docs:coverage`; a test keeps it current.',
    '',
    `| | ${marks.join(' | ')} | golden cases |`,
    `|---|${marks.map(() => '---:').join('|')}|---:|`,
    ...[...tables, { kind: '**all**', rows: total }].map(
      ({ kind, rows }) => `| ${kind} | ${marks.map(mark => count(rows, mark)).join(' | ')} | ${casesOf(rows)} |`,
    ),
    '',
    ...tables.flatMap(({ kind, rows }) => [
      `## ${kind}`,
      '',
      '| name | mark | golden cases | note |',
      '|---|---|---:|---|',
      ...rows.map(({ name, mark, cases, note }) => `| ${name} | ${mark} | ${cases || ''} | ${note} |`),
      '',
    ]),
  ].join('\n')
}
