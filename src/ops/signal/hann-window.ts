import { defineWindow, type WindowOp } from './windows.ts'

/** The Hann window of a given length; periodic unless `periodic` is 0. */
export const hannWindow: WindowOp = defineWindow('HannWindow')
