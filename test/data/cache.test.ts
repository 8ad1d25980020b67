import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { cacheFolder } from '../../src/data/cache.ts'

const at = (platform: NodeJS.Platform, env: Record<string, string> = {}) => ({ platform, env, home: '/home/u' })

test('the option wins over the variable, the variable over the platform', () => {
  const surroundings = at('linux', { TENON_CACHE: '/var/t', XDG_CACHE_HOME: '/var/x' })
  expect(cacheFolder('/opt/c', surroundings)).toBe(resolve('/opt/c'))
  expect(cacheFolder(undefined, surroundings)).toBe(resolve('/var/t'))
})

test('each platform has its place', () => {
  expect(cacheFolder(undefined, at('linux'))).toBe(join('/home/u', '.cache', 'tenon'))
  expect(cacheFolder(undefined, at('linux', { XDG_CACHE_HOME: '/var/x' }))).toBe(join('/var/x', 'tenon'))
  expect(cacheFolder(undefined, at('linux', { XDG_CACHE_HOME: 'relative' }))).toBe(join('/home/u', '.cache', 'tenon'))
  expect(cacheFolder(undefined, at('darwin'))).toBe(join('/home/u', 'Library', 'Caches', 'tenon'))
  expect(cacheFolder(undefined, at('win32', { LOCALAPPDATA: '/l' }))).toBe(join('/l', 'tenon', 'Cache'))
  expect(cacheFolder(undefined, at('win32'))).toBe(join('/home/u', 'AppData', 'Local', 'tenon', 'Cache'))
})
