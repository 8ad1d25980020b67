export { ifOp } from './if.ts'
export { loop } from './loop.ts'
export { scan } from './scan.ts'
