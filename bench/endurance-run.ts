import { createEngine } from '../src/runtime/index.ts'
import { endure } from './endurance.ts'

/** Prints what a long training holds: `node endurance-run.js 10000 2`. Compiled and started by the driver. */
const [steps = 10_000, threads = 1] = process.argv.slice(2).map(Number)
const engine = await createEngine('cpu', { threads })
const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(12)
const interval = Math.max(2, Math.round(steps / 10))
const held: number[] = []

console.log(`A small network, about ${steps.toLocaleString('en')} steps, on ${engine.description}`)
console.log('   steps  resident MB     heap MB   arrays MB')
await endure(engine, steps, interval, done => {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  held.push(rss)
  console.log(
    `${done.toLocaleString('en').padStart(8)} ${megabytes(rss)}${megabytes(heapUsed)}${megabytes(arrayBuffers)}`,
  )
})
// The first intervals fill caches and let the heap find its size.
const [settled = 0] = held.slice(2)
const last = held.at(-1) ?? 0
console.log(`Resident memory since the third interval: ${((last - settled) / 2 ** 20).toFixed(1)} MB more`)
