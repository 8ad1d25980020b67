import type { LabelledImages } from '../../src/index.ts'
import { createEngine, halves, steps, train, type Work, webgpuAvailable } from './page.ts'

/** The page's script: offers the work of `page.ts` to the test, which can only hand over what JSON can carry. */

async function digits(count: number): Promise<LabelledImages> {
  const [pixels, labels] = await Promise.all(
    ['/pixels', '/labels'].map(async path => new Uint8Array(await (await fetch(path)).arrayBuffer())),
  )
  return {
    x: {
      dtype: 'uint8',
      shape: [count, 28, 28, 1],
      data: (pixels ?? new Uint8Array()).subarray(0, count * 784),
      scale: 1 / 255,
      offset: 0,
    },
    y: { dtype: 'int32', shape: [count], data: Int32Array.from((labels ?? new Uint8Array()).subarray(0, count)) },
  }
}

/** JSON has no bytes. */
const base64 = (bytes: Uint8Array): Promise<string> =>
  new Promise(resolve => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^.*,/, ''))
    reader.readAsDataURL(new Blob([bytes.slice()]))
  })

const inPage = {
  train: async (samples: number, work: Work) => {
    const { onnx, keras, ...result } = await train(await digits(samples), work)
    return { ...result, onnx: await base64(onnx), keras: await base64(keras) }
  },
  steps: async (samples: number, work: Work, count: number) => steps(await digits(samples), work, count),
  halves,
  webgpuAvailable,
  /** The message of the error that making an engine, or training on it, ends with. */
  refusal: async (work: Work): Promise<string> => {
    try {
      await createEngine(work.engine, work.options)
      await train(await digits(work.batchSize), work)
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    }
    return 'no error'
  },
}

export type InPage = typeof inPage

Object.assign(globalThis, { inPage })
