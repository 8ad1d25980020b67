import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, DTypeError, NotDifferentiableError, ShapeError } from '../../src/core/errors.ts'
import { Value } from '../../src/graph/value.ts'
import { ints, scalar } from '../../src/ops/constants.ts'
import { biasGelu } from '../../src/ops/contrib/bias-gelu.ts'
import { fusedMatMul } from '../../src/ops/contrib/fused-mat-mul.ts'
import { and } from '../../src/ops/logic/and.ts'
import { bitShift } from '../../src/ops/logic/bit-shift.ts'
import { bitwiseXor } from '../../src/ops/logic/bitwise-xor.ts'
import { equal } from '../../src/ops/logic/equal.ts'
import { less } from '../../src/ops/logic/less.ts'
import { not } from '../../src/ops/logic/not.ts'
import { where } from '../../src/ops/logic/where.ts'
import { add } from '../../src/ops/math/add.ts'
import { det } from '../../src/ops/math/det.ts'
import { einsum } from '../../src/ops/math/einsum.ts'
import { exp } from '../../src/ops/math/exp.ts'
import { gemm } from '../../src/ops/math/gemm.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { matMulInteger } from '../../src/ops/math/mat-mul-integer.ts'
import { max } from '../../src/ops/math/max.ts'
import { mean } from '../../src/ops/math/mean.ts'
import { mod } from '../../src/ops/math/mod.ts'
import { pow } from '../../src/ops/math/pow.ts'
import { clip } from '../../src/ops/nn/clip.ts'
import { gelu } from '../../src/ops/nn/gelu.ts'
import { maxRoiPool } from '../../src/ops/nn/max-roi-pool.ts'
import { pRelu } from '../../src/ops/nn/p-relu.ts'
import { dropout } from '../../src/ops/random/dropout.ts'
import { multinomial } from '../../src/ops/random/multinomial.ts'
import { argMax } from '../../src/ops/reduce/arg-max.ts'
import { cumSum } from '../../src/ops/reduce/cum-sum.ts'
import { hardmax } from '../../src/ops/reduce/hardmax.ts'
import { reduceMean } from '../../src/ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { topK } from '../../src/ops/reduce/top-k.ts'

const x = (shape: readonly (number | string)[], dtype: DType = 'float32') => Value.input({ dtype, shape })

describe('shapes that do not fit', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['Add', () => add(x([2, 3]), x([4])), /Add: expected shapes that broadcast.*\[2, 3\] and \[4\]/],
    ['Less', () => less(x([2]), x([3])), /Less: expected shapes that broadcast/],
    ['Where', () => where(x([2], 'bool'), x([3]), x([3])), /Where: expected shapes that broadcast/],
    ['Max', () => max([x([2]), x([3])]), /Max: expected shapes that broadcast/],
    ['MatMul', () => matMul(x([2, 3]), x([4, 5])), /MatMul: expected the inner dimensions to agree \(3 and 4 do not\)/],
    ['MatMul of a scalar', () => matMul(x([]), x([4, 5])), /MatMul: .*Use Mul for scalars/],
    ['Gemm', () => gemm(x([2, 3]), x([2, 3])), /Gemm: expected the inner dimensions to agree \(3 and 2 do not\)/],
    ['Gemm of a stack', () => gemm(x([1, 2, 3]), x([3, 2])), /Gemm: expected a tensor of rank 2/],
    [
      'Gemm with a C too large',
      () => gemm(x([2, 3]), x([3, 4]), x([5, 2, 4])),
      /Gemm: expected a C that broadcasts to \[2, 4\]/,
    ],
    ['MatMulInteger', () => matMulInteger(x([2, 3], 'int8'), x([4, 5], 'int8')), /MatMulInteger: expected the inner/],
    ['FusedMatMul', () => fusedMatMul(x([2, 3]), x([3, 4]), { transB: 1 }), /FusedMatMul: expected the inner/],
    ['FusedMatMul of a vector', () => fusedMatMul(x([3]), x([3, 4])), /FusedMatMul: expected matrices/],
    ['Einsum', () => einsum([x([2, 3]), x([4, 5])], { equation: 'ij,jk->ik' }), /axes of one size for the label 'j'/],
    ['Det', () => det(x([2, 3])), /Det: expected square matrices/],
    ['PRelu', () => pRelu(x([2, 3]), x([4, 2, 3])), /PRelu: expected a slope that broadcasts to \[2, 3\]/],
    ['Clip', () => clip(x([2]), x([1])), /Clip: expected a tensor of rank 0 \(a bound is a scalar\)/],
    ['BiasGelu', () => biasGelu(x([2, 3]), x([2])), /BiasGelu: expected a bias as long as the last axis/],
    ['ReduceMean', () => reduceMean(x([2, 3]), ints([2])), /ReduceMean: expected an axis from -2 to 1, received 2/],
    ['ReduceMean twice', () => reduceMean(x([2, 3]), ints([1, -1])), /axes that do not repeat/],
    ['ArgMax', () => argMax(x([]), { axis: 0 }), /ArgMax: expected no axis, since the tensor is a scalar/],
    ['CumSum', () => cumSum(x([2, 3]), ints([5])), /CumSum: expected an axis from -2 to 1/],
    ['Hardmax', () => hardmax(x([2, 3]), { axis: 3 }), /Hardmax: expected an axis/],
    ['Multinomial', () => multinomial(x([4])), /Multinomial: expected a tensor of rank 2/],
    ['Dropout', () => dropout(x([4]), x([4])), /Dropout: expected scalar options/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ShapeError)
    expect(make).toThrow(message)
  })
})

