/** The page: draws, shows, and leaves the work to the worker. */
import type { Reply, Request } from './messages.ts'
import { Pad } from './pad.ts'

const samples = Number(new URLSearchParams(location.search).get('samples') ?? 6000)
const epochs = 3

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' })
const ask = (request: Request): void => worker.postMessage(request)

function find<E extends Element>(id: string, kind: new () => E): E {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no #${id}`)
}
const [train, clear, save] = ['train', 'clear', 'save'].map(id => find(id, HTMLButtonElement))
const engine = find('engine', HTMLSelectElement)
const progress = find('progress', HTMLProgressElement)
const status = find('status', HTMLDivElement)
const curve = find('curve', SVGPolylineElement)
const answers = find('answers', HTMLOListElement)

let trained = false
let points: string[] = []

const pad = new Pad(find('pad', HTMLCanvasElement), () => {
  const ink = pad.read()
  if (trained && ink) ask({ kind: 'read', ink })
})

train?.addEventListener('click', () => {
  points = []
  train.disabled = true
  status.textContent = 'Loading …'
  ask({ kind: 'train', engine: engine.value === 'webgpu' ? 'webgpu' : 'wasm', samples, epochs })
})
clear?.addEventListener('click', () => {
  pad.clear()
  show([])
})
save?.addEventListener('click', () => ask({ kind: 'save' }))

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function hear(message: Reply): void {
  switch (message.kind) {
    case 'step':
      progress.value = message.done
      status.textContent = `Loss ${message.loss.toFixed(3)}, accuracy ${percent(message.accuracy)}`
      points.push(`${message.done.toFixed(4)},${(2.5 - Math.min(2.5, message.loss)).toFixed(3)}`)
      curve.setAttribute('points', points.join(' '))
      return
    case 'trained': {
      const { testAccuracy, tested, seconds } = message
      trained = true
      status.textContent = `Trained in ${seconds.toFixed(1)} s: ${percent(testAccuracy)} of ${tested} other digits read. Draw one.`
      for (const button of [train, save]) if (button) button.disabled = false
      return
    }
    case 'answer':
      show(message.probabilities)
      return
    case 'model': {
      const url = URL.createObjectURL(new Blob([message.bytes]))
      Object.assign(document.createElement('a'), { href: url, download: 'digits.onnx' }).click()
      URL.revokeObjectURL(url)
      return
    }
    case 'error':
      status.textContent = message.message
      if (train) train.disabled = false
  }
}

function show(probabilities: readonly number[]): void {
  const best = probabilities.indexOf(Math.max(...probabilities))
  answers.replaceChildren(
    ...probabilities.map((probability, digit) => {
      const row = document.createElement('li')
      row.className = digit === best ? 'best' : ''
      const meter = Object.assign(document.createElement('meter'), { value: probability })
      row.append(String(digit), meter, `${Math.round(probability * 100)} %`)
      return row
    }),
  )
}

worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => hear(data))
