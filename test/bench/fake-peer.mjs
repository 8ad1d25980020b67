// A peer of the bench that does no work: node fake-peer.mjs work batch threads --variant what-to-do.

import { createInterface } from 'node:readline'

const [work, batch, threads, , variant] = process.argv.slice(2)
const send = message => process.stdout.write(`${JSON.stringify(message)}\n`)

const missing = 'no-such-package-anywhere'
if (variant === 'missing') await import(missing)
if (variant === 'silent') process.exit(3)
if (variant === 'cannot') {
  send({ error: `cannot do ${work}` })
  process.exit(1)
}
if (variant === 'hangs') setInterval(() => {}, 1000)
else {
  send({ ready: true, version: `Fake ${work} ${batch} ${threads}`, parameters: 7 })
  let step = 0
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line)
    if (request.run && variant === 'dies' && step > 0) {
      console.error('Traceback\nMemoryError: out of memory')
      process.exit(1)
    }
    const ms = Array.from({ length: request.run ?? 0 }, () => ++step)
    const nativeMs = variant === 'native' ? { nativeMs: 0.75 * ms.reduce((sum, one) => sum + one, 0) } : {}
    if (request.run) send({ ms, loss: 0.5, ...nativeMs })
    else if (request.stats) send({ peakRssMb: 12 })
    else if (request.quit) process.exit(0)
  }
}
