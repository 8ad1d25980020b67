import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { Peer, type PeerSpec } from '../../bench/peer.ts'
import { takeTurns } from '../../bench/turns.ts'

const options = { work: 'cnn', batch: 32, threads: 2 } as const
const spec = (variant: string): PeerSpec => ({
  name: variant,
  command: process.execPath,
  program: fileURLToPath(new URL('fake-peer.mjs', import.meta.url)),
  variant,
})

const running: Peer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(peer => peer.quit()))
})
async function start(variant: string): Promise<Peer> {
  const peer = await Peer.start(spec(variant), options)
  if (!(peer instanceof Peer)) throw new Error(peer.absent)
  running.push(peer)
  return peer
}

describe('starting a peer', () => {
  test('tells its version, parameters and time to the first step, and passes on the work', async () => {
    const peer = await start('ok')
    expect(peer).toMatchObject({ name: 'ok', version: 'Fake cnn 32 2', parameters: 7 })
    expect(peer.firstStepMs).toBeGreaterThan(0)
    expect(await peer.run(3)).toEqual({ ms: [1, 2, 3], loss: 0.5 })
    expect(await peer.stats()).toEqual({ peakRssMb: 12 })
  })

  test.each([
    ['an interpreter that is not there', { ...spec('ok'), command: 'no-such-interpreter' }, 'not installed'],
    ['a library that is not there', spec('missing'), 'not installed'],
    ['a work that it cannot do', spec('cannot'), 'cannot do cnn'],
    ['an end without a word', spec('silent'), 'the process ended without a word'],
  ])('%s makes it absent', async (_, broken, reason) => {
    expect(await Peer.start(broken, options)).toEqual({ absent: reason })
  })

  test('a first step that takes too long makes it absent', async () => {
    const late = await Peer.start(spec('hangs'), { ...options, startTimeoutMs: 300 })
    expect(late).toEqual({ absent: 'no answer within 0 s' })
  })
})

describe('taking turns', () => {
  test('every program makes the counted steps after an uncounted one in each turn', async () => {
    const programs = [await start('ok'), await start('ok')]
    let between = 0
    const results = await takeTurns(programs, {
      steps: 6,
      turns: 3,
      warmUpMs: 0,
      between: async () => void between++,
    })
    // Step numbers as times: 1, 4 and 7 are the uncounted ones; a first step of 1 ms allows the whole turn.
    for (const result of results)
      expect(result).toMatchObject({ turns: [2.5, 5.5, 8.5], ms: { count: 6, min: 2, max: 9 } })
    expect(between).toBe(3)
  })

  test('before the first turn every program warms up for a while, uncounted', async () => {
    const programs = [await start('ok'), await start('native')]
    const [ok, native] = await takeTurns(programs, { steps: 4, turns: 2, warmUpMs: 10 })
    // After a first step of 1 ms, ten more. Counted are the steps 12, 13, 15 and 16.
    expect(ok).toMatchObject({ turns: [12.5, 15.5], ms: { count: 4, min: 12, max: 16 } })
    expect(ok).not.toHaveProperty('scriptShare')
    expect(native).toMatchObject({ turns: [12.5, 15.5] })
    // The native runtime computes for three quarters of each of its steps.
    expect(native && 'scriptShare' in native && native.scriptShare).toBeCloseTo(0.25, 6)
  })

  test('a slow program’s turn is shortened, down to one step that counts itself', async () => {
    const [result] = await takeTurns([await start('ok')], { steps: 20, turns: 2, turnMs: 0.5, warmUpMs: 0 })
    expect(result).toMatchObject({ turns: [1, 2] })
  })

  test('a program that dies is reported, and the others go on', async () => {
    const [dead, alive] = await takeTurns([await start('dies'), await start('ok')], { steps: 4, turns: 2 })
    expect(dead).toEqual({ name: 'dies', absent: 'MemoryError: out of memory' })
    expect(alive).toMatchObject({ name: 'ok', ms: { count: 4 } })
  })
})