describe('data types that do not go together', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['Exp', () => exp(x([2], 'int32')), /Exp: expected a floating-point tensor, received int32.*Cast/],
    [
      'Add',
      () => add(x([2]), x([2], 'int32')),
      /Add: expected inputs of one dtype, received float32\[2\] and int32\[2\]/,
    ],
    ['Equal', () => equal(x([2]), x([2], 'float64')), /Equal: expected inputs of one dtype/],
    ['Less', () => less(x([2], 'bool'), x([2], 'bool')), /Less: expected a numeric tensor/],
    ['And', () => and(x([2]), x([2])), /And: expected a bool tensor/],
    ['Not', () => not(x([2], 'int32')), /Not: expected a bool tensor/],
    ['Where', () => where(x([2]), x([2]), x([2])), /Where: expected a bool tensor/],
    ['BitwiseXor', () => bitwiseXor(x([2]), x([2])), /BitwiseXor: expected an integer tensor/],
    [
      'BitShift',
      () => bitShift(x([2], 'int32'), x([2], 'int32'), { direction: 'LEFT' }),
      /BitShift: expected unsigned integers/,
    ],
    ['Mean', () => mean([x([2], 'int32')]), /Mean: expected a floating-point tensor/],
    ['Pow', () => pow(x([2]), x([2], 'bool')), /Pow: expected a numeric tensor/],
    ['Clip', () => clip(x([2]), scalar(0, 'int32')), /Clip: expected inputs of one dtype/],
    ['MatMulInteger', () => matMulInteger(x([2, 2]), x([2, 2])), /MatMulInteger: expected int8 or uint8/],
    ['ReduceSum', () => reduceSum(x([2], 'bool')), /ReduceSum: expected a numeric tensor/],
    ['CumSum', () => cumSum(x([2]), x([])), /CumSum: expected int64 or int32 indices/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(DTypeError)
    expect(make).toThrow(message)
  })
})

describe('arguments out of range', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['Mod', () => mod(x([2]), x([2])), /Mod: expected fmod: 1 for floating-point inputs/],
    ['Max of nothing', () => max([]), /Max: expected at least one input/],
    [
      'BitShift',
      () => bitShift(x([2], 'uint8'), x([2], 'uint8'), { direction: 'UP' }),
      /direction 'LEFT' or 'RIGHT', received 'UP'/,
    ],
    ['Gelu', () => gelu(x([2]), { approximate: 'sigmoid' }), /Gelu: expected approximate 'none' or 'tanh'/],
    ['TopK', () => topK(x([2, 3]), ints([4])), /TopK: expected k from 0 to 3/],
    ['ReduceMean', () => reduceMean(x([2, 3]), x([1], 'int64')), /ReduceMean: expected 'axes' as a constant/],
    ['Einsum, letters', () => einsum([x([2])], { equation: 'i!->i' }), /an equation such as/],
    ['Einsum, terms', () => einsum([x([2])], { equation: 'i,i->i' }), /one term for each of 1 operands/],
    ['Einsum, rank', () => einsum([x([2, 3])], { equation: 'i->i' }), /one label for each axis/],
    ['Einsum, output', () => einsum([x([2])], { equation: 'i->ij' }), /an output whose labels occur/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ArgumentError)
    expect(make).toThrow(message)
  })
})

test('what has no gradient says why', () => {
  const image = x([1, 1, 4, 4])
  const pooled = () => reduceSum(maxRoiPool(image, x([1, 5]), { pooled_shape: [1, 1] }), undefined, { keepdims: 0 })
  expect(() => gradientsOf(pooled(), [image])).toThrow(NotDifferentiableError)
  expect(() => gradientsOf(pooled(), [image])).toThrow(/which pixels a region holds/)
})

test('symbolic dimensions pass through', () => {
  expect(matMul(x(['batch', 3]), x([3, 4])).shape).toEqual(['batch', 4])
  expect(einsum([x(['batch', 'time', 4]), x([4, 5])], { equation: '...i,ij->...j' }).shape).toEqual([
    'batch',
    'time',
    5,
  ])
  expect(reduceMean(x(['batch', 3]), ints([1])).shape).toEqual(['batch', 1])
  expect(topK(x(['batch', 9]), ints([3])).values.shape).toEqual(['batch', 3])
})
