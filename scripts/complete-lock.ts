/**
 * `npm run lock:complete`: writes the platform packages that npm left out back into package-lock.json.
 *
 * Tools with native parts list one optional package per platform. npm drops those it cannot fetch from the lock file, as happens
 * behind a mirror that keeps only its own platform's, and then `npm ci` refuses the lock file everywhere. Their versions are exact in
 * the package that lists them, and their platform is in their name; npm skips them where the platform is another.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Entry {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync(path, 'utf8'))

const systems = ['darwin', 'linux', 'win32', 'android', 'freebsd', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix']
const processors = [
  'x64',
  'arm64',
  'arm',
  'armv7',
  'ia32',
  'ppc64',
  'riscv64',
  's390x',
  'loong64',
  'mips64el',
  'wasm32',
]

/** What a name like `@biomejs/cli-linux-x64-musl` says. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> | undefined {
  if (name === 'fsevents') return { os: ['darwin'] }
  const words = name.split(/[-/]/)
  const os = words.find(word => systems.includes(word))
  const cpu = words.find(word => processors.includes(word))
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  if (!os && !cpu) return undefined
  return {
    ...(os ? { os: [os] } : {}),
    ...(cpu ? { cpu: [cpu === 'armv7' ? 'arm' : cpu] } : {}),
    ...(libc ? { libc: [libc] } : {}),
  }
}

let added = 0
for (const [at, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${at}/node_modules/${name}`
    if (lock.packages[nested] || lock.packages[`node_modules/${name}`]) continue
    const platform = platformOf(name)
    // A range has no single version to lock; only exactly listed platform packages can be written without asking.
    const exact = /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? version : version.match(/^[~^](\d+\.\d+\.\d+)$/)?.[1]
    if (!platform || !exact)
      throw new Error(`${name}@${version}, needed by ${at}, is no platform package with a version to lock`)
    lock.packages[`node_modules/${name}`] = {
      version: exact,
      ...platform,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    }
    added++
  }
}
const byName = (a: string, b: string) => (a < b ? -1 : 1)
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => byName(a, b)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} platform packages added to package-lock.json`)
