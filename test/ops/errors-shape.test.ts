import { describe, expect, test } from 'vitest'
import { vjpOf } from '../../src/autodiff/backward.ts'
import { batchOf } from '../../src/autodiff/batching.ts'
import type { DType } from '../../src/core/dtype.ts'
import {
  ArgumentError,
  DTypeError,
  NotBatchableError,
  NotDifferentiableError,
  ShapeError,
} from '../../src/core/errors.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { constant, ints, scalar } from '../../src/ops/constants.ts'
import { ifOp } from '../../src/ops/control/if.ts'
import { loop } from '../../src/ops/control/loop.ts'
import { scan } from '../../src/ops/control/scan.ts'
import { compress } from '../../src/ops/index/compress.ts'
import { gather } from '../../src/ops/index/gather.ts'
import { gatherElements } from '../../src/ops/index/gather-elements.ts'
import { gatherND } from '../../src/ops/index/gather-nd.ts'
import { oneHot } from '../../src/ops/index/one-hot.ts'
import { scatterElements } from '../../src/ops/index/scatter-elements.ts'
import { scatterND } from '../../src/ops/index/scatter-nd.ts'
import { unique } from '../../src/ops/index/unique.ts'
import { centerCropPad } from '../../src/ops/shape/center-crop-pad.ts'
import { col2Im } from '../../src/ops/shape/col2im.ts'
import { constantNode } from '../../src/ops/shape/constant.ts'
import { constantOfShape } from '../../src/ops/shape/constant-of-shape.ts'
import { depthToSpace } from '../../src/ops/shape/depth-to-space.ts'
import { eyeLike } from '../../src/ops/shape/eye-like.ts'
import { flatten } from '../../src/ops/shape/flatten.ts'
import { pad } from '../../src/ops/shape/pad.ts'
import { range } from '../../src/ops/shape/range.ts'
import { resize } from '../../src/ops/shape/resize.ts'
import { reverseSequence } from '../../src/ops/shape/reverse-sequence.ts'
import { spaceToDepth } from '../../src/ops/shape/space-to-depth.ts'
import { split } from '../../src/ops/shape/split.ts'
import { tile } from '../../src/ops/shape/tile.ts'
import { trilu } from '../../src/ops/shape/trilu.ts'

/** What the shape, indexing and control operators say to inputs that do not fit: a typed error that names the operator and both sides. */

const x = (shape: readonly (number | string)[], dtype: DType = 'float32') => Value.input({ dtype, shape }, 'x')
const branch = (...values: number[]) => new Graph({ inputs: [], outputs: values.map(value => scalar(value)) })

