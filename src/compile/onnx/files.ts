/** ONNX models as files: what `paths.ts` and `exportOnnx` load when they are asked for a path. */
export { readModel } from './read.ts'
export { writeModel } from './write.ts'
