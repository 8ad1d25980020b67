export { modelPicture } from './model-picture.ts'
export {
  type ClassScores,
  type Confusion,
  classScores,
  comparePredictions,
  type Mistake,
  type Predictions,
  type Report,
} from './report.ts'
export { writeReport } from './write.ts'