type ErrorClass = new (...args: never[]) => Error
const cases: readonly [string, ErrorClass, RegExp, () => unknown][] = [
  ['Flatten', ShapeError, /^Flatten: expected an axis from -2 to 2, received 3/, () => flatten(x([2, 3]), { axis: 3 })],
  [
    'Split, lengths',
    ShapeError,
    /^Split: expected lengths that add up to 5.*received \[2, 2\]/,
    () => split(x([5]), ints([2, 2])),
  ],
  [
    'Split, too many',
    ShapeError,
    /^Split: expected at most 3 pieces/,
    () => split(x([3]), undefined, { num_outputs: 5 }),
  ],
  ['Split, neither', ArgumentError, /^Split: expected the number of pieces/, () => split(x([3]))],
  ['Split, both', ArgumentError, /^Split: expected either/, () => split(x([3]), ints([1, 2]), { num_outputs: 2 })],
  ['Tile', ArgumentError, /^Tile: expected 2 repeats.*received \[2\]/, () => tile(x([2, 3]), ints([2]))],
  [
    'ConstantOfShape',
    ArgumentError,
    /^ConstantOfShape: expected one element/,
    () => constantOfShape(ints([2]), { value: fromNumbers('float32', [2], [1, 2]) }),
  ],
  [
    'Range, delta',
    ArgumentError,
    /^Range: expected a delta other than 0/,
    () => range(scalar(0, 'int64'), scalar(3, 'int64'), scalar(0, 'int64')),
  ],
  [
    'Range, dtypes',
    DTypeError,
    /^Range: expected inputs of one dtype/,
    () => range(scalar(0), scalar(3, 'int64'), scalar(1, 'int64')),
  ],
  ['Range, rank', ShapeError, /^Range: expected a tensor of rank 0/, () => range(ints([0]), ints([3]), ints([1]))],
  ['EyeLike', ShapeError, /^EyeLike: expected a tensor of rank 2/, () => eyeLike(x([3]))],
  [
    'Constant',
    ArgumentError,
    /^Constant: expected exactly one value attribute, received 2/,
    () => constantNode({ value_int: 1, value_float: 2 }),
  ],
  [
    'DepthToSpace',
    ShapeError,
    /^DepthToSpace: expected a number of channels that 4 divides, received 6/,
    () => depthToSpace(x([1, 6, 2, 2]), { blocksize: 2 }),
  ],
  [
    'DepthToSpace, mode',
    ArgumentError,
    /'DCR' or 'CRD', received 'RCD'/,
    () => depthToSpace(x([1, 4, 2, 2]), { blocksize: 2, mode: 'RCD' }),
  ],
  ['SpaceToDepth', ShapeError, /^SpaceToDepth: expected images/, () => spaceToDepth(x([4, 4]), { blocksize: 2 })],
  ['Trilu', ShapeError, /^Trilu: expected a matrix/, () => trilu(x([3]))],
  ['CenterCropPad', ArgumentError, /^CenterCropPad: expected 2 sizes/, () => centerCropPad(x([4, 4]), ints([2]))],
  [
    'ReverseSequence',
    ArgumentError,
    /batch_axis and time_axis/,
    () => reverseSequence(x([3, 2]), ints([1, 1]), { batch_axis: 0, time_axis: 0 }),
  ],
  ['Pad, amounts', ArgumentError, /^Pad: expected 4 amounts.*received 2/, () => pad(x([2, 3]), ints([1, 1]))],
  ['Pad, crop', ArgumentError, /^Pad: expected to remove at most 3 elements/, () => pad(x([3]), ints([-2, -2]))],
  [
    'Resize, neither',
    ArgumentError,
    /^Resize: expected either 'scales' or 'sizes', received neither/,
    () => resize(x([4])),
  ],
  [
    'Resize, count',
    ShapeError,
    /^Resize: expected 2 numbers in 'sizes'/,
    () => resize(x([4, 4]), undefined, undefined, ints([2])),
  ],
  ['Resize, zero', ArgumentError, /^Resize: expected positive scales/, () => resize(x([4]), undefined, constant([0]))],
  [
    'Col2Im',
    ShapeError,
    /^Col2Im: expected 9 block positions.*received 8/,
    () => col2Im(x([1, 4, 8]), ints([4, 4]), ints([2, 2])),
  ],
  [
    'Gather, axis',
    ShapeError,
    /^Gather: expected an axis from -2 to 1, received 2/,
    () => gather(x([2, 3]), ints([0]), { axis: 2 }),
  ],
  [
    'Gather, dtype',
    DTypeError,
    /^Gather: expected int64 or int32 indices, received float32/,
    () => gather(x([2]), x([1])),
  ],
  [
    'GatherElements',
    ShapeError,
    /^GatherElements: expected indices of rank 2/,
    () => gatherElements(x([2, 3]), ints([0])),
  ],
  [
    'GatherND',
    ShapeError,
    /^GatherND: expected index tuples .* of length 1 to 1, received shape \[1, 2\]/,
    () => gatherND(x([3]), constant([0, 0], [1, 2], 'int64')),
  ],
  ['GatherND, dtype', DTypeError, /^GatherND: expected int64/, () => gatherND(x([3]), x([1, 1], 'int32'))],
  [
    'ScatterElements',
    ShapeError,
    /^ScatterElements: expected indices and updates of one shape/,
    () => scatterElements(x([3]), ints([0, 1]), x([3])),
  ],
  [
    'ScatterElements, reduction',
    ArgumentError,
    /reduction 'none', 'add'.*received 'mean'/,
    () => scatterElements(x([3]), ints([0]), x([1]), { reduction: 'mean' }),
  ],
  [
    'ScatterND',
    ShapeError,
    /^ScatterND: expected updates of shape \[1, 4\], received \[1, 3\]/,
    () => scatterND(x([3, 4]), constant([0], [1, 1], 'int64'), x([1, 3])),
  ],
  ['OneHot', ShapeError, /^OneHot: expected 'values' \[off, on\]/, () => oneHot(ints([0]), scalar(3, 'int64'), x([3]))],
  [
    'OneHot, depth',
    ArgumentError,
    /^OneHot: expected a depth of at least 1/,
    () => oneHot(ints([0]), scalar(0, 'int64'), x([2])),
  ],
  ['Compress', DTypeError, /^Compress: expected a bool tensor/, () => compress(x([3]), ints([1, 0, 1]))],
  [
    'If, outputs',
    ArgumentError,
    /^If: expected branches with the same number of outputs, received 1 and 2/,
    () => ifOp(x([], 'bool'), { then_branch: branch(1), else_branch: branch(1, 2) }),
  ],
  [
    'If, dtypes',
    DTypeError,
    /^If: expected one dtype on every path/,
    () =>
      ifOp(x([], 'bool'), {
        then_branch: branch(1),
        else_branch: new Graph({ inputs: [], outputs: [scalar(1, 'int64')] }),
      }),
  ],
  [
    'Loop',
    ArgumentError,
    /^Loop: expected a 'body' with 3 inputs/,
    () => loop(scalar(3, 'int64'), undefined, [x([2])], { body: branch(1, 2) }),
  ],
  [
    'Scan, body',
    ShapeError,
    /^Scan: expected scan input 0 of the type that the body declares, float32\[2\]/,
    () => {
      const part = x([2])
      return scan([x([4, 3])], { body: new Graph({ inputs: [part], outputs: [part] }), num_scan_inputs: 1 })
    },
  ],
]

describe('misfits are typed errors', () => {
  test.each(cases)('%s', (_, kind, message, make) => {
    expect(make).toThrow(kind)
    expect(make).toThrow(message)
  })
})

describe('what has no rule says why', () => {
  test('the gradient through Unique', () => {
    const data = x([4])
    const { y } = unique(data)
    const cotangent = Value.input({ dtype: 'float32', shape: y.shape })
    expect(() => vjpOf([y], [cotangent], [data])).toThrow(NotDifferentiableError)
    expect(() => vjpOf([y], [cotangent], [data])).toThrow(/which elements are equal/)
  })

  test('a condition for each entry of a batch', () => {
    const [data, condition] = [x([3]), x([3], 'bool')]
    const y = compress(data, condition, { axis: 0 })
    expect(() => batchOf([y], [condition], [x([5, 3], 'bool')], 5)).toThrow(NotBatchableError)
  })
})
