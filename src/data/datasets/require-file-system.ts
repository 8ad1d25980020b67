import { UnsupportedError } from '../../core/errors.ts'

/** Data sets keep their downloads as files: in a browser that is refused, with what to do instead. */
export function requireFileSystem(where: string, remedy: string): void {
  if (typeof process !== 'undefined' && process.versions?.node) return
  throw new UnsupportedError({
    where,
    expected: 'a file system to keep the download in',
    received: 'a browser',
    remedy,
  })
}
