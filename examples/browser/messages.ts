/** What the page and its worker say to each other. */

export type Request =
  | { readonly kind: 'train'; readonly engine: 'wasm' | 'webgpu'; readonly samples: number; readonly epochs: number }
  /** Ink from 0 to 1, [28, 28]. */
  | { readonly kind: 'read'; readonly ink: Float32Array }
  | { readonly kind: 'save' }

export type Reply =
  | { readonly kind: 'step'; readonly done: number; readonly loss: number; readonly accuracy: number }
  | { readonly kind: 'trained'; readonly testAccuracy: number; readonly tested: number; readonly seconds: number }
  | { readonly kind: 'answer'; readonly probabilities: readonly number[] }
  | { readonly kind: 'model'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'error'; readonly message: string }
