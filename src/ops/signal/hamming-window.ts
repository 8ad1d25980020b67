import { defineWindow, type WindowOp } from './windows.ts'

/** The Hamming window of a given length; periodic unless `periodic` is 0. */
export const hammingWindow: WindowOp = defineWindow('HammingWindow')
