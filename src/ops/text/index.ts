export { labelEncoder } from './label-encoder.ts'
