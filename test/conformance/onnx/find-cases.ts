import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Folders of official cases below one: those with a `model.onnx`. */
export function findCases(folder: string): string[] {
  const entries = readdirSync(folder).sort()
  if (entries.includes('model.onnx')) return [folder]
  return entries
    .map(entry => join(folder, entry))
    .flatMap(path => (statSync(path).isDirectory() ? findCases(path) : []))
}
