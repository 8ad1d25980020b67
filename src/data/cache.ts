import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** What `cacheFolder` looks at; given by tests. */
export interface CacheSurroundings {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/**
 * Where downloads are kept: the option, else the variable TENON_CACHE, else the place that the platform has for caches
 * ($XDG_CACHE_HOME/tenon or ~/.cache/tenon, ~/Library/Caches/tenon, %LOCALAPPDATA%\tenon\Cache). It is not made here.
 */
export function cacheFolder(
  option?: string,
  { platform, env, home }: CacheSurroundings = { platform: process.platform, env: process.env, home: homedir() },
): string {
  if (option) return resolve(option)
  if (env['TENON_CACHE']) return resolve(env['TENON_CACHE'])
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'tenon', 'Cache')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'tenon')
  // The XDG base directory specification: a relative path is to be ignored.
  const xdg = env['XDG_CACHE_HOME']
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'tenon')
}
