import { constantInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'

const attrs = { output_datatype: attr.int(1) }
type Names = ['num_mel_bins', 'dft_length', 'sample_rate', 'lower_edge_hertz', 'upper_edge_hertz']

/** Turns magnitudes of a spectrum into those of mel bands: [dft_length / 2 + 1, num_mel_bins]. */
export const melWeightMatrix: Op<Names, ['y'], typeof attrs> = defineOp({
  type: 'MelWeightMatrix',
  since: 17,
  inputs: ['num_mel_bins', 'dft_length', 'sample_rate', 'lower_edge_hertz', 'upper_edge_hertz'],
  attrs,
  infer: ({ num_mel_bins: bins, dft_length: length }, { output_datatype }) => {
    const [count] = constantInts(bins) ?? []
    const [points] = constantInts(length) ?? []
    const rows = points === undefined ? `mel_rows_${length.id}` : Math.floor(points / 2) + 1
    return { dtype: dtypeOfCode(output_datatype), shape: [rows, count ?? `mel_bins_${bins.id}`] }
  },
  vjp: nondiff('it is a table made of integers and the edges of the scale'),
  batch: nondiff('tables of one graph have one size'),
  samples: [
    {
      num_mel_bins: { values: [4], shape: [] },
      dft_length: { values: [16], shape: [] },
      sample_rate: { values: [8192], shape: [] },
      lower_edge_hertz: { values: [0], shape: [], dtype: 'float32' },
      upper_edge_hertz: { values: [4096], shape: [], dtype: 'float32' },
    },
  ],
})
