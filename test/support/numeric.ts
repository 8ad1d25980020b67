import { type Tensor, tensor } from '../../src/tensor/index.ts'

/** Central differences of a scalar function at a float64 tensor, element by element: what gradients are checked against. */
export async function differences(
  f: (x: Tensor<'float64'>) => Tensor,
  x: Tensor<'float64'>,
  step = 1e-5,
): Promise<number[]> {
  const at = await x.data()
  const slopes: number[] = []
  for (let i = 0; i < at.length; i++) {
    const moved = async (t: number) => {
      const data = at.slice()
      data[i] = (data[i] ?? 0) + t
      return Number(await f(tensor(data, { shape: x.shape })).item())
    }
    slopes.push(((await moved(step)) - (await moved(-step))) / (2 * step))
  }
  return slopes
}

/** Largest |a − b| / max(1, |b|). */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let error = 0
  for (let i = 0; i < a.length; i++)
    error = Math.max(error, Math.abs((a[i] ?? Number.NaN) - (b[i] ?? 0)) / Math.max(1, Math.abs(b[i] ?? 0)))
  return error
}

export const numbers = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)
