/** A canvas to draw on, and its drawing in the manner of MNIST. */

const side = 28
/** MNIST's digits fill a box of 20×20, with their centre of mass in the middle of 28×28. */
const box = 20

export class Pad {
  private readonly pen: CanvasRenderingContext2D
  private down = false

  constructor(
    private readonly canvas: HTMLCanvasElement,
    onDrawn: () => void,
  ) {
    this.pen = context(canvas)
    this.pen.lineWidth = 22
    this.pen.lineCap = 'round'
    this.pen.lineJoin = 'round'
    this.pen.strokeStyle = '#fff'
    canvas.addEventListener('pointerdown', event => {
      this.down = true
      canvas.setPointerCapture(event.pointerId)
      this.pen.beginPath()
      this.pen.moveTo(event.offsetX, event.offsetY)
    })
    canvas.addEventListener('pointermove', event => {
      if (!this.down) return
      this.pen.lineTo(event.offsetX, event.offsetY)
      this.pen.stroke()
    })
    canvas.addEventListener('pointerup', () => {
      this.down = false
      onDrawn()
    })
  }

  clear(): void {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height)
  }

  /** Ink from 0 to 1, [28, 28]; nothing where nothing is drawn. */
  read(): Float32Array | undefined {
    const { width, height } = this.canvas
    const drawn = inkOf(this.pen, width, height)
    const inked = [...drawn.keys()].filter(i => (drawn[i] ?? 0) > 0.1)
    if (inked.length === 0) return undefined
    const xs = inked.map(i => i % width)
    const ys = inked.map(i => Math.floor(i / width))
    const [left, top] = [xs.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.min(a, b))]
    const size = [
      xs.reduce((a, b) => Math.max(a, b)) - left + 1,
      ys.reduce((a, b) => Math.max(a, b)) - top + 1,
    ] as const
    const scale = box / Math.max(...size)
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const small = context(Object.assign(document.createElement('canvas'), { width: side, height: side }))
    small.imageSmoothingQuality = 'high'
    const [dx, dy] = [side / 2 - (mean(xs) - left + 0.5) * scale, side / 2 - (mean(ys) - top + 0.5) * scale]
    small.drawImage(this.canvas, left, top, ...size, dx, dy, size[0] * scale, size[1] * scale)
    return inkOf(small, side, side)
  }
}

function inkOf(pen: CanvasRenderingContext2D, width: number, height: number): Float32Array {
  const { data } = pen.getImageData(0, 0, width, height)
  // White ink: how much of it covers a pixel is its alpha.
  return Float32Array.from({ length: width * height }, (_, i) => (data[4 * i + 3] ?? 0) / 255)
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext('2d', { willReadFrequently: true })
  if (!found) throw new Error('this browser has no 2D canvas')
  return found
}
