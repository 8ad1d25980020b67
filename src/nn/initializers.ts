/** Weights' first values: Keras's initializers, their names in camelCase. The files are in initializers/. */
export { constant, identity, ones, zeros } from './initializers/constant.ts'
export type { Initializer } from './initializers/initializer.ts'
export { orthogonal } from './initializers/orthogonal.ts'
export { randomNormal, randomUniform, truncatedNormal } from './initializers/random.ts'
export { type InitializerName, resolveInitializer } from './initializers/resolve.ts'
export { stft } from './initializers/stft.ts'
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  varianceScaling,
} from './initializers/variance-scaling.ts'
