import { ArgumentError, TenonError } from '../../core/errors.ts'
import { type Logs, validationName } from '../history.ts'
import type { Callback } from './callback.ts'

export interface LoggerOptions {
  readonly path: string
  /** Add to a file that exists, instead of starting it anew. Default false. */
  readonly append?: boolean
}

/** One line per epoch: its number and all results, in columns named in the first line. */
export function csvLogger(options: LoggerOptions & { readonly separator?: string }): Callback {
  const { path, append = false, separator = ',' } = options
  let columns: readonly string[] | undefined
  const line = (cells: readonly (string | number)[]) => `${cells.join(separator)}\n`
  return {
    async onTrainBegin() {
      columns = append ? await header(path, separator) : undefined
      if (!append) await (await import('#files')).writeFileAtomic(path, '')
    },
    async onEpochEnd({ epoch, logs, skippedValidation }) {
      const { appendToFile } = await import('#files')
      if (!columns) {
        const own = Object.keys(logs)
        // Later epochs will have these.
        columns = skippedValidation ? [...own, ...own.map(validationName)] : own
        await appendToFile(path, line(['epoch', ...columns]))
      }
      await appendToFile(path, line([epoch, ...columns.map(name => logs[name] ?? 'NA')]))
    },
  }
}

/** Columns of a file that is there already, without `epoch`. */
async function header(path: string, separator: string): Promise<readonly string[] | undefined> {
  const { readFileBounded } = await import('#files')
  try {
    const [first = ''] = new TextDecoder().decode(await readFileBounded(path, 2 ** 30)).split('\n')
    return first === '' ? undefined : first.split(separator).slice(1)
  } catch (error) {
    if (error instanceof TenonError && error.details?.['code'] === 'ENOENT') return undefined
    throw error
  }
}

/** One JSON object per epoch and line: `{"epoch":0,"loss":…,"seconds":…}`. */
export function jsonLogger({ path, append = false }: LoggerOptions): Callback {
  return {
    async onTrainBegin() {
      if (!append) await (await import('#files')).writeFileAtomic(path, '')
    },
    async onEpochEnd({ epoch, logs, seconds }) {
      const { appendToFile } = await import('#files')
      await appendToFile(path, `${JSON.stringify({ epoch, ...logs, seconds })}\n`)
    },
  }
}

export interface RemoteMonitorOptions {
  /** Default `http://localhost:9000`. */
  readonly root?: string
  /** Default `/publish/epoch/end/`. */
  readonly path?: string
  /** Name of the form field that holds the JSON, where it is not sent as JSON itself. Default `data`. */
  readonly field?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Send the body as application/json. Default false: as a form, as in Keras. */
  readonly sendAsJson?: boolean
  /** Milliseconds before a post is given up. Default 5,000. */
  readonly timeout?: number
  /** Told when a post failed; training goes on. Default: a warning on the console. */
  readonly onFailure?: (error: unknown) => void
}

/** Posts the results of each epoch to a server. A server that does not answer does not stop training. */
export function remoteMonitor(options: RemoteMonitorOptions = {}): Callback {
  const { root = 'http://localhost:9000', path = '/publish/epoch/end/', field = 'data', headers = {} } = options
  const { sendAsJson = false, timeout = 5_000 } = options
  if (!URL.canParse(root + path))
    throw new ArgumentError({
      where: 'remoteMonitor',
      expected: "'root' and 'path' to make a URL",
      received: root + path,
    })
  const failed = options.onFailure ?? (error => console.warn(`remoteMonitor: ${root} could not be reached:`, error))
  return {
    async onEpochEnd({ epoch, logs }) {
      const text = JSON.stringify({ epoch, ...finite(logs) })
      try {
        const response = await fetch(root + path, {
          method: 'POST',
          headers: { ...headers, ...(sendAsJson ? { 'content-type': 'application/json' } : {}) },
          body: sendAsJson ? text : new URLSearchParams({ [field]: text }),
          signal: AbortSignal.timeout(timeout),
        })
        if (!response.ok) failed(new Error(`status ${response.status}`))
      } catch (error) {
        failed(error)
      }
      return undefined
    },
  }
}

/** JSON has no NaN. */
const finite = (logs: Logs) =>
  Object.fromEntries(Object.entries(logs).map(([name, value]) => [name, Number.isFinite(value) ? value : null]))
