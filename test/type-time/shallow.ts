import { layers, sequential } from 'tenon'

export const shallow = sequential([layers.input({ shape: [224, 224, 3] }), layers.flatten()])
