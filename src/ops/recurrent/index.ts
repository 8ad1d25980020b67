export { gru } from './gru.ts'
export { lstm } from './lstm.ts'
export { rnn } from './rnn.ts'
