import { defineWindow, type WindowOp } from './windows.ts'

/** The Blackman window of a given length; periodic unless `periodic` is 0. */
export const blackmanWindow: WindowOp = defineWindow('BlackmanWindow')
