import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Reads the project's own sources, for the tests that hold its structure together. */

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Import {
  readonly specifier: string
  /** `type` imports leave no trace in JavaScript; `dynamic` ones load when they are reached. */
  readonly kind: 'static' | 'type' | 'dynamic'
}

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  /** The text with the contents of comments blanked out, lines kept. */
  readonly code: string
  readonly imports: readonly Import[]
}

/** TypeScript files under folders of the project, generated code left out. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap(folder => walk(folder)).map(readSource)
}

function walk(folder: string): string[] {
  const entries = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { withFileTypes: true }) : []
  return entries.flatMap(entry => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : walk(path)
    return path.endsWith('.ts') && !path.endsWith('_pb.ts') ? [path] : []
  })
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const code = withoutComments(text)
  return { path, text, code, imports: scanImports(code) }
}

/** Blanks comments, minding strings, so that an import or a cast in prose is not taken for code. */
export function withoutComments(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=[\s.,;)\]])/g
  return text.replace(token, found =>
    found.startsWith('//') || found.startsWith('/*') ? found.replace(/[^\n]/g, ' ') : found,
  )
}

export function scanImports(code: string): Import[] {
  const found: Import[] = []
  for (const match of code.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+(?!from\b))?[^'"`;()=]*?\bfrom\s*['"]([^'"]+)['"]/g,
  )) {
    found.push({ specifier: match[2] ?? '', kind: match[1] ? 'type' : 'static' })
  }
  for (const match of code.matchAll(/(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g))
    found.push({ specifier: match[1] ?? '', kind: 'static' })
  for (const match of code.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g))
    found.push({ specifier: match[1] ?? '', kind: 'dynamic' })
  return found
}

/** The project file that a relative specifier names, or `undefined` for a package. */
export const resolveImport = (from: SourceFile, specifier: string): string | undefined =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from.path), specifier) : undefined
